"""When the digits for after the answer are sent, and when no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fakes.engine_world import PLAN, Stage
from ringout.domain.status import Party


def connected(post_dial: str) -> Stage:
    stage = Stage()
    stage.place(replace(PLAN, post_dial=post_dial))
    stage.caller.answers()
    stage.callee.rings()
    assert not sent(stage)
    stage.callee.answers()
    return stage


def sent(stage: Stage) -> list[str]:
    return [text for text in stage.media.log if text.startswith("send ")]


def test_one_after_another_once_the_two_are_joined() -> None:
    stage = connected("1,#A")
    assert stage.media.log[-1] == "bridge"
    stage.world.pass_seconds(0.4)
    assert sent(stage) == []  # the other side has a moment to listen
    stage.world.pass_seconds(0.2)
    assert sent(stage) == ["send callee 1"]
    stage.world.pass_seconds(2.0)
    assert sent(stage) == ["send callee 1"]  # the pause
    stage.world.pass_seconds(0.5)
    assert sent(stage) == ["send callee 1", "send callee #", "send callee A"]
    stage.world.pass_seconds(60)
    assert len(sent(stage)) == 3
    assert stage.statuses == "Success Success Success"
    stage.caller.hangs_up()
    stage.callee.confirms()
    assert stage.is_quiet()


def test_none_without_an_answer() -> None:
    stage = Stage()
    stage.place(replace(PLAN, post_dial="12"))
    stage.caller.answers()
    stage.world.pass_seconds(5)
    stage.callee.fails(486, "Busy Here")
    stage.world.pass_seconds(5)
    assert sent(stage) == []


@pytest.mark.parametrize(
    "end",
    [
        lambda stage: stage.caller.hangs_up(),
        lambda stage: stage.callee.hangs_up(),
        lambda stage: stage.node.cancel(1),
        lambda stage: stage.media.tell.media_failed("Gone."),
    ],
)
def test_no_more_once_the_call_ends(end: Callable[[Stage], None]) -> None:
    stage = connected("1" * 20)
    stage.world.pass_seconds(1.0)
    before = sent(stage)
    assert before
    end(stage)
    for session in stage.agent.sessions:
        if session.hung_up and session.state != "terminated":
            session.confirms()
    assert stage.is_quiet()  # nor is there a timer left
    stage.world.pass_seconds(1.0)
    assert sent(stage) == before


def test_a_failure_of_our_own_ends_the_call() -> None:
    stage = connected("12")
    stage.media.fails_at = "send"
    stage.world.pass_seconds(1.0)
    assert stage.row.status == "Error"
    for session in stage.agent.sessions:
        if session.hung_up and session.state != "terminated":
            session.confirms()
    assert stage.is_quiet()


def test_keys_that_the_parties_press_meanwhile_go_their_own_way() -> None:
    stage = connected("1,2")
    stage.world.pass_seconds(1.0)
    stage.media.tell.digit_pressed(Party.CALLER, "7")
    stage.world.pass_seconds(3.0)
    assert sent(stage) == ["send callee 1", "send callee 2"]
