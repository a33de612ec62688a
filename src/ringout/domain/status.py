"""The status values that a client reads, and the rule that derives the call's from its two legs'."""

from __future__ import annotations

from enum import StrEnum


class Party(StrEnum):
    """The two parties of a RingOut. The caller is the user's own phone, dialled first."""

    CALLER = "caller"
    CALLEE = "callee"

    @property
    def other(self) -> Party:
        return Party.CALLEE if self is Party.CALLER else Party.CALLER


class CallStatus(StrEnum):
    """`status.callStatus`."""

    INVALID = "Invalid"
    SUCCESS = "Success"
    IN_PROGRESS = "InProgress"
    CANNOT_REACH = "CannotReach"
    ERROR = "Error"
    NO_ANSWERING_MACHINE = "NoAnsweringMachine"
    NO_SESSION_FOUND = "NoSessionFound"


class PartyStatus(StrEnum):
    """`status.callerStatus` and `status.calleeStatus`."""

    INVALID = "Invalid"
    SUCCESS = "Success"
    IN_PROGRESS = "InProgress"
    BUSY = "Busy"
    GENERIC_ERROR = "GenericError"
    NO_ANSWER = "NoAnswer"
    REJECTED = "Rejected"
    FINISHED = "Finished"
    INTERNATIONAL_DISABLED = "InternationalDisabled"
    DESTINATION_BLOCKED = "DestinationBlocked"
    NOT_ENOUGH_FUNDS = "NotEnoughFunds"
    NO_SUCH_USER = "NoSuchUser"


class EndedBy(StrEnum):
    """Whose side ended a leg or the call."""

    CALLER = "caller"
    CALLEE = "callee"
    USER = "user"  # through the API: DELETE
    NETWORK = "network"  # the trunk, or nothing answered at all
    SERVER = "server"  # a limit or a fault of ours: time up, drain, restart, a media worker that died
