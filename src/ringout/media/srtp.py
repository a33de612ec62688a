"""SRTP and SRTCP of one leg, by libsrtp. Source: RFC 3711, RFC 7714; the keys are those of RFC 4568."""

from __future__ import annotations

from pylibsrtp import Error, Policy, Session

_PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}


class Srtp:
    """Both directions. A method gives b"" for a packet that may not be sent or is not the peer's: forged, replayed, too
    long."""

    __slots__ = ("_in", "_out", "keys")

    def __init__(self, suite: str, local_key: bytes, remote_key: bytes) -> None:
        """keys: each as long as the suite demands (sdp.crypto.KEY_BYTES). Raises ValueError for others."""
        if suite not in _PROFILES:
            raise ValueError(f"no such suite: {suite}")
        self.keys = (suite, local_key, remote_key)
        profile = _PROFILES[suite]
        self._out = Session(Policy(local_key, Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self._in = Session(Policy(remote_key, Policy.SSRC_ANY_INBOUND, srtp_profile=profile))

    def rekeyed(self, suite: str, local_key: bytes, remote_key: bytes) -> Srtp:
        """For a changed description. A direction whose key stays goes on where it is (RFC 4568 section 7.1.4): its
        packet index must not begin anew, nor an old packet count again."""
        if self.keys == (suite, local_key, remote_key):
            return self
        other = Srtp(suite, local_key, remote_key)
        if self.keys[:2] == other.keys[:2]:
            other._out = self._out
        if self.keys[::2] == other.keys[::2]:
            other._in = self._in
        return other

    def protect(self, packet: bytes) -> bytes:
        try:
            return self._out.protect(packet)
        except (Error, ValueError):
            return b""

    def unprotect(self, packet: bytes) -> bytes:
        try:
            return self._in.unprotect(packet)
        except (Error, ValueError):
            return b""

    def protect_control(self, packet: bytes) -> bytes:
        try:
            return self._out.protect_rtcp(packet)
        except (Error, ValueError):
            return b""

    def unprotect_control(self, packet: bytes) -> bytes:
        try:
            return self._in.unprotect_rtcp(packet)
        except (Error, ValueError):
            return b""
