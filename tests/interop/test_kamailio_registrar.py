"""Kamailio as the registrar of a carrier: RingOut is one of several contacts of its number there."""

from __future__ import annotations

import re

from e2e.waiting import eventually

from .kamailio import Kamailio
from .lab import Lab

PASSWORD = "Kz4-long-enough"

# 423 as RFC 3261 section 10.3 step 7 has it: Kamailio's own way is to grant more than was asked for.
_REGISTRAR = f"""if (is_method("REGISTER")) {{{{
        if (!pv_www_authenticate("carrier.test", "{PASSWORD}", "0")) {{{{
            www_challenge("carrier.test", "1");
            exit;
        }}}}
        if ($hdr(Expires) != "0" && $(hdr(Expires){{{{s.int}}}}) < 400) {{{{
            append_to_reply("Min-Expires: 400\\r\\n");
            sl_send_reply("423", "Interval Too Brief");
            exit;
        }}}}
        save("location");
        exit;
    }}}}
""".replace("{{", "{").replace("}}", "}")


def header(message: str, name: str) -> str:
    found = re.search(rf"(?mi)^{name}: *(.*)$", message)
    return found[1] if found else ""


def test_two_addresses_are_registered_for_as_long_as_kamailio_wants(lab: Lab) -> None:
    """401, 423 and the refresh of nobody else's binding; at the stop both of ours are taken back."""
    proxy = lab.add(Kamailio()).listen("udp")
    proxy.add("first_request", _REGISTRAR)
    proxy.start()
    other = "sip:acme@127.0.0.1:5099"
    server = lab.ring_out(
        {
            "gateways": [proxy.gateway()],
            "username": "acme",
            "password": PASSWORD,
            "from_domain": "carrier.test",
            "register": True,
            "register_seconds": 60,
            "register_contacts": [other],
        }
    )
    lab.until_logged('"event":"registered"')
    ours = f"sip:acme@127.0.0.1:{server.sip_port}"
    asked = [header(one.text, "Expires") for one in proxy.received("REGISTER")]
    assert asked == ["60", "60", "400"]
    assert [header(one.text, "Min-Expires") for one in proxy.sent("SIP/2.0 423")] == ["400"]
    (granted,) = proxy.sent("SIP/2.0 200")
    assert {ours, other} == set(re.findall(r"<(sip:[^>]*)>;expires=400", granted.text))
    assert re.search('"seconds":(399|400)', server.log())
    server.terminate()
    assert server.wait() == 0
    last = eventually(lambda: proxy.sent("SIP/2.0 200")[1:], "the answer to the last REGISTER")[-1]
    assert header(last.text, "Contact") == ""
