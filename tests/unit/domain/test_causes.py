"""Q.850 causes: what they mean for a leg, and which SIP codes give way to them."""

from __future__ import annotations

import pytest

from ringout.domain.causes import CAUSES, VAGUE, cause_words, with_cause
from ringout.domain.outcomes import EXACT, outcome_of, row_for
from ringout.domain.status import Party, PartyStatus


@pytest.mark.parametrize("code", [486, 480, 500, 503, 499])
def test_every_cause_reads_well_beside_every_kind_of_code(code: int) -> None:
    for cause in range(1, 128):
        outcome = outcome_of(Party.CALLEE, code, "Whatever", cause)
        assert outcome.cause == cause
        assert outcome.explanation.startswith("The callee's ")
        assert f"({code} Whatever, Q.850 cause {cause}" in outcome.explanation
        assert outcome.explanation.endswith(").")
        assert outcome.status not in (PartyStatus.IN_PROGRESS, PartyStatus.SUCCESS, PartyStatus.FINISHED)


@pytest.mark.parametrize(
    ("code", "cause", "status", "by", "words"),
    [
        (480, 17, "Busy", "callee", "phone is busy (480, Q.850 cause 17: user busy)"),
        (500, 17, "Busy", "callee", "phone is busy"),
        (503, 17, "Busy", "callee", "phone is busy"),
        (503, 1, "NoSuchUser", "network", "number does not exist"),
        (500, 34, "GenericError", "network", "the network has no free line"),
        (480, 19, "NoAnswer", "callee", "nobody answered"),
        (480, 20, "NoAnswer", "callee", "switched off"),
        (403, 21, "Rejected", "callee", "declined"),
        (403, 57, "DestinationBlocked", "network", "may not be called"),
        (487, 17, "Busy", "callee", "phone is busy"),
        (599, 17, "Busy", "callee", "phone is busy"),
        # These codes say what they mean, whatever a gateway puts beside them.
        (486, 34, "Busy", "callee", "phone is busy (486, Q.850 cause 34: no circuit available)"),
        (404, 17, "NoSuchUser", "network", "number does not exist"),
        (603, 16, "Rejected", "callee", "declined"),
        # And these causes say nothing.
        (480, 16, "NoAnswer", "callee", "not available"),
        (503, 31, "GenericError", "network", "out of service"),
        (500, 127, "GenericError", "network", "an error in the network"),
        (500, 126, "GenericError", "network", "an error in the network"),
    ],
)
def test_the_cause_decides_where_the_code_is_vague(code: int, cause: int, status: str, by: str, words: str) -> None:
    outcome = outcome_of(Party.CALLEE, code, "", cause)
    assert (outcome.status, outcome.ended_by) == (status, by)
    assert words in outcome.explanation


def test_every_cause_has_a_name_and_a_sentence_or_none() -> None:
    for number, cause in CAUSES.items():
        assert 0 < number < 128
        assert cause.name
        assert bool(cause.what) is (cause.status is not None), number
        assert row_for(480, number).source


def test_vague_codes_are_known_codes() -> None:
    assert set(EXACT) >= VAGUE


def test_words() -> None:
    assert cause_words(17) == "Q.850 cause 17: user busy"
    assert cause_words(120) == "Q.850 cause 120"
    assert with_cause("The callee hung up.", None) == "The callee hung up."
    assert with_cause("The callee hung up.", 16) == "The callee hung up."
    assert with_cause("The callee hung up.", 41) == "The callee hung up (Q.850 cause 41: temporary failure)."
