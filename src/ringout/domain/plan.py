"""What policy hands to the engine: a RingOut that may be placed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A RingOut that policy has allowed; domain rules are the only way to get one. Numbers are E.164 with +."""

    account_id: int
    extension_id: int
    caller_number: str  # rung first
    callee_number: str
    caller_id: str | None  # shown to the callee; None = blocked
    main_number: str  # asserted identity when the caller ID is blocked, and what the caller's own phone is shown
    play_prompt: bool
    language: str = "en"  # of the prompts
    country: str = "us"  # of the ringback tone, ISO 3166 lower case
    # A colleague's extension number, when the request named that phone so: the user is not told the phone's number.
    caller_extension: str | None = None
    callee_extension: str | None = None
    # What holds as well for where the far end sends a call on to.
    blocked: tuple[str, ...] = ()  # E.164 prefixes
    international: bool = True  # other regions than the country's may be called
    prepaid: bool = False
    # Digits for the callee once the two are joined: of 0-9 * # A-D and links.PAUSE. Never logged nor stored: see the
    # decision record.
    post_dial: str = field(default="", repr=False)
