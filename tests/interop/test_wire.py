"""A whole call, read from the wire by tshark: what RingOut sends is well formed to a decoder that nobody here wrote."""

from __future__ import annotations

from e2e.harness import CONNECTED, ENDED
from e2e.waiting import eventually

from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .wire import Capture


def test_tshark_finds_no_fault(lab: Lab) -> None:
    """SIP, SDP, RTP and RTCP of both legs: nothing malformed, no error of its experts, one SSRC towards each phone."""
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    trunks = [{"gateways": [phone.gateway], "prefixes": [phone.number]} for phone in (caller, callee)]
    server = lab.ring_out(*trunks)
    capture = lab.add(Capture(lab.directory, [server.sip_port, *server.rtp_ports])).start()
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    sip = f"udp.port=={server.sip_port},sip"
    # RTCP of both sides comes every few seconds.
    eventually(lambda: len(set(capture.fields("rtcp.pt == 200", "udp.srcport"))) >= 3, "sender reports", 30)
    call.cancel()
    call.until(ENDED)
    for phone in (caller, callee):
        eventually(lambda phone=phone: "terminated" in phone.report(), "the phone to be free")
    capture.until(f"udp.srcport == {server.sip_port} && sip.Method == BYE", 2)
    assert capture.fields("_ws.malformed", "frame.number", "_ws.malformed", decode_as=[sip]) == []
    assert capture.fields("_ws.expert.severity == error", "frame.number", "_ws.expert.message", decode_as=[sip]) == []
    methods = {method for (method,) in capture.fields(f"udp.srcport == {server.sip_port} && sip.Method", "sip.Method")}
    assert methods == {"INVITE", "ACK", "BYE"}
    streams = capture.fields(f"rtp && udp.dstport < {server.rtp_ports[0]}", "udp.dstport", "rtp.ssrc")
    streams += capture.fields(f"rtp && udp.dstport > {server.rtp_ports[-1]}", "udp.dstport", "rtp.ssrc")
    phones = {port for port, _ in streams}
    assert len(phones) == 2
    for port in phones:
        assert len({ssrc for other, ssrc in streams if other == port}) == 1
