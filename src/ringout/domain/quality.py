"""How the audio of one leg was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LegQuality:
    """Measured where the leg's RTP arrives here, and what the phone reported of the other direction (RTCP). A figure
    that was not measured is None: phones without RTCP tell neither round trip nor what they heard."""

    codec: str  # the last one: "PCMU", "PCMA", "G722", "opus"
    received: int  # packets that came from the phone
    lost: int  # packets of its that did not come
    jitter_ms: float  # mean, as RFC 3550 section 6.4.1 estimates it
    mos: float  # 1.0 (bad) to 4.5 (excellent): what the other party heard of this phone, estimated (ITU-T G.107)
    sent: int = 0  # packets to the phone
    encrypted: bool = False  # SRTP
    round_trip_ms: float | None = None  # between here and the phone, the mean of its reports
    far_lost: int | None = None  # packets to the phone that did not come, those included that the other leg had lost
    far_jitter_ms: float | None = None  # as the phone measured it, its last report
    far_mos: float | None = None  # what this phone heard, estimated from its reports

    @property
    def loss_percent(self) -> float:
        """Of the packets that the phone sent, 0 to 100, two decimals."""
        expected = self.received + self.lost
        return round(100 * self.lost / expected, 2) if expected > 0 else 0.0
