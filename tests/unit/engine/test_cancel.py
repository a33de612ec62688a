"""DELETE at every moment of a RingOut's life, and answers that cross the CANCEL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fakes.engine_world import PLAN, Stage
from ringout.domain.status import EndedBy

PROMPTED = replace(PLAN, play_prompt=True)


def before_any_response(stage: Stage) -> None:
    stage.place()


def while_the_caller_rings(stage: Stage) -> None:
    stage.place()
    stage.caller.rings()


def during_the_prompt(stage: Stage) -> None:
    stage.place(PROMPTED)
    stage.caller.answers()


def during_the_goodbye(stage: Stage) -> None:
    stage.place(PROMPTED)
    stage.caller.answers()
    for _ in range(3):
        stage.media.tell.digit_pressed(stage.node._calls[1].caller.party, "9")


def before_the_callee_responds(stage: Stage) -> None:
    stage.place()
    stage.caller.answers()


def while_the_callee_rings(stage: Stage) -> None:
    before_the_callee_responds(stage)
    stage.callee.rings()


def when_connected(stage: Stage) -> None:
    while_the_callee_rings(stage)
    stage.callee.answers()


MOMENTS: list[tuple[Callable[[Stage], None], str, list[str]]] = [
    (before_any_response, "Rejected Rejected CannotReach", ["CANCEL +16505550101"]),
    (while_the_caller_rings, "Rejected Rejected CannotReach", ["CANCEL +16505550101"]),
    (during_the_prompt, "Rejected Rejected CannotReach", ["BYE +16505550101"]),
    (during_the_goodbye, "Rejected Rejected CannotReach", ["BYE +16505550101"]),
    (before_the_callee_responds, "Finished Rejected CannotReach", ["BYE +16505550101", "CANCEL +16505550202"]),
    (while_the_callee_rings, "Finished Rejected CannotReach", ["BYE +16505550101", "CANCEL +16505550202"]),
    (when_connected, "Finished Finished Success", ["BYE +16505550101", "BYE +16505550202"]),
]


@pytest.mark.parametrize(("moment", "statuses", "sent"), MOMENTS, ids=[m[0].__name__ for m in MOMENTS])
def test_cancel(moment: Callable[[Stage], None], statuses: str, sent: list[str]) -> None:
    stage = Stage()
    moment(stage)
    before = len(stage.agent.log)
    rows = len(stage.store.rows)
    assert stage.node.cancel(1)
    assert sorted(stage.agent.log[before:]) == sent
    assert len(stage.store.rows) == rows + 1, "the row is queued in the same turn"
    assert stage.media.closed
    assert stage.statuses == statuses
    assert stage.row.ended_by is EndedBy.USER
    assert not stage.node.cancel(1), "it is already ending"
    for session in stage.agent.sessions:
        session.confirms()
    assert stage.is_quiet()
    assert stage.statuses == statuses
    assert not stage.node.cancel(1)


def test_cancel_of_an_unknown_call() -> None:
    assert not Stage().node.cancel(77)


def test_callee_answers_at_the_moment_of_the_cancel() -> None:
    stage = Stage()
    while_the_callee_rings(stage)
    stage.node.cancel(1)
    stage.callee.answers()
    assert stage.statuses == "Finished Rejected CannotReach"
    assert "bridge" not in stage.media.log
    stage.callee.hung_up = False
    stage.callee.log.append("BYE")
    stage.callee.confirms()
    stage.caller.confirms()
    assert stage.is_quiet()


def test_caller_answers_at_the_moment_of_the_cancel() -> None:
    stage = Stage()
    while_the_caller_rings(stage)
    stage.node.cancel(1)
    stage.caller.answers()
    assert stage.agent.log == ["INVITE +16505550101", "CANCEL +16505550101"]
    stage.caller.hangs_up()
    assert stage.statuses == "Rejected Rejected CannotReach"
    assert stage.is_quiet()


def test_callee_turns_busy_at_the_moment_of_the_cancel() -> None:
    stage = Stage()
    while_the_callee_rings(stage)
    stage.node.cancel(1)
    stage.callee.fails(486, "Busy Here", "cancelled")
    stage.caller.confirms()
    assert stage.statuses == "Finished Rejected CannotReach"
    assert stage.is_quiet()


def test_bye_crosses_bye() -> None:
    stage = Stage()
    when_connected(stage)
    stage.node.cancel(1)
    stage.caller.hangs_up()
    stage.callee.hangs_up()
    assert stage.statuses == "Finished Finished Success"
    assert stage.row.ended_by is EndedBy.USER
    assert stage.is_quiet()


def test_dialogs_are_stored_with_the_invite_and_the_answer_and_gone_at_the_end() -> None:
    stage = Stage()
    stage.place()
    assert stage.store.rows[-1].caller.dialog == b"+16505550101 calling"
    stage.caller.answers()
    row = stage.store.rows[-1]
    assert (row.caller.dialog, row.callee.dialog) == (b"+16505550101 confirmed", b"+16505550202 calling")
    stage.callee.answers()
    assert stage.store.rows[-1].callee.dialog == b"+16505550202 confirmed"
    stage.node.cancel(1)
    stage.caller.confirms()
    assert stage.row.caller.dialog is None
    assert stage.row.callee.dialog is not None
    stage.callee.confirms()
    assert stage.row.callee.dialog is None
