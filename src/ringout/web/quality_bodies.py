"""The JSON of a leg's audio quality: RingOut's own addition to RingCentral's bodies."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ringout.domain.quality import LegQuality


class AudioQuality(Struct, rename="camel", omit_defaults=True):
    """How one phone's audio was. The fields that begin with far tell what that phone heard, by its own reports."""

    codec: str
    encrypted: bool
    packets_received: int
    packets_lost: Annotated[int, Meta(description="Of those that the phone sent")]
    loss_percent: float
    jitter_ms: float
    mos: Annotated[float, Meta(description="Estimated opinion of who hears this phone, 1 bad to 4.41 excellent")]
    packets_sent: int
    round_trip_ms: float | None = None
    far_packets_lost: Annotated[
        int | None, Meta(description="Of those sent to the phone, with what the other phone's network had lost")
    ] = None
    far_jitter_ms: float | None = None
    far_mos: Annotated[float | None, Meta(description="Estimated opinion of who hears on this phone")] = None


def audio_quality(quality: LegQuality | None) -> AudioQuality | None:
    if quality is None:
        return None
    return AudioQuality(
        quality.codec,
        quality.encrypted,
        quality.received,
        quality.lost,
        quality.loss_percent,
        quality.jitter_ms,
        quality.mos,
        quality.sent,
        quality.round_trip_ms,
        quality.far_lost,
        quality.far_jitter_ms,
        quality.far_mos,
    )
