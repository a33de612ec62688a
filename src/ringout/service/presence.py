"""Whether users are there, and their running RingOuts as the calls that clients show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ringout.domain.account import Extension, Principal, by_number
from ringout.domain.call_log import CallDirection
from ringout.domain.errors import BadParameter
from ringout.domain.ring_out import RingOut, party_id, session_id, string_id
from ringout.domain.status import Party
from ringout.service.accounts import Accounts
from ringout.service.ports import RingOutStore

LONGEST_MESSAGE = 75


class UserStatus(StrEnum):
    """What a user, or the sum of everything, is shown as."""

    OFFLINE = "Offline"
    BUSY = "Busy"
    AVAILABLE = "Available"


class TelephonyStatus(StrEnum):
    """Whether somebody is on the phone."""

    NO_CALL = "NoCall"
    RINGING = "Ringing"
    CONNECTED = "CallConnected"


@dataclass(frozen=True, slots=True)
class ActiveCall:
    """One leg of a running RingOut. Numbers are E.164 with +; names "" when not known; started_at: epoch seconds."""

    direction: CallDirection
    status: TelephonyStatus
    from_number: str
    to_number: str
    from_name: str
    to_name: str
    session_id: str
    telephony_session_id: str
    party_id: str
    started_at: float


@dataclass(frozen=True, slots=True)
class PresenceChange:
    """As sent. None = as it is."""

    user_status: str | None = None
    message: str | None = None
    dnd_status: str | None = None
    shows_presence: bool | None = None


@dataclass(frozen=True, slots=True)
class ShownPresence:
    """What one user is shown as. calls: None for colleagues, whose calls are nobody else's business. hidden: the user
    shows nothing to the asker."""

    extension: Extension
    status: UserStatus
    telephony: TelephonyStatus
    calls: Sequence[ActiveCall] | None
    hidden: bool = False


class Presence:
    """The use cases."""

    def __init__(self, accounts: Accounts, store: RingOutStore) -> None:
        self._accounts = accounts
        self._store = store

    def own(self, principal: Principal) -> ShownPresence:
        extension = self._accounts.extension(principal.extension_id)
        return _shown(extension, self._live().get(extension.id, []), is_own=True)

    def of_account(self, principal: Principal) -> list[ShownPresence]:
        """All enabled users, by extension number."""
        users = [e for e in self._accounts.extensions(principal.account_id) if e.enabled]
        users.sort(key=by_number)
        live = self._live()
        return [_shown(e, live.get(e.id, []), is_own=e.id == principal.extension_id) for e in users]

    async def change(self, principal: Principal, wanted: PresenceChange) -> ShownPresence:
        """What is shown afterwards; durable. Raises BadParameter."""
        message = wanted.message
        if message is not None and (len(message) > LONGEST_MESSAGE or not message.isprintable()):
            raise BadParameter("message", message)

        def changed(old: Extension) -> Extension:
            return replace(
                old,
                user_status=wanted.user_status or old.user_status,
                status_message=old.status_message if message is None else message.strip(),
                dnd_status=wanted.dnd_status or old.dnd_status,
                shows_presence=old.shows_presence if wanted.shows_presence is None else wanted.shows_presence,
            )

        await self._accounts.change_extension(principal.extension_id, changed)
        return self.own(principal)

    def _live(self) -> dict[int, list[RingOut]]:
        """The running RingOuts by extension, oldest first."""
        found: dict[int, list[RingOut]] = {}
        for ring_out in self._store.live():
            found.setdefault(ring_out.extension_id, []).append(ring_out)
        return found


def _shown(extension: Extension, live: Sequence[RingOut], *, is_own: bool) -> ShownPresence:
    if not is_own and not extension.shows_presence:
        return ShownPresence(extension, UserStatus.OFFLINE, TelephonyStatus.NO_CALL, None, hidden=True)
    calls = [call for ring_out in live for call in active_calls(ring_out, extension)]
    telephony = TelephonyStatus.NO_CALL
    if calls:
        answered = any(call.status is TelephonyStatus.CONNECTED for call in calls)
        telephony = TelephonyStatus.CONNECTED if answered else TelephonyStatus.RINGING
    status = UserStatus(extension.user_status)
    if calls and status is UserStatus.AVAILABLE:
        status = UserStatus.BUSY
    return ShownPresence(extension, status, telephony, calls if is_own else None)


def active_calls(ring_out: RingOut, extension: Extension) -> list[ActiveCall]:
    """A RingOut as clients expect it: an outbound call of the user's phone to the callee, and the call that rings the
    user's phone as an inbound one from the callee. Clients know the pair by their sessionIds and swapped numbers, and
    show one call. A leg that has ended is left out."""
    own, other = (leg.extension or leg.number for leg in (ring_out.caller, ring_out.callee))
    outbound = (CallDirection.OUTBOUND, Party.CALLEE, own, other, extension.name, "")
    inbound = (CallDirection.INBOUND, Party.CALLER, other, own, "", extension.name)
    return [
        ActiveCall(
            direction,
            _telephony(ring_out, party),
            from_number,
            to_number,
            from_name,
            to_name,
            session_id(ring_out.id, party),
            string_id(ring_out.id),
            party_id(ring_out.id, party),
            ring_out.created_at,
        )
        for direction, party, from_number, to_number, from_name, to_name in (outbound, inbound)
        if ring_out.leg(party).ended_at is None
    ]


def _telephony(ring_out: RingOut, party: Party) -> TelephonyStatus:
    leg = ring_out.leg(party)
    return TelephonyStatus.RINGING if leg.answered_at is None else TelephonyStatus.CONNECTED
