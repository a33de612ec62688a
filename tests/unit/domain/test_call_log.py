"""How a RingOut reads in the call log."""

from typing import Any

import pytest

from ringout.domain.call_log import CallDirection, Entry, of_call, of_leg, parse_entry_id
from ringout.domain.ring_out import LegRecord, RingOut
from ringout.domain.status import CallStatus, EndedBy, Party, PartyStatus

S = PartyStatus
UP = {"status": S.FINISHED, "sip_code": 200, "answered_at": 3.0, "ended_at": 9.0}


def ring_out(caller: dict[str, Any], callee: dict[str, Any] | None = None, **fields: Any) -> RingOut:
    told = {"status": CallStatus.CANNOT_REACH, "ended_at": 9.0, "explanation": "Why.", **fields}
    return RingOut(5, 1, 2, "n", LegRecord("+1", **caller), LegRecord("+2", **(callee or {})), None, False, 1.0, **told)


def failed(status: PartyStatus, ended_by: EndedBy = EndedBy.NETWORK, **more: Any) -> dict[str, Any]:
    return {"status": status, "ended_by": ended_by, "ended_at": 9.0, **more}


# caller, callee -> result and reason of the whole call
HOW: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("callee busy", UP, failed(S.BUSY), "Busy", "Line Busy"),
    ("callee silent", UP, failed(S.NO_ANSWER), "No Answer", "Not Answered"),
    ("callee declines", UP, failed(S.REJECTED, EndedBy.CALLEE, sip_code=603), "Rejected", "Calls Not Accepted"),
    ("a filter declines", UP, failed(S.REJECTED, sip_code=608), "Rejected", "Calls Not Accepted"),
    ("caller gone before", UP, failed(S.REJECTED, EndedBy.CALLER, sip_code=180), "Hang Up", "Hang Up"),
    ("cancelled", failed(S.REJECTED, EndedBy.USER), failed(S.REJECTED, EndedBy.USER), "Hang Up", "Hang Up"),
    ("caller's phone lost", UP, failed(S.REJECTED, EndedBy.NETWORK), "Call Failed", "Failed Try Again"),
    ("caller's phone silent", UP, failed(S.REJECTED, EndedBy.SERVER), "Call Failed", "Failed Try Again"),
    ("no such callee", UP, failed(S.NO_SUCH_USER), "Wrong Number", "Wrong Number"),
    ("callee blocked", UP, failed(S.DESTINATION_BLOCKED), "Restricted Number", "Restricted Number"),
    ("callee abroad", UP, failed(S.INTERNATIONAL_DISABLED), "International Disabled", "International Disabled"),
    ("no money", UP, failed(S.NOT_ENOUGH_FUNDS), "No Calling Credit", "No Credit"),
    ("network's fault", UP, failed(S.GENERIC_ERROR), "Call Failed", "Failed Try Again"),
    ("our fault", UP, failed(S.GENERIC_ERROR, EndedBy.SERVER), "Internal Error", "Internal Error"),
    ("state unknown", failed(S.INVALID, EndedBy.SERVER), {}, "Internal Error", "Internal Error"),
    ("caller silent", failed(S.NO_ANSWER), {}, "No Answer", "No Answer"),
    ("caller busy", failed(S.BUSY), {}, "Busy", "Line Busy"),
    ("caller declines", failed(S.REJECTED, EndedBy.CALLER, sip_code=603), {}, "Rejected", "Calls Not Accepted"),
    ("no 1 pressed", failed(S.NO_ANSWER, answered_at=2.0), {}, "Answered Not Accepted", "Connected"),
    ("hung up at the prompt", failed(S.REJECTED, EndedBy.CALLER, sip_code=200), {}, "Hang Up", "Hang Up"),
    ("caller let go", {**UP, "status": S.SUCCESS}, failed(S.BUSY), "Busy", "Line Busy"),
]


@pytest.mark.parametrize(
    ("caller", "callee", "result", "reason"), [row[1:] for row in HOW], ids=[row[0] for row in HOW]
)
def test_the_whole_call(caller: dict[str, Any], callee: dict[str, Any], result: str, reason: str) -> None:
    verdict = of_call(ring_out(caller, callee))
    assert (verdict.result, verdict.reason, verdict.description) == (result, reason, "Why.")


@pytest.mark.parametrize("status", list(PartyStatus))
@pytest.mark.parametrize("party", list(Party))
@pytest.mark.parametrize("ended_by", [None, *EndedBy])
def test_every_end_of_a_leg_has_words(status: PartyStatus, party: Party, ended_by: EndedBy | None) -> None:
    leg = {"status": status, "ended_by": ended_by, "ended_at": 9.0}
    made = ring_out(leg, UP) if party is Party.CALLER else ring_out(UP, leg)
    assert of_leg(made, party).reason is not None
    assert of_call(made).reason is not None


def test_the_result_is_known_while_the_other_phone_is_hung_up() -> None:
    made = ring_out({**UP, "ended_at": None}, failed(S.BUSY), ended_at=None)
    assert of_call(made).result == "Busy"
    assert Entry(made, CallDirection.INBOUND).verdict.result == "In Progress"


@pytest.mark.parametrize("connected", [False, True])
def test_a_call_that_lasts_is_in_progress(connected: bool) -> None:
    leg = {"status": S.SUCCESS, "answered_at": 3.0} if connected else {}
    made = ring_out(leg, leg, ended_at=None, status=CallStatus.SUCCESS if connected else CallStatus.IN_PROGRESS)
    for direction in CallDirection:
        verdict = Entry(made, direction).verdict
        assert (verdict.result, verdict.reason, verdict.description) == ("In Progress", None, None)


@pytest.mark.parametrize(
    ("caller", "callee", "status", "outbound", "inbound"),
    [
        (UP, UP, CallStatus.SUCCESS, "Call connected", "Accepted"),
        (failed(S.NO_ANSWER), {}, CallStatus.CANNOT_REACH, "No Answer", "Missed"),
        (failed(S.BUSY), {}, CallStatus.CANNOT_REACH, "Busy", "Busy"),
        (UP, failed(S.BUSY), CallStatus.CANNOT_REACH, "Busy", "Accepted"),
    ],
)
def test_the_two_entries(
    caller: dict[str, Any], callee: dict[str, Any], status: CallStatus, outbound: str, inbound: str
) -> None:
    made = ring_out(caller, callee, status=status)
    assert Entry(made, CallDirection.OUTBOUND).verdict.result == outbound
    assert Entry(made, CallDirection.INBOUND).verdict.result == inbound


@pytest.mark.parametrize(
    ("leg", "seconds"),
    [
        ({}, 0.0),
        ({"ended_at": 9.0}, 0.0),
        ({"answered_at": 3.0}, 97.0),
        ({"answered_at": 3.0, "ended_at": 9.5}, 6.5),
        ({"answered_at": 3.0, "ended_at": 2.0}, 0.0),  # the clock was set back meanwhile
    ],
)
def test_talking_is_counted_from_the_answer(leg: dict[str, Any], seconds: float) -> None:
    assert Entry(ring_out({}, leg), CallDirection.OUTBOUND).seconds(100.0) == seconds
    assert Entry(ring_out(leg), CallDirection.INBOUND).seconds(100.0) == seconds


def test_ids_of_entries_lead_back() -> None:
    ids = set()
    for direction in CallDirection:
        entry = Entry(ring_out({}), direction)
        assert parse_entry_id(entry.id) == (5, direction)
        ids.add(entry.id)
    assert len(ids) == 2


@pytest.mark.parametrize("text", ["", "-", "5", "5-1", "00000000000005", "00000000000005-", "00000000000005-3", "x-1"])
def test_other_texts_are_no_ids(text: str) -> None:
    assert parse_entry_id(text) is None
