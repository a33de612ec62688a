"""One RingOut with each kind of phone on either side: what is sent, what is played, what the row says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.engine_phones import PHONE_SDP
from fakes.engine_world import PLAN, Stage
from ringout.domain.status import EndedBy

PROMPTED = replace(PLAN, play_prompt=True)


def connected() -> Stage:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.rings()
    stage.callee.answers()
    return stage


def test_both_answer_and_the_callee_hangs_up() -> None:
    stage = Stage()
    stage.place()
    assert stage.agent.log == ["INVITE +16505550101"]
    stage.caller.rings()
    assert stage.statuses == "InProgress InProgress InProgress"
    stage.caller.answers()
    assert stage.agent.log[-1] == "INVITE +16505550202"
    assert stage.store.rows[-1].caller.status == "Success"
    stage.callee.rings()
    assert stage.media.log[-1] == "ringback caller us"
    stage.callee.answers()
    assert stage.media.log[-2:] == ["connect callee", "bridge"]
    assert stage.statuses == "Success Success Success"
    assert stage.row.ended_by is None
    stage.callee.hangs_up()
    assert stage.agent.log[-1] == "BYE +16505550101"
    assert stage.statuses == "Finished Finished Success"
    assert stage.row.ended_at is None
    stage.caller.confirms()
    assert stage.is_quiet()
    assert stage.row.ended_by is EndedBy.CALLEE
    assert stage.row.callee.explanation == "The callee hung up."


def test_caller_hangs_up_when_connected() -> None:
    stage = connected()
    stage.caller.hangs_up()
    assert stage.agent.log[-1] == "BYE +16505550202"
    stage.callee.confirms()
    assert stage.statuses == "Finished Finished Success"
    assert stage.row.ended_by is EndedBy.CALLER
    assert stage.is_quiet()


@pytest.mark.parametrize(
    ("code", "reason", "status", "by"),
    [
        (486, "Busy Here", "Busy", "callee"),
        (603, "Decline", "Rejected", "callee"),
        (404, "Not Found", "NoSuchUser", "network"),
        (480, "Temporarily Unavailable", "NoAnswer", "callee"),
        (503, "Service Unavailable", "GenericError", "network"),
    ],
)
def test_callee_refuses(code: int, reason: str, status: str, by: str) -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.fails(code, reason)
    assert stage.agent.log[-1] == "BYE +16505550101"
    assert stage.statuses == f"Success {status} CannotReach"
    callee = stage.row.callee
    assert (callee.sip_code, callee.sip_reason, callee.ended_by) == (code, reason, by)
    assert f"({code} {reason})" in callee.explanation
    assert stage.row.explanation == callee.explanation
    stage.caller.confirms()
    assert stage.is_quiet()


@pytest.mark.parametrize(
    ("code", "status"),
    [(486, "Busy"), (603, "Rejected"), (404, "NoSuchUser"), (480, "NoAnswer"), (503, "GenericError")],
)
def test_caller_refuses_and_the_callee_is_never_called(code: int, status: str) -> None:
    stage = Stage()
    stage.place()
    stage.caller.fails(code)
    assert stage.agent.log == ["INVITE +16505550101"]
    assert stage.statuses == f"{status} InProgress CannotReach"
    assert stage.is_quiet()


def test_callee_never_responds() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.fails(408, "Request Timeout", "timeout")
    assert stage.statuses == "Success NoAnswer CannotReach"
    assert stage.row.callee.explanation == "The callee's phone never responded."


def test_caller_rings_for_ever() -> None:
    stage = Stage()
    stage.place()
    stage.caller.rings()
    stage.world.pass_seconds(44.9)
    assert stage.agent.log == ["INVITE +16505550101"]
    stage.world.pass_seconds(0.2)
    assert stage.agent.log[-1] == "CANCEL +16505550101"
    assert stage.statuses == "NoAnswer InProgress CannotReach"
    stage.caller.confirms()
    assert stage.is_quiet()
    assert stage.row.caller.sip_code == 180


def test_callee_rings_for_ever() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.rings()
    stage.world.pass_seconds(60.1)
    assert stage.agent.log[-2:] == ["CANCEL +16505550202", "BYE +16505550101"] or stage.agent.log[-2:] == [
        "BYE +16505550101",
        "CANCEL +16505550202",
    ]
    assert stage.statuses == "Success NoAnswer CannotReach"
    stage.caller.confirms()
    assert not stage.is_quiet()
    stage.callee.confirms()
    assert stage.is_quiet()


def test_caller_hangs_up_while_the_callee_rings() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.rings()
    stage.caller.hangs_up()
    assert stage.agent.log[-1] == "CANCEL +16505550202"
    assert stage.statuses == "Finished Rejected CannotReach"
    stage.callee.confirms()
    assert stage.is_quiet()


def test_prompt_and_a_one() -> None:
    stage = Stage()
    stage.place(PROMPTED)
    stage.caller.answers()
    assert stage.media.log == ["connect caller", "play caller press_1 en"]
    assert stage.statuses == "InProgress InProgress InProgress"
    assert stage.row.caller.answered_at is not None
    stage.media.tell.digit_pressed(stage.node._calls[1].caller.party, "1")
    assert stage.agent.log[-1] == "INVITE +16505550202"
    assert "stop caller" in stage.media.log
    assert stage.store.rows[-1].caller.status == "Success"


def test_wrong_key_is_told_and_asked_again_then_a_one() -> None:
    stage = Stage()
    stage.place(PROMPTED)
    stage.caller.answers()
    party = stage.node._calls[1].caller.party
    stage.media.tell.digit_pressed(party, "2")
    assert stage.media.log[-1] == "play caller wrong_key+press_1 en"
    assert stage.agent.log == ["INVITE +16505550101"]
    stage.media.tell.digit_pressed(party, "1")
    assert stage.agent.log[-1] == "INVITE +16505550202"


def test_no_key_ever() -> None:
    stage = Stage()
    stage.place(PROMPTED)
    stage.caller.answers()
    party = stage.node._calls[1].caller.party
    for attempt in range(3):
        assert stage.media.log.count("play caller press_1 en") == attempt + 1
        stage.media.tell.sounds_played(party)
        stage.world.pass_seconds(5.1)
    assert stage.media.log[-1] == "play caller goodbye en"
    stage.media.tell.digit_pressed(party, "1")
    assert stage.agent.log == ["INVITE +16505550101"]
    stage.media.tell.sounds_played(party)
    assert stage.agent.log == ["INVITE +16505550101", "BYE +16505550101"]
    assert stage.statuses == "NoAnswer InProgress CannotReach"
    stage.caller.confirms()
    assert stage.is_quiet()


def test_only_wrong_keys_end_in_the_goodbye_too() -> None:
    stage = Stage()
    stage.place(PROMPTED)
    stage.caller.answers()
    party = stage.node._calls[1].caller.party
    for _ in range(3):
        stage.media.tell.digit_pressed(party, "5")
    assert stage.media.log[-1] == "play caller goodbye en"


def test_prompt_whose_end_is_never_reported_is_bounded() -> None:
    stage = Stage()
    stage.place(PROMPTED)
    stage.caller.answers()
    stage.world.pass_seconds(400)
    assert stage.agent.log == ["INVITE +16505550101", "BYE +16505550101"]


def test_caller_hangs_up_during_the_prompt() -> None:
    stage = Stage()
    stage.place(PROMPTED)
    stage.caller.answers()
    stage.caller.hangs_up()
    assert stage.agent.log == ["INVITE +16505550101"]
    assert stage.statuses == "Rejected InProgress CannotReach"
    assert stage.is_quiet()


def test_early_media_replaces_the_ringback_once_it_is_heard() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.rings()
    stage.callee.rings(183, "Session Progress", PHONE_SDP)
    assert stage.media.log[-3:] == ["ringback caller us", "connect callee", "listen caller"]
    call = stage.node._calls[1]
    stage.media.tell.media_started(call.callee.party)
    stage.callee.rings()
    assert stage.media.log.count("ringback caller us") == 1
    stage.callee.answers(PHONE_SDP)
    assert stage.media.log[-1] == "bridge"
    assert stage.media.log.count("connect callee") == 1


def test_ringback_goes_on_when_the_183_brings_no_sound() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.rings(183, "Session Progress", PHONE_SDP)
    stage.callee.rings()
    assert stage.media.log[-2:] == ["ringback caller us", "listen caller"]


@pytest.mark.parametrize("party", ["caller", "callee"])
@pytest.mark.parametrize("body", [b"", b"v=0\r\n", b"junk"])
def test_answer_without_usable_sdp_is_hung_up(party: str, body: bytes) -> None:
    stage = Stage()
    stage.place()
    if party == "caller":
        stage.caller.answers(body)
        assert stage.agent.log == ["INVITE +16505550101", "BYE +16505550101"]
        assert stage.statuses == "GenericError InProgress CannotReach"
    else:
        stage.caller.answers()
        stage.callee.answers(body)
        assert sorted(stage.agent.log[-2:]) == ["BYE +16505550101", "BYE +16505550202"]
        assert stage.statuses == "Success GenericError CannotReach"
    assert ("audio formats" if body else "without saying where to send the audio") in stage.row.explanation
    for session in stage.agent.sessions:
        session.confirms()
    assert stage.is_quiet()


def test_200_without_sdp_after_an_early_183_with_it_is_used() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.rings(183, "Session Progress", PHONE_SDP)
    stage.callee.answers(b"")
    assert stage.statuses == "Success Success Success"


def test_longest_call() -> None:
    stage = connected()
    stage.world.pass_seconds(14399)
    assert "BYE" not in "".join(stage.agent.log)
    stage.world.pass_seconds(2)
    assert stage.statuses == "Finished Finished Success"
    assert stage.row.ended_by is EndedBy.SERVER
    assert "longest time" in stage.row.explanation


def test_silent_leg_is_named() -> None:
    stage = connected()
    stage.media.tell.media_silent(stage.node._calls[1].callee.party, 60.0)
    assert stage.statuses == "Finished Finished Success"
    assert "no audio came from the callee's phone for 60 seconds" in stage.row.explanation
    assert sorted(stage.agent.log[-2:]) == ["BYE +16505550101", "BYE +16505550202"]


def test_media_worker_dies() -> None:
    stage = connected()
    stage.media.tell.media_failed("The media worker 4711 died.")
    assert stage.statuses == "Finished Finished Success"
    assert "the media worker 4711 died" in stage.row.explanation
    for session in stage.agent.sessions:
        session.confirms()
    assert stage.is_quiet()


def test_media_worker_dies_while_the_callee_rings() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.media.tell.media_failed("It died.")
    assert stage.statuses == "Finished GenericError Error"


def test_media_worker_dies_before_the_reserved_call_begins() -> None:
    stage = Stage()
    place = stage.node.reserve(PLAN)
    stage.media.tell.media_failed("It died.")
    from ringout.domain.ring_out import LegRecord, RingOut

    place.place(
        RingOut(1, 1, 101, "ringout", LegRecord("+16505550101"), LegRecord("+16505550202"), None, False, 0.0), PLAN
    )
    assert stage.agent.log == []
    assert stage.statuses == "GenericError GenericError Error"
    assert stage.is_quiet()


def test_bye_that_is_never_confirmed_frees_the_call() -> None:
    stage = connected()
    stage.callee.hangs_up()
    stage.world.pass_seconds(41)
    assert stage.is_quiet()
