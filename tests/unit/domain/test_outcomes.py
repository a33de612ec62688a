"""SIP final codes and transport failures as leg statuses."""

from __future__ import annotations

import pytest

from ringout.domain.outcomes import CLASSES, EXACT, outcome_of, row_for, timeout_outcome, transport_outcome
from ringout.domain.status import EndedBy, Party, PartyStatus


@pytest.mark.parametrize("party", Party)
def test_every_final_code_has_an_end_a_side_and_a_sentence(party: Party) -> None:
    for code in range(300, 700):
        outcome = outcome_of(party, code, "Whatever")
        assert outcome.status not in (PartyStatus.IN_PROGRESS, PartyStatus.SUCCESS, PartyStatus.FINISHED)
        assert outcome.code == code
        assert outcome.explanation.startswith(f"The {party.value}'s ")
        assert outcome.explanation.endswith(f" ({code} Whatever).")
        other = EndedBy.CALLEE if party is Party.CALLER else EndedBy.CALLER
        assert outcome.ended_by not in (other, EndedBy.USER)


@pytest.mark.parametrize(
    ("code", "status", "by"),
    [
        (402, "NotEnoughFunds", "network"),
        (403, "DestinationBlocked", "network"),
        (404, "NoSuchUser", "network"),
        (408, "NoAnswer", "network"),
        (410, "NoSuchUser", "network"),
        (480, "NoAnswer", "callee"),
        (484, "NoSuchUser", "network"),
        (486, "Busy", "callee"),
        (487, "NoAnswer", "network"),
        (488, "GenericError", "callee"),
        (500, "GenericError", "network"),
        (503, "GenericError", "network"),
        (600, "Busy", "callee"),
        (603, "Rejected", "callee"),
        (604, "NoSuchUser", "network"),
        (401, "GenericError", "server"),
    ],
)
def test_the_codes_that_matter(code: int, status: str, by: str) -> None:
    outcome = outcome_of(Party.CALLEE, code, "")
    assert (outcome.status, outcome.ended_by) == (status, by)


def test_unknown_codes_go_by_their_class() -> None:
    assert row_for(399) is CLASSES[3]
    assert row_for(499) is CLASSES[4]
    assert row_for(599) is CLASSES[5]
    assert row_for(699) is CLASSES[6]
    assert row_for(0) is row_for(700) is CLASSES[5]


def test_every_row_names_its_source() -> None:
    assert all(row.source and row.what for row in (*EXACT.values(), *CLASSES.values()))


def test_sentence_without_a_phrase_and_local_failures() -> None:
    assert outcome_of(Party.CALLEE, 486, "").explanation == "The callee's phone is busy (486)."
    assert timeout_outcome(Party.CALLER).explanation == "The caller's phone never responded."
    assert transport_outcome(Party.CALLER).code == 503
