"""Asterisk as a carrier that is reached by TLS, with and without SRTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.waiting import eventually
from fakes.certificates import Authority

from .asterisk import Asterisk
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import behind
from .wire import Capture

SRTP_LENGTH = 8 + 12 + 160 + 10  # UDP, RTP, 20 ms of G.711, the tag of AES_CM_128_HMAC_SHA1_80
RTP_LENGTH = SRTP_LENGTH - 10


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def secure_pbx(lab: Lab, authority: Authority, *names: str, **settings: Any) -> Asterisk:
    """Listens by TLS with a certificate for those names, by UDP for its phones. settings: of RingOut's endpoint."""
    issued = authority.issue(*(names or ("127.0.0.1",)), file="asterisk")
    asterisk = lab.add(Asterisk())
    asterisk.transport("udp")
    asterisk.transport(
        "tls", method="tlsv1_2", cert_file=issued.certificate, priv_key_file=issued.key, ca_list_file=authority.ca
    )
    asterisk.peer("ringout", transport="transport-tls", **settings)
    asterisk.knows_by_address("ringout")
    return asterisk


def two_phones(lab: Lab, asterisk: Asterisk) -> Any:
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    behind(asterisk, caller, callee, transport="transport-udp")
    return caller, callee


def ring_out(lab: Lab, authority: Authority, trunk: dict[str, Any], **sip: Any) -> None:
    listen = ["udp:127.0.0.1:PORT", "tcp:127.0.0.1:PORT", "tls:127.0.0.1:0"]
    lab.ring_out(trunk, sip={"listen": listen, "tls_ca": str(authority.ca), **files(authority), **sip})


def files(authority: Authority) -> dict[str, str]:
    """RingOut's certificate and key, made now."""
    issued = authority.issue("ringout.test", "127.0.0.1", file="ringout")
    return {"tls_certificate": str(issued.certificate), "tls_key": str(issued.key)}


@pytest.mark.parametrize("media", ["rtp", "srtp", "srtp-optional"])
def test_both_legs_by_tls(lab: Lab, authority: Authority, media: str) -> None:
    """The certificate is verified; with SRTP nothing else is on the wire between RingOut and Asterisk."""
    asterisk = secure_pbx(lab, authority, media_encryption="no" if media == "rtp" else "sdes")
    caller, callee = two_phones(lab, asterisk)
    asterisk.start()
    ring_out(lab, authority, {"gateways": [asterisk.gateway("tls")], "media": media})
    capture = lab.add(Capture(lab.directory, lab.server.rtp_ports)).start()
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    callee.hang_up()
    call.until(ENDED)
    asterisk.idle()
    plain, secret = RTP_LENGTH, SRTP_LENGTH
    if media != "rtp":
        plain, secret = secret, plain
    capture.until(f"udp.length == {plain}", 100)
    assert not capture.fields(f"udp.length == {secret}", "frame.number")


def test_asterisk_prefers_srtp_and_ringout_does_not(lab: Lab, authority: Authority) -> None:
    """media_encryption_optimistic: an offer of plain RTP is answered so."""
    asterisk = secure_pbx(lab, authority, media_encryption="sdes", media_encryption_optimistic="yes")
    caller, _ = two_phones(lab, asterisk)
    asterisk.start()
    ring_out(lab, authority, {"gateways": [asterisk.gateway("tls")]})
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    call.cancel()
    call.until(ENDED)


def test_srtp_is_a_must_and_asterisk_has_none(lab: Lab, authority: Authority) -> None:
    """488: a result, and never a call in the clear."""
    asterisk = secure_pbx(lab, authority)
    two_phones(lab, asterisk)
    asterisk.start()
    ring_out(lab, authority, {"gateways": [asterisk.gateway("tls")], "media": "srtp"})
    call = lab.place()
    eventually(lambda: call.look()[2] == "CannotReach", "the call to fail")
    assert call.leg("caller")["sipCode"] == 488


def test_srtp_where_asterisk_can_and_plain_where_it_cannot(lab: Lab, authority: Authority) -> None:
    """srtp-optional towards an Asterisk without encryption."""
    asterisk = secure_pbx(lab, authority)
    caller, callee = two_phones(lab, asterisk)
    asterisk.start()
    ring_out(lab, authority, {"gateways": [asterisk.gateway("tls")], "media": "srtp-optional"})
    call = lab.place()
    call.until(CONNECTED)
    hears(callee, LOW_HZ, HIGH_HZ)
    caller.hang_up()
    call.until(ENDED)


@pytest.mark.parametrize("why", ["another name", "another authority"])
def test_a_certificate_that_is_not_asterisks(lab: Lab, authority: Authority, why: str, tmp_path: Path) -> None:
    """No INVITE goes out: the leg tells that the gateway could not be reached."""
    if why == "another name":
        asterisk = secure_pbx(lab, authority, "somebody-else.test")
    else:
        asterisk = secure_pbx(lab, Authority(tmp_path, "strangers"))
    asterisk.start()
    ring_out(lab, authority, {"gateways": [asterisk.gateway("tls")]})
    call = lab.place()
    eventually(lambda: call.look()[2] == "CannotReach", "the call to fail")
    assert not asterisk.messages("INVITE", sent=False)
    lab.until_logged("certificate")


@pytest.mark.parametrize("trusted", [True, False])
def test_asterisk_demands_our_certificate(lab: Lab, authority: Authority, trusted: bool, tmp_path: Path) -> None:
    """Mutual TLS: with our certificate the call works, with one of a strange authority it fails."""
    asterisk = secure_pbx(lab, authority)
    asterisk.change("transport-tls", "transport", verify_client="yes", require_client_cert="yes")
    two_phones(lab, asterisk)
    asterisk.start()
    (elsewhere := tmp_path / "strangers").mkdir()
    strange = {} if trusted else files(Authority(elsewhere))
    ring_out(lab, authority, {"gateways": [asterisk.gateway("tls")]}, **strange)
    call = lab.place()
    if trusted:
        call.until(CONNECTED)
        call.cancel()
        call.until(ENDED)
    else:
        eventually(lambda: call.look()[2] == "CannotReach", "the call to fail")
        assert not asterisk.messages("INVITE", sent=False)
