"""The JSON of a RingOut, read and written."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ringout.domain.causes import CAUSES
from ringout.domain.links import LONGEST_POST_DIAL
from ringout.domain.policy import CallRequest
from ringout.domain.ring_out import LegRecord, RingOut, string_id
from ringout.domain.status import CallStatus, EndedBy, PartyStatus
from ringout.service.times import iso
from ringout.web.quality_bodies import AudioQuality, audio_quality

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


class CallDiversion(Struct, rename="camel", omit_defaults=True):
    """A number that has sent the call on."""

    phone_number: Annotated[str, Meta(description="As the network writes it")]
    reason: Annotated[str | None, Meta(description="Of RFC 5806, e.g. unconditional, user-busy, no-answer")] = None


class _OnePhone(Struct, rename="camel", omit_defaults=True):
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
    cause: Annotated[int | None, Meta(description="Of the telephone network, ITU-T Q.850, when it gave one")] = None
    cause_text: Annotated[str | None, Meta(description="The name of cause")] = None
    diversions: Annotated[list[CallDiversion], Meta(description="Who sent the call on, the latest first")] = []
    attestation: Annotated[
        str | None, Meta(description="A, B or C: how far the network has vouched for the caller ID (SHAKEN)")
    ] = None
    quality: Annotated[AudioQuality | None, Meta(description="Of the audio, once the call is over")] = None
    label: Annotated[
        str | None, Meta(description="The user's word for the phone, where it is one of several or has no number")
    ] = None


class CallerPhone(_OnePhone):
    """What became of one of the phones that ring for the caller. status: in the words of callerStatus."""

    status: PartyStatus | None = None
    took_call: Annotated[bool | None, Meta(description="true: this phone is the caller")] = None


class Leg(_OnePhone):
    """What happened on one phone. Times are ISO 8601, UTC, milliseconds; absent = has not happened."""

    phones: Annotated[
        list[CallerPhone], Meta(description="Where several ring for the caller: each of them, in the order of the list")
    ] = []


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
    phones = [
        CallerPhone(**_one_phone(phone), status=phone.status, took_call=True if position == leg.taken_by else None)
        for position, phone in enumerate(leg.phones)
    ]
    return Leg(**_one_phone(leg), phones=phones)


def _one_phone(leg: LegRecord) -> dict[str, Any]:
    """The fields of _OnePhone."""
    cause, cause_text, diversions, attestation = _network(leg)
    return {
        "phone_number": leg.number if leg.extension is None else None,
        "extension_number": leg.extension,
        "sip_code": leg.sip_code,
        "sip_reason": leg.sip_reason,
        "explanation": leg.explanation or None,
        "ended_by": leg.ended_by,
        "dialed_time": _time(leg.dialed_at),
        "ringing_time": _time(leg.ringing_at),
        "answered_time": _time(leg.answered_at),
        "ended_time": _time(leg.ended_at),
        "cause": cause,
        "cause_text": cause_text,
        "diversions": diversions,
        "attestation": attestation,
        "quality": audio_quality(leg.quality),
        "label": leg.label or None,
    }


def _network(leg: LegRecord) -> tuple[int | None, str | None, list[CallDiversion], str | None]:
    """cause, causeText, diversions and attestation."""
    named = CAUSES.get(leg.cause) if leg.cause is not None else None
    cause_text = named.name if named is not None else None
    if leg.redirection is None:
        return leg.cause, cause_text, [], None
    # Whoever named a colleague by the extension is not told the numbers behind it.
    shown = leg.redirection.diversions if leg.extension is None else ()
    diversions = [CallDiversion(who.address, who.reason) for who in shown]
    return leg.cause, cause_text, diversions, leg.redirection.attestation


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)
