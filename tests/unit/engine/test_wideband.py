"""Wideband codecs: learnt from the first answers, asked for once the phones are joined, and back where one refuses."""

from __future__ import annotations

import pytest

from fakes.engine_phones import Session, phone_answer
from fakes.engine_world import Stage, World
from ringout.config import MediaConfig
from ringout.engine.wideband import Declined
from ringout.sdp.offer_answer import make_offer

ALL = ("PCMU", "PCMA", "G722", "OPUS")
G711 = ("PCMU", "PCMA")


def stage(*codecs: str) -> Stage:
    made = Stage(media=MediaConfig(codecs=codecs or ("PCMU", "PCMA", "opus", "G722")))
    made.place()
    return made


def joined(made: Stage, caller: tuple[str, ...] = ALL, callee: tuple[str, ...] = ALL) -> Stage:
    """Each phone names every codec that it has, which is how an offerer learns of them."""
    made.caller.answers(phone_answer(made.caller.body, caller, every=True))
    made.callee.answers(phone_answer(made.callee.body, callee, every=True))
    return made


def formats(session: Session) -> list[str]:
    """Of our latest description to that phone."""
    return session.body.split(b"m=audio ")[1].split(b"\r\n")[0].decode().split()[2:]


def codecs(made: Stage) -> tuple[str, str]:
    """What the media engine was last told of the caller's and the callee's."""
    told = {party.value: remote.codec for party, remote in made.media.connected}
    return told["caller"], told["callee"]


def test_nothing_is_offered_nor_asked_without_the_setting() -> None:
    made = joined(stage("PCMU", "PCMA"))
    assert formats(made.caller) == ["0", "8", "101"]
    assert "re-INVITE" not in made.caller.log + made.callee.log


def test_calls_begin_in_g711_and_both_phones_change_together() -> None:
    made = joined(stage())
    assert formats(made.caller) == ["111", "0", "8", "101"]  # the re-INVITE's
    assert (made.caller.log, made.callee.log) == (["re-INVITE"], ["re-INVITE"])
    assert codecs(made) == ("PCMU", "PCMU")  # the prompt's, until then
    made.caller.takes_offer(ALL)
    made.callee.takes_offer(ALL)
    assert codecs(made) == ("OPUS", "OPUS")
    assert made.statuses == "Success Success Success"


@pytest.mark.parametrize(
    ("caller", "callee", "asked"),
    [
        (("PCMU", "G722"), ALL, "9"),
        (("PCMU", "OPUS"), ("PCMU", "G722"), None),
        (G711, ALL, None),
        (ALL, G711, None),
    ],
)
def test_what_both_may_have_is_asked_for(caller: tuple[str, ...], callee: tuple[str, ...], asked: str | None) -> None:
    made = joined(stage(), caller, callee)
    for phone in (made.caller, made.callee):
        assert phone.log == ([] if asked is None else ["re-INVITE"])
        if asked is not None:
            assert formats(phone)[0] == asked


@pytest.mark.parametrize(("caller", "callee"), [(("PCMU",), ALL), (ALL, ("PCMU",)), (("PCMU",), ("PCMU",))])
def test_phone_that_told_nothing_is_asked_first(caller: tuple[str, ...], callee: tuple[str, ...]) -> None:
    """One codec alone tells nothing: many phones name only the one that they take."""
    made = joined(stage("PCMU", "opus"), caller, callee)
    first, other = (made.callee, made.caller) if callee == ("PCMU",) else (made.caller, made.callee)
    assert (first.log, other.log) == (["re-INVITE"], [])
    first.takes_offer(ALL)
    assert other.log == ["re-INVITE"]
    other.takes_offer(ALL)
    assert codecs(made) == ("OPUS", "OPUS")


def test_phone_that_told_nothing_and_declines_disturbs_nobody() -> None:
    made = joined(stage("PCMU", "opus"), ALL, ("PCMU",))
    made.callee.takes_offer(G711)
    assert made.caller.log == []
    assert codecs(made) == ("PCMU", "PCMU")


@pytest.mark.parametrize("how", ["refuses", "answers with G.711"])
def test_phone_that_does_not_change_brings_the_other_back(how: str) -> None:
    made = joined(stage("PCMU", "PCMA", "opus"))
    made.callee.takes_offer(ALL)
    assert codecs(made) == ("PCMU", "OPUS")
    if how == "refuses":
        made.caller.refuses_reinvite()
    else:
        made.caller.takes_offer(G711)
    assert made.callee.log == ["re-INVITE", "re-INVITE"]
    assert formats(made.callee) == ["0", "8", "101"]
    made.callee.takes_offer(ALL)
    assert codecs(made) == ("PCMU", "PCMU")
    assert made.caller.log == ["re-INVITE"]


def test_second_codec_is_tried_when_one_phone_lacks_the_first() -> None:
    made = joined(stage(), ALL, ALL)
    made.caller.takes_offer(("PCMU", "G722"))
    made.callee.takes_offer(ALL)
    assert formats(made.callee)[0] == "9"
    made.callee.takes_offer(ALL)
    assert formats(made.caller)[0] == "9"
    made.caller.takes_offer(("PCMU", "G722"))
    assert codecs(made) == ("G722", "G722")
    assert made.caller.log == ["re-INVITE", "re-INVITE"]


def test_phone_that_has_declined_is_not_asked_again_for_a_day() -> None:
    made = joined(stage("PCMU", "opus"), ("PCMU",), ("PCMU",))
    made.callee.refuses_reinvite()
    assert made.caller.log == []
    for seconds, log in ((3600.0, []), (86400.0, ["re-INVITE"])):
        made.caller.hangs_up()
        made.callee.confirms()
        made.world.pass_seconds(seconds)
        made.place(ring_out_id=round(seconds))
        joined(made, ("PCMU",), ("PCMU",))
        assert made.callee.log == log


def test_declined_codecs_are_a_bounded_memory() -> None:
    world = World()
    declined = Declined(world)
    for number in range(10_001):
        declined.add(str(number), "OPUS")
    assert ("0", "OPUS") not in declined
    assert ("10000", "OPUS") in declined


def test_phone_that_leaves_the_codec_later_takes_the_other_with_it() -> None:
    made = joined(stage())
    made.caller.takes_offer(ALL)
    made.callee.takes_offer(ALL)
    made.caller.offers(make_offer("192.0.2.9", 4000, 7, 3, codecs=("PCMA",)))
    assert made.callee.log[-1] == "re-INVITE"
    made.callee.takes_offer(ALL)
    assert codecs(made) == ("PCMA", "PCMU")


def test_hold_and_resume_stay_in_the_codec() -> None:
    made = joined(stage())
    made.caller.takes_offer(ALL)
    made.callee.takes_offer(ALL)
    for direction in ("sendonly", "sendrecv"):
        made.caller.offers(make_offer("192.0.2.9", 4000, 7, 3, codecs=ALL, direction=direction))
        assert codecs(made) == ("OPUS", "OPUS")
        assert f"a={'recvonly' if direction == 'sendonly' else direction}".encode() in made.caller.body


def test_phone_that_wants_an_offer_of_ours_is_offered_what_it_speaks_first() -> None:
    made = joined(stage())
    made.caller.takes_offer(ALL)
    made.callee.takes_offer(ALL)
    made.caller.wants_offer()
    assert formats(made.caller) == ["111", "0", "8", "101"]
    made.caller.acks_with(phone_answer(made.caller.body, ALL))
    assert codecs(made) == ("OPUS", "OPUS")
    assert made.callee.log == ["re-INVITE"]


def test_phone_that_never_stays_is_left_alone_in_the_end() -> None:
    made = joined(stage("PCMU", "opus"))
    made.callee.takes_offer(("OPUS",))
    made.caller.refuses_reinvite()
    for _ in range(10):
        made.callee.refuses_reinvite()
    assert made.callee.log.count("re-INVITE") == 4


def test_phone_that_answers_in_wideband_only_is_asked_for_a_codec_that_prompts_have() -> None:
    made = stage()
    made.caller.answers(phone_answer(made.caller.body, ("G722",)))
    assert made.caller.log == ["re-INVITE"]
    assert formats(made.caller) == ["0", "8", "101"]
    assert made.statuses == "InProgress InProgress InProgress"
    made.caller.takes_offer(ALL)
    assert made.row.caller.status == "Success"
    assert made.callee.uri


def test_phone_that_has_nothing_else_is_told_apart() -> None:
    made = stage()
    made.caller.answers(phone_answer(made.caller.body, ("G722",)))
    made.caller.refuses_reinvite()
    assert made.row.caller.status == "GenericError"
    assert made.caller.log == ["re-INVITE", "BYE"]
