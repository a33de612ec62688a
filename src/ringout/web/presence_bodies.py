"""The JSON of presence, read and written."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from ringout.domain.call_log import CallDirection
from ringout.service.presence import (
    LONGEST_MESSAGE,
    ActiveCall,
    PresenceChange,
    ShownPresence,
    TelephonyStatus,
    UserStatus,
)
from ringout.service.times import iso
from ringout.web.paging import Navigation, Paging

DndStatus = Literal["TakeAllCalls", "DoNotAcceptDepartmentCalls", "TakeDepartmentCallsOnly", "DoNotAcceptAnyCalls"]


class PresenceExtensionInfo(Struct, rename="camel"):
    """Whose presence it is."""

    id: int
    uri: str
    extension_number: str


class ActiveCallSipData(Struct, rename="camel"):
    """What ties a call to SIP: the session alone, since no client takes part in the SIP of a RingOut."""

    rc_session_id: str


class ActiveCallInfo(Struct, rename="camel", omit_defaults=True):
    """One leg of a running RingOut. from and to: E.164 with +, as plain text."""

    id: str
    direction: CallDirection
    queue_call: bool
    from_: str = field(name="from")
    to: str
    start_time: str
    telephony_status: TelephonyStatus
    session_id: str
    telephony_session_id: str
    party_id: str
    from_name: str | None = None
    to_name: str | None = None
    sip_data: ActiveCallSipData | None = None


class PresenceInfoResponse(Struct, rename="camel", omit_defaults=True):
    """What a user is shown as. Of those who do not show it to colleagues there is nothing but Offline."""

    uri: str
    extension: PresenceExtensionInfo
    presence_status: UserStatus
    allow_see_my_presence: bool
    telephony_status: TelephonyStatus | None = None
    user_status: UserStatus | None = None
    dnd_status: DndStatus | None = None
    message: str | None = None
    meeting_status: Literal["Disconnected"] | None = None
    caller_id_visibility: Literal["All"] | None = None
    ring_on_monitored_call: bool | None = None
    pick_up_calls_on_hold: bool | None = None
    accept_call_queue_calls: bool | None = None
    active_calls: list[ActiveCallInfo] | None = None


class AccountPresenceInfo(Struct):
    """What the account's users are shown as."""

    uri: str
    records: list[PresenceInfoResponse]
    navigation: Navigation
    paging: Paging


class PresenceInfoRequest(Struct, rename="camel"):
    """What is not there stays as it is."""

    user_status: UserStatus | None = None
    dnd_status: DndStatus | None = None
    message: Annotated[str, Meta(max_length=LONGEST_MESSAGE)] | None = None
    allow_see_my_presence: bool | None = None

    def read(self) -> PresenceChange:
        return PresenceChange(self.user_status, self.message, self.dnd_status, self.allow_see_my_presence)


def show(presence: ShownPresence, account_uri: str, *, with_calls: bool, with_sip: bool) -> PresenceInfoResponse:
    """account_uri: absolute."""
    extension = presence.extension
    uri = f"{account_uri}/extension/{extension.id}"
    owner = PresenceExtensionInfo(extension.id, uri, extension.number)
    body = PresenceInfoResponse(f"{uri}/presence", owner, presence.status, extension.shows_presence)
    if presence.hidden:
        return body
    body.telephony_status = presence.telephony
    body.user_status = UserStatus(extension.user_status)
    body.dnd_status = extension.dnd_status  # type: ignore[assignment]  # only what was read as one is stored
    body.message = extension.status_message or None
    body.meeting_status = "Disconnected"
    body.caller_id_visibility = "All"
    body.ring_on_monitored_call = body.pick_up_calls_on_hold = body.accept_call_queue_calls = False
    if with_calls and presence.calls is not None:
        body.active_calls = [_call(call, with_sip) for call in presence.calls]
    return body


def _call(call: ActiveCall, with_sip: bool) -> ActiveCallInfo:
    return ActiveCallInfo(
        call.party_id,
        call.direction,
        False,
        call.from_number,
        call.to_number,
        iso(call.started_at),
        call.status,
        call.session_id,
        call.telephony_session_id,
        call.party_id,
        call.from_name or None,
        call.to_name or None,
        ActiveCallSipData(call.session_id) if with_sip else None,
    )
