"""One answer of GET, as the display needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_FAILED = ("CannotReach", "Error", "NoAnsweringMachine", "NoSessionFound", "Invalid")


@dataclass(frozen=True, slots=True)
class Lane:
    """One party. number: with the user's word for that phone where there is one; status: the API's word; sentence: the
    API's explanation, "" when it has none yet."""

    number: str
    status: str
    sentence: str
    dialed: bool
    ringing: bool
    answered: bool
    ended: bool = False

    @property
    def state(self) -> str:
        """A few words on where this party is."""
        if self.status == "Finished" or (self.status == "Success" and self.ended):
            return "hung up"
        if self.status == "Success":
            return "on the phone"
        if self.status != "InProgress":
            return self.status
        if self.answered:
            return "answered, asked for a 1"
        return "ringing" if self.ringing else "calling" if self.dialed else "waiting"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The RingOut at one moment."""

    id: str
    call_status: str
    sentence: str
    you: Lane
    them: Lane

    @property
    def joined(self) -> bool:
        """Both parties talk, or have talked, to each other."""
        return self.call_status == "Success"

    @property
    def ended(self) -> bool:
        return self.call_status in _FAILED or (self.joined and self.you.status == "Finished")


def read_snapshot(body: dict[str, Any]) -> Snapshot:
    """body: the JSON of POST or GET. Fields that only this server sends may be missing."""
    status = _object(body.get("status"))
    return Snapshot(
        str(body.get("id", "")),
        str(status.get("callStatus", "Invalid")),
        str(status.get("explanation") or ""),
        _lane(_object(status.get("caller")), str(status.get("callerStatus", "Invalid"))),
        _lane(_object(status.get("callee")), str(status.get("calleeStatus", "Invalid"))),
    )


def _lane(leg: dict[str, Any], status: str) -> Lane:
    number, label = str(leg.get("phoneNumber") or leg.get("extensionNumber") or ""), leg.get("label")
    return Lane(
        f"{number} ({label})" if label and number else str(label or number),
        status,
        str(leg.get("explanation") or ""),
        bool(leg.get("dialedTime")),
        bool(leg.get("ringingTime")),
        bool(leg.get("answeredTime")),
        bool(leg.get("endedTime")),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
