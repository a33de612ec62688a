"""SRTP of one leg through a change of keys, RFC 4568 section 7.1.4."""

from __future__ import annotations

import pytest

from ringout.media.srtp import Srtp
from ringout.rtp.packet import RtpPacket

SUITE = "AES_CM_128_HMAC_SHA1_80"
OURS, THEIRS, OTHER = (bytes((byte,)) * 30 for byte in (1, 2, 3))


def packet(sequence: int) -> bytes:
    return RtpPacket(0, sequence & 0xFFFF, 160 * sequence, 7, b"sound").encode()


def past_the_turn(sender: Srtp, receiver: Srtp) -> None:
    """Sequence numbers have wrapped once: the packets' index is not in the packets any more."""
    for sequence in range(65000, 66000, 100):
        assert receiver.unprotect(sender.protect(packet(sequence))) == packet(sequence)


def test_direction_whose_key_stays_goes_on_after_the_turn() -> None:
    us, phone = Srtp(SUITE, OURS, THEIRS), Srtp(SUITE, THEIRS, OURS)
    past_the_turn(us, phone)
    past_the_turn(phone, us)
    rekeyed = us.rekeyed(SUITE, OURS, OTHER)
    assert phone.unprotect(rekeyed.protect(packet(66100))) == packet(66100)
    rekeyed = us.rekeyed(SUITE, OTHER, THEIRS)
    assert rekeyed.unprotect(phone.protect(packet(66100))) == packet(66100)


def test_direction_with_a_new_key_begins_anew() -> None:
    us = Srtp(SUITE, OURS, THEIRS)
    rekeyed = us.rekeyed(SUITE, OURS, OTHER)
    assert rekeyed.unprotect(Srtp(SUITE, OTHER, OURS).protect(packet(5))) == packet(5)
    assert rekeyed.unprotect(Srtp(SUITE, THEIRS, OURS).protect(packet(6))) == b""


def test_same_keys_are_the_same_protection() -> None:
    us = Srtp(SUITE, OURS, THEIRS)
    assert us.rekeyed(SUITE, OURS, THEIRS) is us


@pytest.mark.parametrize("length", [0, 3, 1400, 1500])
def test_packet_that_cannot_be_protected_gives_nothing(length: int) -> None:
    us, phone = Srtp(SUITE, OURS, THEIRS), Srtp(SUITE, THEIRS, OURS)
    assert us.protect(bytes(length)) == b""
    assert phone.unprotect(bytes(length)) == phone.unprotect_control(bytes(length)) == b""


def test_unknown_suite_is_a_bug_of_ours() -> None:
    with pytest.raises(ValueError, match="no such suite"):
        Srtp("F8_128_HMAC_SHA1_80", OURS, THEIRS)
