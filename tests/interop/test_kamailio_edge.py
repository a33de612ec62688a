"""Kamailio as the edge proxy: RingOut's only way to the phones, in every dialog by Record-Route."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from e2e.baresip import BaresipPhone
from e2e.harness import CALLER_UP, CONNECTED, ENDED
from e2e.steps import sdp
from e2e.waiting import eventually
from fakes.certificates import Authority

from .kamailio import Kamailio
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import behind, pbx

PASSWORD = "Kz4-long-enough"


def edge(lab: Lab, *transports: str) -> Kamailio:
    return lab.add(Kamailio()).listen(*dict.fromkeys([*transports, "udp"]))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("who", ["caller", "callee", "api"])
def test_phones_behind_the_edge_hear_each_other(lab: Lab, transport: str, who: str) -> None:
    """Over TCP the proxy changes transports between RingOut and the phones, and names itself twice in the route."""
    proxy = edge(lab, transport)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway(transport)]})
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    if who == "api":
        call.cancel()
    else:
        {"caller": caller, "callee": callee}[who].hang_up()
    call.until(ENDED)
    for method in ("INVITE", "ACK", "BYE"):
        eventually(lambda method=method: len(proxy.received(method)) >= 2, f"both legs' {method} to pass the proxy")
    assert {one.transport for one in proxy.received("INVITE")} == {transport}


def test_a_password_for_every_request(lab: Lab) -> None:
    """407 on INVITE, on our BYE and on our CANCEL's INVITE: each is sent once more with the digest, in its own CSeq."""
    proxy = edge(lab)
    proxy.wants_password("ringout.test", "edge", PASSWORD)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    trunk = {"gateways": [proxy.gateway()], "from_domain": "ringout.test", "username": "edge", "password": PASSWORD}
    lab.ring_out(trunk)
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    call.cancel()
    call.until(ENDED)
    eventually(lambda: len(proxy.sent("BYE")) == 2, "both BYEs to be let through")
    challenged = [one for one in proxy.sent("SIP/2.0 407") if " BYE" in one.text]
    assert len(challenged) == 2
    assert len(proxy.sent("SIP/2.0 407")) == 4


def test_a_password_for_our_reinvites_too(lab: Lab) -> None:
    """407 on the re-INVITE by which RingOut moves both phones to G.722, which they then speak."""
    proxy = edge(lab)
    proxy.wants_password("ringout.test", "edge", PASSWORD)
    caller, callee = (
        lab.add(BaresipPhone(number.lstrip("+"), lab.outlet(number), hz, ("PCMU", "G722/16000/1")))
        for number, hz in ((CALLER, LOW_HZ), (CALLEE, HIGH_HZ))
    )
    for phone in (caller, callee):
        proxy.route(phone.answers().number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    trunk = {"gateways": [proxy.gateway()], "from_domain": "ringout.test", "username": "edge", "password": PASSWORD}
    lab.ring_out(trunk, media={"codecs": ["PCMU", "G722"]})
    call = lab.place()
    call.until(CONNECTED)

    def moved() -> bool:
        """Each re-INVITE was challenged, and let through with the answer to that."""
        again = [one.text for one in proxy.received("INVITE") if re.search(r"(?m)^To:.*;tag=", one.text)]
        answered = [one for one in again if "Proxy-Authorization:" in one]
        return len(answered) >= 2 and len(again) >= 4

    eventually(moved, "both re-INVITEs, each asked for a password")
    eventually(lambda: len(proxy.received("ACK")) >= 8, "every answer to be acknowledged")
    assert call.look() == CONNECTED
    call.cancel()
    call.until(ENDED)
    for party in ("caller", "callee"):
        eventually(lambda party=party: call.look() and "quality" in call.leg(party), "the quality of that leg")
        assert call.leg(party)["quality"]["codec"] == "G722"


def test_a_phone_behind_the_edge_holds_and_resumes(lab: Lab) -> None:
    """re-INVITEs of the phone come along the route, and their answers go back along it."""
    proxy = edge(lab, "tcp")
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.raw(CALLEE)
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway("tcp")]})
    call = lab.place()
    callee.answer(invite := callee.ring())
    call.until(CONNECTED)
    callee.hum(HIGH_HZ)
    hears(caller, HIGH_HZ, LOW_HZ)
    callee.ask(invite, "INVITE", 1, body=sdp("sendonly", version=2))
    assert "a=recvonly" in callee.expect("200 INVITE").body
    callee.ask(invite, "ACK", 1)
    callee.ask(invite, "INVITE", 2, body=sdp("sendrecv", version=3))
    assert "a=sendrecv" in callee.expect("200 INVITE").body
    callee.ask(invite, "ACK", 2)
    hears(callee.rtp, LOW_HZ, HIGH_HZ)
    caller.hang_up()
    callee.take_bye()
    call.until(ENDED)


def test_cancel_through_the_edge(lab: Lab) -> None:
    proxy = edge(lab)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.raw(CALLEE)
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway()]})
    call = lab.place()
    invite = callee.ring()
    call.until(CALLER_UP)
    call.cancel()
    callee.reply(callee.expect("CANCEL"), 200)
    callee.reply(invite, 487)
    callee.expect("ACK")


def test_the_edge_forks_to_two_phones(lab: Lab) -> None:
    """Two early dialogs of one INVITE; the second phone answers, the proxy cancels the first."""
    proxy = edge(lab)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    first, second = lab.raw(CALLEE), lab.raw(CALLEE)
    proxy.route(caller.number, f"sip:127.0.0.1:{caller.port}")
    proxy.route(CALLEE, *(f"sip:127.0.0.1:{phone.port}" for phone in (first, second)))
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway()]})
    call = lab.place()
    waiting = first.expect("INVITE")
    first.reply(waiting, 180, tag="first")
    answered = second.expect("INVITE")
    second.reply(answered, 180, tag="second")
    second.answer(answered, tag="second")
    first.reply(first.expect("CANCEL"), 200)
    first.reply(waiting, 487, tag="first")
    call.until(CONNECTED)
    second.hum(HIGH_HZ)
    hears(caller, HIGH_HZ, LOW_HZ)
    call.cancel()
    second.take_bye()
    call.until(ENDED)
    assert not first.received("BYE")


@pytest.mark.parametrize("how", ["silent", "busy machine"])
def test_the_edge_tries_the_next_of_its_dispatcher(lab: Lab, how: str) -> None:
    """A carrier's first machine is gone or says 503; its proxy goes on, and RingOut sees one call."""
    proxy = edge(lab)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    first, second = lab.raw(CALLEE), lab.baresip(CALLEE, HIGH_HZ).answers()
    proxy.route(caller.number, f"sip:127.0.0.1:{caller.port}")
    proxy.dispatch(CALLEE, f"sip:127.0.0.1:{first.port}", f"sip:127.0.0.1:{second.port}")
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway()]})
    call = lab.place()
    invite = first.expect("INVITE")
    if how == "busy machine":
        first.reply(invite, 503)
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    second.hang_up()
    call.until(ENDED)


def test_an_asterisk_behind_the_edge(lab: Lab) -> None:
    """RingOut, proxy, PBX, phones: two B2BUAs with a proxy between, over TCP on our side."""
    proxy = edge(lab, "tcp")
    asterisk = pbx(lab)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    behind(asterisk, caller, callee)
    asterisk.start()
    for number in (CALLER, CALLEE):
        proxy.route(number, asterisk.gateway())
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway("tcp")]})
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    callee.hang_up()
    call.until(ENDED)
    asterisk.idle()


def test_the_edge_is_restarted_during_a_call(lab: Lab) -> None:
    """Its TCP connection is lost, the call is not: the BYE goes over a new one."""
    proxy = edge(lab, "tcp")
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway("tcp")]})
    call = lab.place()
    call.until(CONNECTED)
    for phone in (caller, callee):
        eventually(lambda phone=phone: "established" in phone.report(), "the phone to have its ACK")
    proxy.kill()
    hears(caller, HIGH_HZ, LOW_HZ)
    proxy.start()
    assert call.look() == CONNECTED
    call.cancel()
    call.until(ENDED)
    eventually(lambda: "terminated" in caller.report() and "terminated" in callee.report(), "both phones to be free")


def test_the_first_edge_is_dead(lab: Lab) -> None:
    """Two proxies as the trunk's gateways: the second is used at once, and again for the next call."""
    dead, proxy = edge(lab), edge(lab)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    dead.start()
    proxy.start()
    dead.kill()
    lab.ring_out({"gateways": [dead.gateway(), proxy.gateway()]})
    for _ in range(2):
        call = lab.place()
        call.until(CONNECTED)
        call.cancel()
        call.until(ENDED)


def test_the_edge_wants_longer_sessions(lab: Lab) -> None:
    """422 with Min-SE (RFC 4028 section 6): one more INVITE with an interval that the proxy lets through."""
    proxy = edge(lab)
    proxy.add(
        "first_request",
        """if (is_method("INVITE") && $(hdr(Session-Expires){s.int}) < 400) {
        append_to_reply("Min-SE: 400\\r\\n");
        sl_send_reply("422", "Session Interval Too Small");
        exit;
    }""",
    )
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway()]}, sip={"session_expires_seconds": 300})
    call = lab.place()
    call.until(CONNECTED)
    call.cancel()
    call.until(ENDED)
    assert len(proxy.sent("SIP/2.0 422")) == 2
    asked = [re.search(r"(?m)^Session-Expires: *(\d+)", one.text) for one in proxy.received("INVITE")]
    assert [int(one[1]) for one in asked if one] == [300, 400, 300, 400]


@pytest.mark.parametrize("transports", [("udp", "tcp"), ("udp",)], ids=["has TCP", "has none"])
def test_a_large_invite_goes_by_tcp_where_the_edge_has_it(lab: Lab, transports: tuple[str, ...]) -> None:
    """RFC 3261 section 18.1.1: a signature of 1,500 characters is too much for one datagram; Kamailio has the INVITE
    whole either way."""
    proxy = lab.add(Kamailio()).listen(*transports)
    signer = lab.raw("+16505552009")
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    lab.ring_out({"gateways": [signer.gateway, proxy.gateway()]})
    call = lab.place()
    signature = f"{'s' * 1500};info=<https://cert.example.org/a.pem>;alg=ES256;ppt=shaken"
    for phone in (caller, callee):
        contact = f"Contact: <sip:{phone.number}@127.0.0.1:{proxy.port}>"
        signer.reply(signer.expect("INVITE"), 302, headers=[contact, f"Identity: {signature}"], contact=False)
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    call.cancel()
    call.until(ENDED)
    invites = proxy.received("INVITE")
    assert {one.transport for one in invites} == {transports[-1]}
    assert all(f"Identity: {signature}" in one.text for one in invites)


@pytest.mark.parametrize("trusted", [True, False])
def test_the_edge_demands_our_certificate(lab: Lab, tmp_path: Path, trusted: bool) -> None:
    """Mutual TLS with Kamailio; the phone's BYE comes over the connection that we opened."""
    authority = Authority(tmp_path)
    proxy = lab.add(Kamailio()).listen("tls", "udp")
    theirs = authority.issue("127.0.0.1", file="kamailio")
    proxy.use_tls(theirs.certificate, theirs.key, authority.ca, client_certificates=True)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    ours = (authority if trusted else Authority(tmp_path, "strangers")).issue("127.0.0.1", file="ringout")
    lab.ring_out(
        {"gateways": [proxy.gateway("tls")]},
        sip={
            "listen": ["udp:127.0.0.1:PORT", "tls:127.0.0.1:0"],
            "tls_ca": str(authority.ca),
            "tls_certificate": str(ours.certificate),
            "tls_key": str(ours.key),
        },
    )
    call = lab.place()
    if not trusted:
        eventually(lambda: call.look()[2] == "CannotReach", "the call to fail")
        assert not proxy.received("INVITE")
        return
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    caller.hang_up()
    call.until(ENDED)
    assert {one.transport for one in proxy.received("INVITE")} == {"tls"}
