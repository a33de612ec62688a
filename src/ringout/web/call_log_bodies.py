"""What a line of the call log looks like."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from ringout.domain.account import Extension
from ringout.domain.call_log import CallDirection, CallReason, CallResult, Entry, Verdict, of_leg, talk_seconds
from ringout.domain.ring_out import LegRecord, RingOut, party_id, session_id, string_id
from ringout.domain.status import Party
from ringout.service.call_log import CallLog
from ringout.service.times import iso
from ringout.web.paging import Navigation, Paging
from ringout.web.quality_bodies import AudioQuality, audio_quality


class CallLogView(StrEnum):
    """How much is told: Detailed names the legs as well."""

    SIMPLE = "Simple"
    DETAILED = "Detailed"


class CallType(StrEnum):
    """Every RingOut is Voice."""

    VOICE = "Voice"
    FAX = "Fax"


class CallTransport(StrEnum):
    """Every RingOut is PSTN: both phones are numbers of the telephone network."""

    PSTN = "PSTN"
    VOIP = "VoIP"


class CallAction(StrEnum):
    """Of Outbound and of Inbound entries."""

    RING_OUT = "RingOut Web"
    PHONE_CALL = "Phone Call"


class CallInternalType(StrEnum):
    """Of everything here."""

    RING_OUT = "RingOut"


class CallLegType(StrEnum):
    """The subscriber is the user who placed the RingOut, the caller whoever the user wanted to talk to."""

    TO_SUBSCRIBER = "RingOutWebToSubscriber"
    TO_CALLER = "RingOutWebToCaller"


class CallLogParty(Struct, rename="camel", omit_defaults=True):
    """One side. phoneNumber: E.164."""

    phone_number: str | None = None
    extension_number: str | None = None
    extension_id: str | None = None
    name: str | None = None


class ExtensionInfoCallLog(Struct):
    """Whose call it is."""

    id: int
    uri: str


class _BaseCallLogRecord(Struct, rename="camel", omit_defaults=True, kw_only=True):
    extension: ExtensionInfoCallLog
    telephony_session_id: str
    party_id: str
    transport: CallTransport
    from_: CallLogParty = field(name="from")
    to: CallLogParty
    type: CallType
    direction: CallDirection
    action: CallAction
    result: CallResult
    reason: CallReason | None = None
    reason_description: str | None = None
    start_time: str
    duration: int
    duration_ms: int
    internal_type: CallInternalType
    finished: bool


class CallLogRecordLegInfo(_BaseCallLogRecord, kw_only=True):
    """One phone's part in a call. The master leg is the user's own."""

    leg_type: CallLegType
    master: bool | None = None
    quality: Annotated[AudioQuality | None, Meta(description="Of the audio; RingOut's own field")] = None


class CallLogRecord(_BaseCallLogRecord, kw_only=True):
    """One call as the user sees it. duration: from the answer to the end, in seconds. legs and lastModifiedTime: in the
    view Detailed. Times are ISO 8601, UTC."""

    id: str
    uri: str
    session_id: str
    legs: list[CallLogRecordLegInfo] | None = None
    last_modified_time: str | None = None


class CallLogResponse(Struct):
    """Calls, newest first."""

    uri: str
    records: list[CallLogRecord]
    navigation: Navigation
    paging: Paging


class CallLogSyncType(StrEnum):
    """Full or incremental."""

    FULL = "FSync"
    INCREMENTAL = "ISync"


class CallLogSyncInfo(Struct, rename="camel"):
    """syncToken: for the next request, as it stands."""

    sync_type: CallLogSyncType
    sync_token: str
    sync_time: str


class CallLogSyncResponse(Struct, rename="camel"):
    """FSync: the newest calls. ISync: those that have begun, changed or ended since the token was given."""

    uri: str
    records: list[CallLogRecord]
    sync_info: CallLogSyncInfo


class Scribe:
    """Writes entries down. collection: absolute URL of the call log that is asked; account: of the account."""

    def __init__(self, call_log: CallLog, collection: str, account: str, view: CallLogView) -> None:
        self._call_log = call_log
        self._collection = collection
        self._account = account
        self._view = view
        self._now = call_log.now()

    def record(self, entry: Entry, *, active: bool = False) -> CallLogRecord:
        """active: as in the list of active calls, where the user's side has a name and no number."""
        ring_out, verdict = entry.ring_out, entry.verdict
        milliseconds = round(entry.seconds(self._now) * 1000)
        detailed = self._view is CallLogView.DETAILED
        return CallLogRecord(
            **self._common(ring_out, entry.direction, verdict, active=active),
            id=entry.id,
            uri=f"{self._collection}/{entry.id}?view={self._view}",
            session_id=session_id(ring_out.id, entry.party),
            party_id=party_id(ring_out.id, entry.party),
            start_time=iso(ring_out.created_at),
            duration=milliseconds // 1000,
            duration_ms=milliseconds,
            finished=ring_out.ended_at is not None,
            legs=self._legs(entry, active=active) if detailed else None,
            last_modified_time=iso(_last_change(ring_out)) if detailed else None,
        )

    def _legs(self, entry: Entry, *, active: bool) -> list[CallLogRecordLegInfo]:
        ring_out = entry.ring_out
        legs = [self._leg(entry, Party.CALLER, CallLegType.TO_SUBSCRIBER, active=active)]
        if entry.direction is CallDirection.OUTBOUND and ring_out.callee.dialed_at is not None:
            legs.append(self._leg(entry, Party.CALLEE, CallLegType.TO_CALLER, active=active))
        return legs

    def _leg(self, entry: Entry, party: Party, leg_type: CallLegType, *, active: bool) -> CallLogRecordLegInfo:
        ring_out, leg = entry.ring_out, entry.ring_out.leg(party)
        is_callers = party is Party.CALLER
        verdict = entry.verdict if is_callers and entry.direction is CallDirection.INBOUND else of_leg(ring_out, party)
        milliseconds = round(talk_seconds(leg, self._now) * 1000)
        return CallLogRecordLegInfo(
            **self._common(ring_out, entry.direction, verdict, active=active),
            party_id=party_id(ring_out.id, party),
            start_time=iso(leg.dialed_at or ring_out.created_at),
            duration=milliseconds // 1000,
            duration_ms=milliseconds,
            finished=ring_out.ended_at is not None or leg.ended_at is not None,
            leg_type=leg_type,
            master=True if is_callers else None,
            quality=audio_quality(leg.quality),
        )

    def _common(self, ring_out: RingOut, direction: CallDirection, verdict: Verdict, *, active: bool) -> dict[str, Any]:
        user = self._call_log.user(ring_out)
        return {
            "extension": ExtensionInfoCallLog(
                ring_out.extension_id, f"{self._account}/extension/{ring_out.extension_id}"
            ),
            "telephony_session_id": string_id(ring_out.id),
            "transport": CallTransport.PSTN,
            "from_": _party(None if active else ring_out.caller, user),
            "to": _party(ring_out.callee, self._call_log.colleague(ring_out.account_id, ring_out.callee.number)),
            "type": CallType.VOICE,
            "direction": direction,
            "action": CallAction.RING_OUT if direction is CallDirection.OUTBOUND else CallAction.PHONE_CALL,
            "result": verdict.result,
            "reason": verdict.reason,
            "reason_description": verdict.description,
            "internal_type": CallInternalType.RING_OUT,
        }


def _party(leg: LegRecord | None, extension: Extension | None) -> CallLogParty:
    """leg: whose number is told, None = no number."""
    number = None if leg is None or leg.extension else leg.number
    if extension is None:
        return CallLogParty(number, leg.extension if leg else None)
    return CallLogParty(number, extension.number, str(extension.id), extension.name or None)


def _last_change(ring_out: RingOut) -> float:
    legs = (ring_out.caller, ring_out.callee)
    times = [t for leg in legs for t in (leg.dialed_at, leg.ringing_at, leg.answered_at, leg.ended_at)]
    return max(t for t in (ring_out.created_at, ring_out.ended_at, *times) if t is not None)
