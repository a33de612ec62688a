"""A phone that speaks SRTP: its own libsrtp sessions, with keys as its SDP and ours name them."""

from __future__ import annotations

from pylibsrtp import Policy, Session

from contract.rtp_peer import RtpPeer
from ringout.sdp.crypto import KEY_BYTES, Crypto
from ringout.sdp.offer_answer import answer_offer, make_offer, read_answer
from ringout.service.ports import LocalMedia, RtpDestination

_PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}


class SecurePeer(RtpPeer):
    """answers() is to come first."""

    def __init__(self, suite: str, key_byte: int = 7, tone_hz: int = 600, ssrc: int = 0x5EC) -> None:
        super().__init__(tone_hz=tone_hz, ssrc=ssrc)
        self.suite = suite
        self.key = bytes((key_byte,)) * KEY_BYTES[suite]
        self._out = Session(Policy(self.key, Policy.SSRC_ANY_OUTBOUND, srtp_profile=_PROFILES[suite]))
        self._in: Session | None = None

    def answers(self, local: LocalMedia) -> RtpDestination:
        """Takes the offer that our SDP for that leg is; what is to be connected."""
        self.remote = local.address
        offer = make_offer(local.host, local.port, 1, protocol=local.protocol, attributes=local.attributes)
        mine = [("crypto", str(Crypto(1, self.suite, self.key)))]
        answer, theirs = answer_offer(offer, self.host, self.port, 2, protocol=local.protocol, attributes=mine)
        assert theirs.crypto is not None
        assert theirs.crypto.suite == self.suite
        self._in = Session(Policy(theirs.crypto.key, Policy.SSRC_ANY_INBOUND, srtp_profile=_PROFILES[self.suite]))
        ours = read_answer(answer, protocol=local.protocol, attributes=local.attributes)
        return RtpDestination(
            ours.host, ours.port, ours.codec, ours.payload_type, ours.telephone_event, crypto=ours.crypto
        )

    def send_bytes(self, data: bytes) -> None:
        super().send_bytes(self._out.protect(data))

    def send_unprotected(self, data: bytes) -> None:
        super().send_bytes(data)

    def open_report(self, data: bytes) -> bytes:
        assert self._in is not None
        return self._in.unprotect_rtcp(data)

    def take(self, data: bytes) -> None:
        assert self._in is not None
        super().take(self._in.unprotect(data))  # raises for what is not ours: the test then fails
