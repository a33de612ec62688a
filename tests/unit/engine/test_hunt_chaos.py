"""Three phones of the user and a callee that do whatever phones may do, in any order: what must hold all the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from fakes.engine_media import Media
from fakes.engine_phones import Session
from fakes.engine_world import PLAN, Stage
from ringout.config import CallConfig
from ringout.domain.plan import Phone
from ringout.domain.status import Party
from ringout.engine.stored_sessions import unpack
from ringout.sip.reason import COMPLETED_ELSEWHERE

NUMBERS = ("+16505550101", "+16505550103", "+16505550104")
CALL = CallConfig(prompt_attempts=2, prompt_wait_seconds=5, max_call_seconds=300)
ROUNDS = 40

Action = Callable[[], object]


def what_a_phone_may_do(session: Session) -> Iterator[Action]:
    """As the user agent would report it: nothing after its end, nothing but the end once it was hung up."""
    if session.state == "terminated":
        return
    if session.hung_up:
        yield session.confirms
        return
    if session.state != "confirmed":
        yield session.rings
        yield session.answers
        yield lambda: session.answers(b"no sdp")
        for code in (486, 503, 603):
            yield lambda code=code: session.fails(code)  # type: ignore[misc]
        yield lambda: session.fails(408, "", "timeout")
    else:
        yield session.hangs_up
        yield lambda: session.is_lost("gone")
        yield lambda: session.sends_info(b"Signal=1\r\n")


def what_a_media_session_may_do(media: Media) -> Iterator[Action]:
    if media.closed:
        return
    for digit in "19":
        yield lambda digit=digit: media.tell.digit_pressed(Party.CALLER, digit)  # type: ignore[misc]
    yield lambda: media.tell.sounds_played(Party.CALLER)
    yield lambda: media.tell.media_silent(Party.CALLER, 60)
    yield lambda: media.tell.media_started(Party.CALLER)
    yield lambda: media.tell.media_failed("It died.")


def check(stage: Stage) -> None:
    callee = [s for s in stage.agent.sessions if s.name == PLAN.callee_number]
    assert len(callee) <= 1
    row = stage.store.rows[-1]
    if row.caller.taken_by is None:
        assert not callee, "nobody is called before one of the phones is the caller"
    bridged = [media for media in stage.room.opened if "bridge" in media.log]
    assert len(bridged) <= 1
    stored = {line.split()[0].decode() for line in unpack(row.caller.dialog or b"")}
    up = {s.name for s in stage.agent.sessions if s.owner is not None} - {PLAN.callee_number}  # None: given up
    assert up <= stored, "a crash now would leave a phone ringing"
    for session in stage.agent.sessions:
        if session.hang_up_reason is not None:
            assert session.hang_up_reason == COMPLETED_ELSEWHERE
            assert row.caller.taken_by is not None


def live(seed: int, turns: tuple[int, ...], *, play_prompt: bool) -> Stage:
    dice = random.Random(seed)
    phones = tuple(Phone(number, turn=turn) for number, turn in zip(NUMBERS, turns, strict=True))
    stage = Stage(call=CALL)
    stage.place(replace(PLAN, caller_phones=phones, play_prompt=play_prompt))
    for _ in range(ROUNDS):
        actions: list[Action] = [lambda: stage.world.pass_seconds(dice.choice((0.1, 6.0, 50.0)))]
        for session in stage.agent.sessions:
            actions += what_a_phone_may_do(session)
        for media in stage.room.opened:
            actions += what_a_media_session_may_do(media)
        if dice.random() < 0.02:
            actions = [lambda: stage.node.cancel(1)]
        dice.choice(actions)()
        check(stage)
    return stage


@pytest.mark.parametrize("play_prompt", [False, True], ids=["unasked", "asked"])
@pytest.mark.parametrize("turns", [(0, 0, 0), (0, 1, 2), (0, 1, 1)], ids=["at once", "in order", "in groups"])
def test_any_life_ends_with_nothing_left(turns: tuple[int, ...], play_prompt: bool) -> None:
    taken = 0
    for seed in range(60):
        stage = live(seed, turns, play_prompt=play_prompt)
        stage.world.pass_seconds(1000)
        for session in stage.agent.sessions:
            if session.state != "terminated" and session.hung_up:
                session.confirms()
        stage.world.pass_seconds(1000)
        row = stage.store.rows[-1]
        assert row.ended_at is not None, seed
        assert (stage.node.live, stage.world.running) == (0, []), seed
        assert all(media.closed for media in stage.room.opened), seed
        assert all(s.hung_up or s.state == "terminated" for s in stage.agent.sessions), seed
        assert row.status != "Error" or "failed: it died" in row.explanation, (seed, row.explanation)
        taken += row.caller.taken_by is not None
    assert taken, "some of these lives must have had a caller"
