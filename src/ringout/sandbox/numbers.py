"""Who there is to call: every number of the telephone world and its personality."""

from __future__ import annotations

from dataclasses import dataclass

MAIN_NUMBER = "+16505550100"
EXTENSION = "101"


@dataclass(frozen=True, slots=True)
class Personality:
    """What a phone does when it is called; the same as caller and as callee.

    rings_seconds: before it answers or refuses, None = for ever. refusal: SIP code, None = it answers.
    presses: (seconds after the answer, digit). tone_hz: what it hums, a multiple of 50: 20 ms hold whole periods.
    """

    key: str
    number: str
    what: str
    rings_seconds: float | None = 0.0
    refusal: int | None = None
    responds: bool = True
    hangs_up_seconds: float | None = None
    presses: tuple[tuple[float, str], ...] = ()
    tone_hz: int = 1000


PERSONALITIES = (
    Personality("from", "+16505550101", "yours: the default `from`; answers at once", tone_hz=600),
    Personality("answers", "+16505550102", "answers at once", tone_hz=1000),
    Personality("answers_slowly", "+16505550103", "answers after 4 s", rings_seconds=4.0, tone_hz=1100),
    Personality("rings", "+16505550104", "rings for ever", rings_seconds=None),
    Personality("busy", "+16505550105", "is busy (486)", refusal=486),
    Personality("declines", "+16505550106", "rings 1 s, then declines (603)", rings_seconds=1.0, refusal=603),
    Personality("unknown", "+16505550107", "does not exist (404)", refusal=404),
    Personality("unavailable", "+16505550108", "is temporarily unavailable (480)", refusal=480),
    Personality("carrier_down", "+16505550109", "its carrier is down (503)", refusal=503),
    Personality("silent", "+16505550110", "never responds at all", responds=False),
    Personality("hangs_up", "+16505550111", "answers and hangs up after 3 s", hangs_up_seconds=3.0, tone_hz=1200),
    Personality("presses_1", "+16505550112", "answers and presses 1", presses=((1.5, "1"),), tone_hz=1300),
    Personality(
        "presses_2_then_1", "+16505550113", "answers, presses 2, then 1", presses=((1.5, "2"), (5.0, "1")), tone_hz=1400
    ),
    Personality("presses_nothing", "+16505550114", "answers and never presses a key", tone_hz=1500),
)

BY_KEY = {personality.key: personality for personality in PERSONALITIES}
# Of the example on the RingOut page, so that it can be tried as it stands there. The first may be shown, too.
EXAMPLE_FROM, EXAMPLE_TO = "+13443334444", "+13453443434"
BY_NUMBER = {personality.number: personality for personality in PERSONALITIES} | {
    EXAMPLE_FROM: BY_KEY["from"],
    EXAMPLE_TO: BY_KEY["answers"],
}

DEFAULT_FROM = BY_KEY["from"]
CALLABLE = tuple(personality for personality in PERSONALITIES if personality is not DEFAULT_FROM)
