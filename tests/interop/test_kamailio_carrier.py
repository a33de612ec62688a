"""Kamailio as the edge of a carrier that hides what is behind it, loses it, redirects, and translates between IPv4 and
IPv6."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.steps import sdp
from e2e.waiting import eventually

from .kamailio import Kamailio
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import behind, pbx
from .programs import need
from .rtpengine import RtpengineInLab

# The proxy's own tables of Debian, empty.
_TABLES = Path("/usr/share/kamailio/dbtext/kamailio")
_LATER = "+16505552009"


def hides_by_state(proxy: Kamailio) -> None:
    """Via, Record-Route and Contact of the others stay in its database."""
    tables = proxy.directory / "tables"
    tables.mkdir()
    shutil.copy(_TABLES / "version", tables)
    for name in ("topos_d", "topos_t"):  # the module leaves columns open that they want filled
        (tables / name).write_text((_TABLES / name).read_text().replace("(string)", "(string,null)"))
    proxy.add("loads", 'loadmodule "db_text.so"\nloadmodule "topos.so"')
    proxy.add("parameters", f'modparam("topos", "db_url", "text://{tables}")')


def hides_by_cipher(proxy: Kamailio) -> None:
    """The addresses of the others are enciphered within the headers."""
    proxy.add("loads", 'loadmodule "topoh.so"')
    proxy.add("parameters", 'modparam("topoh", "mask_key", "of a test")\nmodparam("topoh", "mask_callid", 1)')


@pytest.mark.parametrize(("hides", "transport"), [(hides_by_state, "tcp"), (hides_by_cipher, "udp")])
def test_the_edge_hides_what_is_behind_it(lab: Lab, hides, transport: str) -> None:  # type: ignore[no-untyped-def]
    """Requests in the dialog find their way by what the proxy has put there: ACK, the phone's hold and our BYE."""
    proxy = lab.add(Kamailio()).listen(*dict.fromkeys([transport, "udp"]))
    hides(proxy)
    caller, callee = lab.baresip(CALLER, LOW_HZ).answers(), lab.raw(CALLEE)
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    server = lab.ring_out({"gateways": [proxy.gateway(transport)]})
    call = lab.place()
    callee.answer(invite := callee.ring())
    call.until(CONNECTED)
    callee.hum(HIGH_HZ)
    hears(caller, HIGH_HZ, LOW_HZ)
    assert f":{server.sip_port}" not in invite.text.partition("\n\n")[0], "it should hide us too"
    callee.ask(invite, "INVITE", 1, body=sdp("sendonly", version=2))
    assert "a=recvonly" in callee.expect("200 INVITE").body
    callee.ask(invite, "ACK", 1)
    callee.ask(invite, "INVITE", 2, body=sdp(version=3))
    assert "a=sendrecv" in callee.expect("200 INVITE").body
    callee.ask(invite, "ACK", 2)
    hears(callee.rtp, LOW_HZ, HIGH_HZ)
    call.cancel()
    callee.take_bye()
    call.until(ENDED)


def test_an_asterisk_behind_the_dispatcher_dies_while_its_phone_rings(lab: Lab) -> None:
    """The proxy goes on to the second machine in the same INVITE; nothing of the first's early dialog is left."""
    proxy = lab.add(Kamailio()).listen("udp")
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    first, second = pbx(lab), pbx(lab)
    first.dialplan(f"exten => {CALLEE},1,Ringing()", " same => n,Wait(60)")
    behind(second, callee)
    for asterisk in (first, second):
        asterisk.start()
    proxy.route(CALLER, f"sip:127.0.0.1:{caller.port}")
    proxy.dispatch(CALLEE, first.gateway(), second.gateway())
    proxy.add("first_request", "t_set_fr(3000);")
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway()]})
    call = lab.place()
    eventually(lambda: first.messages("SIP/2.0 180", sent=True), "the first to ring")
    first.kill()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    assert len([one for one in proxy.received("INVITE") if CALLEE in one.text.split()[1]]) == 1
    callee.hang_up()
    call.until(ENDED)
    second.idle()


# Who calls that number is sent on, as a redirect server does that signs calls too.
_SENT_ON = """    if ($rU == "{user}" && is_method("INVITE")) {{
        append_to_reply("Contact: <sip:{target}@{place}>\\r\\n");
        append_to_reply("Diversion: <sip:{user}@carrier.example>;reason=no-answer;counter=1\\r\\n");
        append_to_reply("History-Info: <sip:{user}@carrier.example>;index=1\\r\\n");
        append_to_reply("Identity: {signature}\\r\\n");
        sl_send_reply("302", "Moved Temporarily");
        exit;
    }}
"""
_SIGNATURE = "aGVhZA.Y2xhaW1z.c2lnbmF0dXJl;info=<https://cert.example.org/a.pem>;alg=ES256;ppt=shaken"


def test_a_redirect_server_sends_the_call_on_to_an_asterisk(lab: Lab) -> None:
    """Kamailio's 302 brings Diversion, History-Info and a signature; Asterisk's dialplan reads in our next INVITE who
    has sent the call on, and why, and finds the other two."""
    proxy = lab.add(Kamailio()).listen("udp")
    asterisk = pbx(lab)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    asterisk.dialplan(
        f"exten => {_LATER},1,Verbose(0,sent on by ${{REDIRECTING(from-num)}} for ${{REDIRECTING(reason)}})",
        " same => n,Verbose(0,signed ${PJSIP_HEADER(read,Identity)})",
        " same => n,Verbose(0,first ${PJSIP_HEADER(read,History-Info,1)} then ${PJSIP_HEADER(read,History-Info,2)})",
        " same => n,Hangup(17)",
    )
    asterisk.start()
    proxy.route(CALLER, f"sip:127.0.0.1:{caller.port}")
    place = asterisk.gateway().removeprefix("sip:")
    proxy.add("routes", _SENT_ON.format(user=CALLEE, target=_LATER, place=place, signature=_SIGNATURE))
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway()]})
    call = lab.place()
    call.until(("Success", "Busy", "CannotReach"), ("Finished", "Busy", "CannotReach"))
    log = asterisk.log()
    assert f"sent on by {CALLEE} for cfnr" in log
    assert f"signed {_SIGNATURE}" in log
    assert f"first <sip:{CALLEE}@carrier.example>;index=1 then <sip:{_LATER}@{place}>;index=2" in log
    assert call.leg("callee")["diversions"] == [{"phoneNumber": CALLEE, "reason": "no-answer"}]


# Every description that passes gets an address of rtpengine, of the other family than the one that it came from.
_MEDIA_OUT = """if (is_method("INVITE") && has_body("application/sdp")) {
        if ($Ri == "::1") rtpengine_offer("replace-origin replace-session-connection direction=six direction=four");
        else rtpengine_offer("replace-origin replace-session-connection direction=four direction=six");
        t_on_reply("MEDIA");
    }
    if (is_method("BYE")) rtpengine_delete();
    """
_MEDIA_BACK = """
onreply_route[MEDIA] {
    if (has_body("application/sdp")) rtpengine_answer("replace-origin replace-session-connection");
}
"""


def test_the_edge_joins_ipv6_and_ipv4(lab: Lab) -> None:
    """RingOut speaks IPv6 alone, SIP and RTP; the phones IPv4 alone. Kamailio stands in the route with both of its
    addresses, its rtpengine in the audio; a phone hangs up."""
    need("rtpengine")
    media = lab.add(RtpengineInLab(lab.directory, 20, address="six/::1", other="four/127.0.0.1")).start()
    proxy = lab.add(Kamailio()).listen("udp").listen("udp", host="::1")
    proxy.add("loads", 'loadmodule "rtpengine.so"')
    proxy.add("parameters", f'modparam("rtpengine", "rtpengine_sock", "udp:{media.control}")')
    proxy.add("every_request", _MEDIA_OUT)
    proxy.add("more", _MEDIA_BACK)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    lab.ring_out(
        {"gateways": [f"sip:[::1]:{proxy.port}"]}, sip={"listen": ["udp:[::1]:PORT"]}, media={"address": "::1"}
    )
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    caller.hang_up()
    call.until(ENDED)
    eventually(lambda: "terminated" in callee.report(), "our BYE at the callee")
