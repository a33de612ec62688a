"""Phones that register through Kamailio as the edge proxy, which says by Path (RFC 3327) how they are reached."""

from __future__ import annotations

import pytest

from e2e.api import PlacedCall
from e2e.harness import CONNECTED, ENDED
from e2e.registering import BaresipRegistered
from e2e.waiting import eventually

from .kamailio import Kamailio
from .lab import CALLEE, HIGH_HZ, LOW_HZ, Lab, hears

PASSWORD = "a-very-long-password"
USER = "/restapi/v1.0/account/~/extension/~"
DEVICE = {"username": "desk", "password": PASSWORD, "name": "Desk"}

_EDGE = """if (is_method("REGISTER")) {{
        add_path_received();
        $du = "sip:127.0.0.1:{port}{transport}";
        t_relay();
        exit;
    }}
    if (is_present_hf("Route")) {{
        loose_route();  # takes its own name off; says no, because that was the last
        record_route();
        t_relay();
        exit;
    }}
"""


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_phone_behind_the_edge_is_rung_by_its_path(lab: Lab, transport: str) -> None:
    """transport: between the proxy and RingOut."""
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    server = lab.ring_out({"gateways": [callee.gateway]}, extension={"devices": [DEVICE]}, phones={"digest": ["MD5"]})
    proxy = lab.add(Kamailio()).listen("udp", "tcp")
    proxy.add("parameters", 'modparam("path", "use_received", 1)')
    suffix = "" if transport == "udp" else ";transport=tcp"
    proxy.add("first_request", _EDGE.format(port=server.sip_port, transport=suffix))
    proxy.start()
    phone = lab.add(BaresipRegistered("desk", PASSWORD, f"127.0.0.1:{proxy.port}", LOW_HZ))
    phone.start()

    def device() -> dict[str, str]:
        (found,) = lab.api.request("GET", f"{USER}/device").body["records"]
        return dict(found)

    eventually(lambda: device()["status"] == "Online", "the phone to be registered")
    (number,) = lab.api.request("GET", f"{USER}/forwarding-number").body["records"]
    body = {"from": {"forwardingNumberId": number["id"]}, "to": {"phoneNumber": CALLEE}}
    call = PlacedCall(lab.api, lab.api.request("POST", f"{USER}/ringout", body).body)
    call.until(CONNECTED)
    hears(callee, LOW_HZ, HIGH_HZ)
    (invite, *_) = proxy.received("INVITE")
    assert invite.transport == transport
    assert f"Route: <sip:127.0.0.1:{proxy.port}" in invite.text
    assert "received=" in invite.text
    assert call.cancel() == 204
    call.until(ENDED)
    eventually(lambda: proxy.received("BYE"), "our BYE along the route")
    phone.leave()
    eventually(lambda: device()["status"] == "Offline", "the phone to be gone")
