"""How a leg's audio was, from what rtpengine tells at the end of a call. Pure.

rtpengine counts packets and keeps what the phones report by RTCP, each of what it heard; it does not tell what it
missed itself. So a stream is judged by the phone at its other end, and one that nobody reported of is not judged.
"""

from __future__ import annotations

from ringout.domain.quality import LegQuality
from ringout.domain.status import Party
from ringout.media.rtpengine.bencode import Decoded
from ringout.media.rtpengine.client import Answer
from ringout.media.rtpengine.watch import packets_of, rtp_stream_of

_MOS_UNIT = 10  # 43 is 4.3


def quality_of(answer: Answer, party: Party, codec: str) -> LegQuality | None:
    """answer: to `delete`. codec: that was spoken with that party. None = it was not heard, or nobody reported."""
    received = packets_of(answer, party)
    heard, far_heard = _reported_by(answer, party.other), _reported_by(answer, party)
    average, far_average = _table(heard, "average MOS"), _table(far_heard, "average MOS")
    mos, jitter = _number(average, "MOS"), _number(average, "jitter")
    if not received or mos is None or jitter is None:
        return None
    far_mos, far_jitter = _number(far_average, "MOS"), _number(far_average, "jitter")
    round_trip = _number(far_average, "round-trip time leg")  # microseconds, from here to whoever reports
    return LegQuality(
        codec,
        received,
        max(0, _number(heard, "cumulative loss") or 0),
        float(jitter),
        mos / _MOS_UNIT,
        sent=packets_of(answer, party.other),  # prompts and ringback are not counted
        encrypted="crypto suite" in rtp_stream_of(answer, party),
        round_trip_ms=None if round_trip is None else round(round_trip / 1000, 1),
        far_lost=_number(far_heard, "cumulative loss"),
        far_jitter_ms=None if far_jitter is None else float(far_jitter),
        far_mos=None if far_mos is None else far_mos / _MOS_UNIT,
    )


def _reported_by(answer: Answer, party: Party) -> Answer:
    """What that party's phone said of what it heard."""
    ssrc = rtp_stream_of(answer, party).get("SSRC")
    return _table(_table(answer, "SSRC"), str(ssrc))


def _table(answer: Answer, name: str) -> dict[str, Decoded]:
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def _number(answer: Answer, name: str) -> int | None:
    found = answer.get(name)
    return found if isinstance(found, int) else None
