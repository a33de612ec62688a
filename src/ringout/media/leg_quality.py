"""What a stream's counts say of its leg."""

from __future__ import annotations

from ringout.domain.quality import LegQuality
from ringout.media.stream import Stream
from ringout.rtp.e_model import mos
from ringout.sdp.codecs import CODECS


def quality_of(stream: Stream) -> LegQuality:
    """Of a stream that was heard."""
    reception, control, sender = stream.reception, stream.control, stream.sender
    received, lost, jitter_ms = reception.received, reception.lost, reception.jitter_ms
    round_trip_ms = control.round_trip_ms
    far_mos = None
    if control.far_lost is not None and sender.packets:
        far_mos = mos(sender.codec, control.far_lost / sender.packets, control.far_jitter_ms or 0.0, round_trip_ms)
    return LegQuality(
        CODECS[sender.codec].rtpmap.partition("/")[0],
        received,
        lost,
        round(jitter_ms, 2),
        mos(sender.codec, lost / max(1, received + lost), jitter_ms, round_trip_ms),
        sender.packets,
        stream.srtp is not None,
        None if round_trip_ms is None else round(round_trip_ms, 2),
        control.far_lost,
        None if control.far_jitter_ms is None else round(control.far_jitter_ms, 2),
        far_mos,
    )
