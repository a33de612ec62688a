"""What policy hands to the engine: a RingOut that may be placed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that may ring for a party. One of number, address and device says how it is reached."""

    number: str = ""  # E.164 with +: by the trunk that serves it
    address: str = ""  # sip: or sips: URI: straight there
    device: str = ""  # address-of-record of a phone that registers here, its user part
    label: str = ""  # the user's word for it
    ring_seconds: float | None = None  # None = as long as any caller's phone
    turn: int = 0  # phones of one turn ring together, those of the next one when none of these rings any more


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A RingOut that policy has allowed; domain rules are the only way to get one. Numbers are E.164 with +, "" for a
    phone that has none."""

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
    # The phones that ring for the caller; none = the one behind caller_number. The first that answers, and presses 1
    # where that is asked, becomes the caller.
    caller_phones: tuple[Phone, ...] = ()
    callee_phone: Phone | None = None  # None = the one behind callee_number
    # What holds as well for where the far end sends a call on to.
    blocked: tuple[str, ...] = ()  # E.164 prefixes
    international: bool = True  # other regions than the country's may be called
    prepaid: bool = False
    # Digits for the callee once the two are joined: of 0-9 * # A-D and links.PAUSE. Never logged nor stored: see the
    # decision record.
    post_dial: str = field(default="", repr=False)
