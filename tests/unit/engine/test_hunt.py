"""Several of the user's phones, in order and at once: which one becomes the caller, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fakes.engine_phones import phone_answer
from fakes.engine_world import PLAN, Stage
from fakes.ringing import ASKED, ASKED_IN_ORDER, AT_ONCE, CALLER, DESK, HOME, IN_ORDER, MOBILE, PHONES, Ringing
from ringout.config import MediaConfig
from ringout.domain.plan import CallPlan, Phone
from ringout.domain.status import EndedBy
from ringout.sip.reason import COMPLETED_ELSEWHERE


def test_all_ring_at_once_and_the_first_that_answers_is_the_caller() -> None:
    stage = Ringing()
    assert stage.agent.log == [f"INVITE {DESK}", f"INVITE {MOBILE}", f"INVITE {HOME}"]
    stage.phone(DESK).rings()
    assert stage.row.caller.explanation == "The caller's phone is ringing."
    stage.phone(MOBILE).rings()
    stage.phone(MOBILE).answers()
    assert sorted(stage.agent.log[3:]) == [f"CANCEL {DESK}", f"CANCEL {HOME}", f"INVITE {PLAN.callee_number}"]
    assert {stage.phone(n).hang_up_reason for n in (DESK, HOME)} == {COMPLETED_ELSEWHERE}
    assert stage.statuses == "Success InProgress InProgress"
    caller = stage.row.caller
    assert (caller.number, caller.label, caller.taken_by) == (MOBILE, "Mobile", 1)
    assert (stage.sound(DESK).closed, stage.sound(MOBILE).closed) == (True, False)
    stage.callee.rings()
    assert stage.sound(MOBILE).log[-1] == "ringback caller us"
    stage.callee.answers()
    assert stage.sound(MOBILE).log[-2:] == ["connect callee", "bridge"]
    for number in (DESK, HOME):
        stage.phone(number).confirms()
    stage.callee.hangs_up()
    stage.phone(MOBILE).confirms()
    assert stage.statuses == "Finished Finished Success"
    assert stage.told() == [
        "The phone stopped ringing, because another one took the call.",
        "The caller was hung up, because the callee hung up.",
        "The phone stopped ringing, because another one took the call.",
    ]
    assert [phone.status for phone in stage.row.caller.phones] == ["Rejected", "Finished", "Rejected"]
    assert stage.is_over()


def test_a_voicemail_that_answers_does_not_win_while_the_prompt_is_on() -> None:
    stage = Ringing(ASKED)
    stage.phone(HOME).answers()
    assert stage.sound(HOME).log == ["connect caller", "play caller press_1 en"]
    assert stage.row.caller.explanation == "A phone of the caller was answered and is asked to press 1."
    assert stage.agent.log[3:] == [], "the others ring on"
    stage.phone(DESK).rings()
    assert stage.row.caller.explanation == "A phone of the caller was answered and is asked to press 1."
    stage.phone(MOBILE).answers()
    stage.presses(MOBILE, "1")
    assert sorted(stage.agent.log[3:]) == [f"BYE {HOME}", f"CANCEL {DESK}", f"INVITE {PLAN.callee_number}"]
    assert stage.phone(HOME).hang_up_reason == COMPLETED_ELSEWHERE
    assert stage.sound(HOME).closed
    assert stage.row.caller.taken_by == 1
    assert stage.told()[2] == "The phone was hung up, because another one took the call."


def test_the_caller_was_up_from_its_answer_on_not_from_the_one() -> None:
    stage = Ringing(ASKED)
    stage.phone(MOBILE).answers()
    at = stage.world.wall()
    stage.world.pass_seconds(7)
    stage.presses(MOBILE, "1")
    assert stage.row.caller.answered_at == at


def test_a_voicemail_that_answers_first_of_those_in_order_lets_the_next_phone_ring() -> None:
    stage = Ringing(ASKED_IN_ORDER)
    assert stage.agent.log == [f"INVITE {DESK}"]
    stage.phone(DESK).answers()
    for _ in range(3):
        stage.sound(DESK).tell.sounds_played(CALLER)
        stage.world.pass_seconds(5.1)
    assert stage.sound(DESK).log[-1] == "play caller goodbye en"
    assert stage.agent.log[-1] == f"INVITE {MOBILE}", "while the voicemail still hears the goodbye"
    stage.sound(DESK).tell.sounds_played(CALLER)
    assert stage.agent.log[-1] == f"BYE {DESK}"
    assert stage.phone(DESK).hang_up_reason is None, "nothing was answered elsewhere"
    stage.phone(MOBILE).answers()
    stage.presses(MOBILE, "1")
    assert stage.row.caller.taken_by == 1
    assert stage.told() == [
        "The caller's phone was answered, but nobody pressed 1.",
        "The caller is connected.",
        "The phone did not ring, because another one took the call.",
    ]


def test_in_order_each_rings_for_its_own_time() -> None:
    desk, mobile, home = IN_ORDER.caller_phones
    phones = (replace(desk, ring_seconds=10.0), replace(mobile, ring_seconds=20.0), home)
    stage = Ringing(replace(IN_ORDER, caller_phones=phones))
    stage.phone(DESK).rings()
    stage.world.pass_seconds(9.9)
    assert stage.agent.log == [f"INVITE {DESK}"]
    stage.world.pass_seconds(0.2)
    assert stage.agent.log[1:] == [f"CANCEL {DESK}", f"INVITE {MOBILE}"]
    stage.world.pass_seconds(20)
    assert stage.agent.log[3:] == [f"CANCEL {MOBILE}", f"INVITE {HOME}"]
    for number in (DESK, MOBILE):
        stage.phone(number).confirms()
    stage.phone(HOME).rings()
    stage.world.pass_seconds(44)
    assert stage.statuses == "InProgress InProgress InProgress"
    stage.world.pass_seconds(1.2)
    assert stage.statuses == "NoAnswer InProgress CannotReach"
    assert stage.row.explanation == (
        "None of the caller's 3 phones took the call: the caller's phone was not answered in time."
    )
    stage.phone(HOME).confirms()
    assert stage.is_over()


def test_phones_of_one_turn_ring_together() -> None:
    desk, mobile, home = PHONES
    stage = Ringing(replace(AT_ONCE, caller_phones=(desk, replace(mobile, turn=1), replace(home, turn=1))))
    assert stage.agent.log == [f"INVITE {DESK}"]
    stage.phone(DESK).fails(486, "Busy Here")
    assert stage.agent.log[1:] == [f"INVITE {MOBILE}", f"INVITE {HOME}"]


def test_the_next_turn_waits_for_all_phones_of_this_one() -> None:
    desk, mobile, home = PHONES
    stage = Ringing(replace(AT_ONCE, caller_phones=(desk, mobile, replace(home, turn=1))))
    stage.phone(DESK).fails(486, "Busy Here")
    assert stage.agent.log[2:] == []
    stage.phone(MOBILE).fails(486, "Busy Here")
    assert stage.agent.log[2:] == [f"INVITE {HOME}"]


def test_in_order_the_next_rings_when_one_is_busy() -> None:
    stage = Ringing(IN_ORDER)
    stage.phone(DESK).fails(486, "Busy Here")
    stage.phone(MOBILE).fails(603, "Decline")
    assert stage.agent.log == [f"INVITE {DESK}", f"INVITE {MOBILE}", f"INVITE {HOME}"]
    stage.phone(HOME).fails(404, "Not Found")
    assert stage.statuses == "Rejected InProgress CannotReach"
    caller = stage.row.caller
    assert (caller.sip_code, caller.sip_reason, caller.ended_by) == (603, "Decline", EndedBy.CALLER)
    assert caller.explanation == (
        "None of the caller's 3 phones took the call: the caller's side declined the call (603 Decline); "
        "the caller's phone is busy (486 Busy Here); the caller's number does not exist (404 Not Found)."
    )
    assert [phone.status for phone in caller.phones] == ["Busy", "Rejected", "NoSuchUser"]
    assert stage.is_over()


def test_phones_that_nothing_leads_to_fail_at_once() -> None:
    stage = Stage()
    stage.agent.unreachable.add("10.0.0.1")
    stage.place(AT_ONCE)
    assert stage.statuses == "GenericError InProgress CannotReach"
    assert stage.node.live == 0


def test_one_phone_declines_and_the_others_ring_on() -> None:
    stage = Ringing()
    stage.phone(DESK).fails(603, "Decline")
    assert stage.agent.log[3:] == []
    stage.phone(HOME).answers()
    assert stage.row.caller.taken_by == 2


@pytest.mark.parametrize("plan", [AT_ONCE, ASKED], ids=["unasked", "asked"])
def test_two_phones_that_answer_at_once_make_one_caller(plan: CallPlan) -> None:
    stage = Ringing(plan)
    for phone in (stage.phone(DESK), stage.phone(MOBILE)):
        phone.answers()
    if plan.play_prompt:
        stage.presses(MOBILE, "1")
        stage.presses(DESK, "1")
    taken_by = stage.row.caller.taken_by
    assert taken_by == (1 if plan.play_prompt else 0)
    assert stage.agent.log.count(f"INVITE {PLAN.callee_number}") == 1
    stage.phone(HOME).confirms()
    stage.phone((MOBILE, DESK)[taken_by]).confirms()
    stage.callee.answers()
    assert stage.sound((DESK, MOBILE)[taken_by]).log[-1] == "bridge"
    stage.callee.hangs_up()
    stage.phone((DESK, MOBILE)[taken_by]).confirms()
    assert stage.is_over()


def test_the_ringout_lives_until_the_last_phone_is_quiet() -> None:
    stage = Ringing()
    stage.phone(DESK).answers()
    stage.callee.answers()
    stage.phone(DESK).hangs_up()
    stage.callee.confirms()
    stage.phone(MOBILE).confirms()
    assert stage.row.ended_at is None, "one phone may still ring"
    stage.phone(HOME).confirms()
    assert stage.is_over()


def test_a_phone_that_never_confirms_is_given_up() -> None:
    stage = Ringing()
    for number in (DESK, MOBILE, HOME):
        stage.phone(number).rings()
    stage.node.cancel(1)
    stage.world.pass_seconds(60)
    assert stage.is_over()


# --- from outside ---


def while_all_ring(stage: Ringing) -> None:
    stage.phone(DESK).rings()


def while_one_is_asked(stage: Ringing) -> None:
    stage.phone(DESK).answers()


def while_one_hears_the_goodbye(stage: Ringing) -> None:
    stage.phone(DESK).answers()
    for _ in range(3):
        stage.presses(DESK, "9")


def after_one_has_failed(stage: Ringing) -> None:
    stage.phone(DESK).fails(486)


MOMENTS: list[Callable[[Ringing], None]] = [
    while_all_ring,
    while_one_is_asked,
    while_one_hears_the_goodbye,
    after_one_has_failed,
]


@pytest.mark.parametrize("plan", [ASKED, ASKED_IN_ORDER], ids=["at once", "in order"])
@pytest.mark.parametrize("moment", MOMENTS, ids=[m.__name__ for m in MOMENTS])
def test_cancel(moment: Callable[[Ringing], None], plan: CallPlan) -> None:
    stage = Ringing(plan)
    moment(stage)
    up = [s for s in stage.agent.sessions if s.state != "terminated"]
    assert stage.node.cancel(1)
    assert stage.statuses == "Rejected Rejected CannotReach"
    assert stage.row.ended_by is EndedBy.USER
    assert all(session.hung_up for session in up)
    assert all(media.closed for media in stage.room.opened)
    for session in up:
        assert stage.row.ended_at is None, "a phone may still ring"
        assert session.hang_up_reason is None
        session.confirms()
    assert stage.is_over()
    assert PLAN.callee_number not in " ".join(stage.agent.log)


async def test_drain_takes_them_all_down() -> None:
    stage = Ringing()
    for session in stage.agent.sessions:
        session.rings()
    await stage.node.drain(0.0)
    assert sorted(stage.agent.log[3:]) == sorted(f"CANCEL {n}" for n in (DESK, MOBILE, HOME))


def test_a_worker_that_dies_costs_its_phone_only() -> None:
    stage = Ringing()
    stage.sound(DESK).tell.media_failed("It died.")
    assert stage.agent.log[3:] == [f"CANCEL {DESK}"]
    stage.phone(MOBILE).answers()
    assert stage.row.caller.taken_by == 1
    assert "it died" in stage.told()[0]


def test_the_callers_audio_is_the_calls() -> None:
    stage = Ringing()
    stage.phone(MOBILE).answers()
    stage.callee.answers()
    stage.sound(MOBILE).tell.media_failed("It died.")
    assert stage.statuses == "Finished Finished Success"
    assert "it died" in stage.row.explanation


def test_a_digit_of_the_caller_by_info_goes_to_the_callee() -> None:
    stage = Ringing(ASKED)
    stage.phone(MOBILE).answers()
    stage.phone(MOBILE).sends_info(b"Signal=1\r\n")
    assert stage.sound(MOBILE).log[-1] == "seen caller 1"
    stage.presses(MOBILE, "1")
    stage.callee.answers()
    stage.phone(MOBILE).sends_info(b"Signal=5\r\n")
    assert stage.sound(MOBILE).log[-1] == "seen caller 5"


def test_a_phone_that_goes_silent_during_the_prompt_is_out() -> None:
    stage = Ringing(ASKED)
    stage.phone(DESK).answers()
    stage.sound(DESK).tell.media_silent(CALLER, 60)
    assert stage.agent.log[3:] == [f"BYE {DESK}"]
    assert stage.told()[0] == "No audio came from the caller's phone for 60 seconds."


@pytest.mark.parametrize("cause", ["bye", "gone"])
def test_a_phone_that_is_over_while_it_is_asked_for_another_codec_is_out(cause: str) -> None:
    stage = Ringing(media=MediaConfig(codecs=("PCMU", "G722")))
    desk = stage.phone(DESK)
    desk.answers(phone_answer(desk.body, ("G722",)))
    assert desk.log == ["re-INVITE"]
    assert stage.row.caller.taken_by is None
    if cause == "bye":
        desk.hangs_up()
    else:
        desk.is_lost(cause)
    assert stage.row.caller.phones[0].ended_at is not None
    stage.phone(MOBILE).answers()
    assert stage.row.caller.taken_by == 1


@pytest.mark.parametrize("cause", ["bye", "gone"])
@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_phone_alone_that_is_over_while_it_is_asked_for_another_codec(who: str, cause: str) -> None:
    stage = Stage(media=MediaConfig(codecs=("PCMU", "G722")))
    stage.place()
    if who == "callee":
        stage.caller.answers()
    phone = stage.caller if who == "caller" else stage.callee
    phone.answers(phone_answer(phone.body, ("G722",)))
    phone.hangs_up() if cause == "bye" else phone.is_lost(cause)
    leg = stage.row.caller if who == "caller" else stage.row.callee
    assert (leg.status, stage.row.status) == ("Rejected" if cause == "bye" else "GenericError", "CannotReach")
    if who == "callee":
        stage.caller.confirms()
    assert stage.is_quiet()


# --- our own mistakes ---


def test_a_bug_in_the_hunt_ends_the_call_and_every_phone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Ringing(ASKED)
    stage.sound(DESK).fails_at = "play"
    for session in stage.agent.sessions:
        session.rings()
    stage.phone(DESK).answers()
    assert stage.statuses == "GenericError GenericError Error"
    assert sorted(stage.agent.log[3:]) == [f"BYE {DESK}", f"CANCEL {MOBILE}", f"CANCEL {HOME}"]
    for session in stage.agent.sessions:
        session.confirms()
    assert stage.is_over()
    assert "bug" in capsys.readouterr().err


# --- one phone ---


def test_a_list_of_one_is_a_plain_call_with_its_own_ring_time() -> None:
    stage = Ringing(replace(PLAN, caller_phones=(Phone(MOBILE, ring_seconds=5.0),)))
    assert stage.agent.log == [f"INVITE {MOBILE}"]
    stage.world.pass_seconds(5.1)
    assert stage.agent.log[-1] == f"CANCEL {MOBILE}"
    assert stage.row.caller.phones == ()
