"""What a listener would say of a stream, from its loss and delay. Source: ITU-T G.107, G.113 appendix I."""

from __future__ import annotations

_BEST = 93.2  # R with all other parameters of G.107 at their defaults
# (impairment of the codec without loss, robustness against it). G.711's are G.113's, with concealment of losses; the
# other two, on this telephone-band scale, are taken to be no worse.
_ROBUSTNESS = {"PCMU": (0.0, 25.1), "PCMA": (0.0, 25.1), "G722": (0.0, 25.1), "OPUS": (0.0, 25.1)}
_WORST_LOSS_IMPAIRMENT = 95.0
_DELAY_KNEE_MS = 177.3
_FRAME_MS = 20.0


def mos(codec: str, loss_share: float, jitter_ms: float, round_trip_ms: float | None) -> float:
    """1.0 to 4.41, two decimals. loss_share: 0 to 1, taken as random. The listener's jitter buffer is taken to be twice
    as long as the jitter; round_trip_ms None = no delay on the way is counted."""
    impairment, robustness = _ROBUSTNESS.get(codec.upper(), (0.0, 25.1))
    loss_percent = 100 * max(0.0, min(1.0, loss_share))
    by_loss = impairment + (_WORST_LOSS_IMPAIRMENT - impairment) * loss_percent / (loss_percent + robustness)
    delay_ms = (round_trip_ms or 0.0) / 2 + 2 * jitter_ms + _FRAME_MS
    by_delay = 0.024 * delay_ms
    if delay_ms > _DELAY_KNEE_MS:
        by_delay += 0.11 * (delay_ms - _DELAY_KNEE_MS)
    rating = max(0.0, min(100.0, _BEST - by_delay - by_loss))
    # Below about 6.5 G.107's own formula falls under the scale.
    return round(max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6), 2)
