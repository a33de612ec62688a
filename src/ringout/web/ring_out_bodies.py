"""The JSON of a RingOut, read and written."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ringout.domain.links import LONGEST_POST_DIAL
from ringout.domain.policy import CallRequest
from ringout.domain.ring_out import LegRecord, RingOut, string_id
from ringout.domain.status import CallStatus, EndedBy, PartyStatus
from ringout.service.times import iso

# --- MakeRingOutRequest ------------------------------------------------------------------------------------------

Number = Annotated[str, Meta(description="E.164 with or without +, national, MAIN*EXT, or an extension number")]


class FromInfo(Struct, rename="camel"):
    """The caller's own phone, rung first. Without both fields: the default forwarding number."""

    phone_number: Number | None = None
    forwarding_number_id: str | None = None
    extension_number: Annotated[str | None, Meta(description="Refused: MAIN*EXT as phoneNumber does this")] = None


class PhoneInfo(Struct, rename="camel"):
    """One phone number."""

    phone_number: Number | None = None


class CountryInfo(Struct):
    """The dialling plan for national numbers, by RingCentral's id (US 1, CA 39, FR 75, DE 83, GB 224)."""

    id: str | None = None


PostDial = Annotated[
    str,
    Meta(
        description="Digits for the callee once the two are joined: 0-9 * # A-D, and , for 2 s of silence",
        max_length=LONGEST_POST_DIAL,
        pattern="^[0-9*#A-Da-d,;pPwW]*$",  # ; p and w are pauses, too
    ),
]
_RENAMED = {"from_": "from", "caller_id": "callerId", "play_prompt": "playPrompt", "post_dial": "postDial"}


class MakeRingOutRequest(Struct, rename=_RENAMED):
    """Who calls whom. Only `to.phoneNumber` is required. Unknown fields are ignored."""

    to: PhoneInfo | None = None  # may be missing here, so that its absence gets the documented error
    from_: FromInfo | None = None
    caller_id: PhoneInfo | None = None
    play_prompt: bool | None = None
    country: CountryInfo | None = None
    post_dial: PostDial | None = None


# --- GetRingOutStatusResponse ------------------------------------------------------------------------------------


class Leg(Struct, rename="camel", omit_defaults=True):
    """What happened on one phone. Times are ISO 8601, UTC, milliseconds; absent = has not happened."""

    phone_number: str | None = None
    extension_number: Annotated[
        str | None, Meta(description="In the place of phoneNumber, of a colleague who was named by it")
    ] = None
    sip_code: int | None = None
    sip_reason: str | None = None
    explanation: str | None = None
    ended_by: EndedBy | None = None
    dialed_time: str | None = None
    ringing_time: str | None = None
    answered_time: str | None = None
    ended_time: str | None = None


class RingOutStatus(Struct, rename="camel", omit_defaults=True):
    """The three documented statuses, and what they do not tell."""

    call_status: CallStatus
    caller_status: PartyStatus
    callee_status: PartyStatus
    telephony_session_id: str
    caller: Leg
    callee: Leg
    explanation: str | None = None
    ended_by: EndedBy | None = None


class _RingOutBody(Struct, rename="camel", omit_defaults=True, kw_only=True):
    uri: str
    status: RingOutStatus
    telephony_session_id: str
    creation_time: str
    end_time: str | None = None


class RingOutWithNumber(_RingOutBody, kw_only=True):
    """A RingOut of the `ringout` twin."""

    id: int


class RingOutWithText(_RingOutBody, kw_only=True):
    """A RingOut of the `ring-out` twin. id is the telephonySessionId."""

    id: str


def call_request(body: MakeRingOutRequest, to_number: str) -> CallRequest:
    return CallRequest(
        to_number=to_number,
        from_number=body.from_.phone_number if body.from_ else None,
        forwarding_number_id=body.from_.forwarding_number_id if body.from_ else None,
        caller_id=body.caller_id.phone_number if body.caller_id else None,
        play_prompt=bool(body.play_prompt),
        country_id=body.country.id if body.country else None,
        post_dial=body.post_dial,
    )


def with_number(ring_out: RingOut, collection: str) -> RingOutWithNumber:
    """collection: absolute URL of the `ringout` collection, with numeric ids."""
    return RingOutWithNumber(
        id=ring_out.id,
        uri=f"{collection}/{ring_out.id}",
        status=_status(ring_out),
        telephony_session_id=string_id(ring_out.id),
        creation_time=iso(ring_out.created_at),
        end_time=_time(ring_out.ended_at),
    )


def with_text(ring_out: RingOut, collection: str) -> RingOutWithText:
    """collection: absolute URL of the `ring-out` collection, with numeric ids."""
    text = string_id(ring_out.id)
    return RingOutWithText(
        id=text,
        uri=f"{collection}/{text}",
        status=_status(ring_out),
        telephony_session_id=text,
        creation_time=iso(ring_out.created_at),
        end_time=_time(ring_out.ended_at),
    )


def _status(ring_out: RingOut) -> RingOutStatus:
    return RingOutStatus(
        ring_out.status,
        ring_out.caller.status,
        ring_out.callee.status,
        string_id(ring_out.id),
        _leg(ring_out.caller),
        _leg(ring_out.callee),
        ring_out.explanation or None,
        ring_out.ended_by,
    )


def _leg(leg: LegRecord) -> Leg:
    return Leg(
        leg.number if leg.extension is None else None,
        leg.extension,
        leg.sip_code,
        leg.sip_reason,
        leg.explanation or None,
        leg.ended_by,
        _time(leg.dialed_at),
        _time(leg.ringing_at),
        _time(leg.answered_at),
        _time(leg.ended_at),
    )


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)
