"""What several ringing phones take of the server: media ports, live calls, and what must survive a crash."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from fakes.engine_media import Media
from fakes.engine_world import PLAN, Stage
from fakes.ringing import ASKED, AT_ONCE, DESK, HOME, IN_ORDER, MOBILE, PHONES, Ringing
from ringout.config import CallConfig, TrunkConfig
from ringout.domain.errors import Unavailable
from ringout.domain.plan import CallPlan, Phone
from ringout.engine.node import Place
from ringout.engine.stored_sessions import unpack
from ringout.service.ports import MediaKind

# --- ports ---


def test_out_of_ports_is_no_half_call() -> None:
    stage = Stage()
    stage.room.free = 2
    with pytest.raises(Unavailable):
        stage.node.reserve(AT_ONCE)
    assert [media.closed for media in stage.room.opened] == [True, True]
    assert stage.node.live == 0


def with_a_browser(*, alone: bool = False) -> Stage:
    """The second phone is a browser's, and the media engine has nothing for it."""
    stage = Stage()
    stage.node.phones = SimpleNamespace(kind=lambda device: MediaKind.WEBRTC)  # type: ignore[assignment]
    opens = stage.room.open

    def open_(listener: Any, caller: MediaKind = MediaKind.RTP, callee: MediaKind = MediaKind.RTP) -> Media:
        if caller is MediaKind.WEBRTC:
            raise Unavailable("Browser phones need another media engine.", 60)
        return opens(listener, caller, callee)

    stage.room.open = open_  # type: ignore[method-assign]
    first = Phone(device="tablet") if alone else PHONES[0]
    stage.place(replace(AT_ONCE, caller_phones=(first, Phone(device="browser"))))
    return stage


def test_a_browser_phone_that_the_engine_has_no_audio_for_does_not_keep_the_others_silent() -> None:
    stage = with_a_browser()
    assert stage.agent.log == [f"INVITE {DESK}"]
    assert "browser phones need another media engine" in stage.row.caller.phones[1].explanation
    stage.caller.answers()
    assert stage.row.caller.taken_by == 0


def test_browser_phones_alone_are_refused() -> None:
    with pytest.raises(Unavailable):
        with_a_browser(alone=True)


def test_a_place_that_is_given_back_gives_its_ports_back() -> None:
    stage = Stage()
    stage.node.reserve(AT_ONCE).release()
    assert [media.closed for media in stage.room.opened] == [True, True, True]
    assert stage.node.live == 0


def test_a_worker_that_died_before_anything_rang() -> None:
    stage = Stage()
    reserve = stage.node.reserve

    def reserve_and_fail(plan: CallPlan) -> Place:
        place = reserve(plan)
        stage.room.opened[0].tell.media_failed("It died.")
        return place

    stage.node.reserve = reserve_and_fail  # type: ignore[method-assign]
    stage.place(IN_ORDER)
    assert stage.agent.log == [f"INVITE {MOBILE}"]
    assert "it died" in stage.row.caller.phones[0].explanation


# --- a crash ---


def test_every_phone_that_may_ring_is_in_the_row() -> None:
    stage = Ringing()
    assert unpack(stage.store.rows[-1].caller.dialog or b"") == [
        f"{number} calling".encode() for number in (DESK, MOBILE, HOME)
    ]
    stage.phone(MOBILE).answers()
    left = unpack(stage.store.rows[-1].caller.dialog or b"")
    assert left[0] == f"{MOBILE} confirmed".encode()
    assert sorted(left[1:]) == [f"{DESK} calling".encode(), f"{HOME} calling".encode()]
    stage.phone(DESK).confirms()
    stage.phone(HOME).confirms()
    assert unpack(stage.row.caller.dialog or b"") == [f"{MOBILE} confirmed".encode()]


async def test_after_a_crash_all_are_hung_up() -> None:
    stage = Ringing(ASKED)
    stage.phone(DESK).answers()
    row = stage.row
    after = Stage()
    after.store.left = [row]
    await after.node.recover()
    assert sorted(after.agent.log) == [f"BYE {DESK}", f"CANCEL {MOBILE}", f"CANCEL {HOME}"]
    for session in tuple(after.agent.restored):
        session.confirms()
    row = after.row
    assert row.ended_at is not None
    assert all(phone.ended_at is not None for phone in row.caller.phones)


async def test_after_a_crash_each_phone_is_hung_up_with_the_credentials_of_its_trunk() -> None:
    stage = Ringing(ASKED)
    trunks = (
        TrunkConfig("rest", ("sip:10.0.0.1",), username="ann", password="a"),
        TrunkConfig("home", ("sip:10.0.0.2",), prefixes=(HOME,), username="bob", password="b"),
    )
    after = Stage(*trunks)
    after.store.left = [stage.row]
    await after.node.recover()
    used = {session.name: session.asked["credentials"].username for session in after.agent.restored}
    assert used == {DESK: "ann", MOBILE: "ann", HOME: "bob"}


# --- how much of the server it takes ---


def test_each_phone_counts_as_a_call_until_one_has_taken_it() -> None:
    """Each has an INVITE and media ports of its own."""
    stage = Ringing(call=CallConfig(max_live_calls=3))
    with pytest.raises(Unavailable):
        stage.node.reserve(PLAN)
    assert stage.node.live == 1
    stage.phone(DESK).fails(486)
    stage.node.reserve(PLAN).release()
    stage.phone(MOBILE).answers()
    places = [stage.node.reserve(PLAN), stage.node.reserve(PLAN)]
    with pytest.raises(Unavailable):
        stage.node.reserve(PLAN)
    for place in places:
        place.release()
    stage.node.reserve(AT_ONCE).release()
    stage.node.cancel(1)
    for session in stage.agent.sessions[1:]:
        session.confirms()
    assert stage.is_over()
    assert not stage.node._hunts


def test_a_list_that_is_longer_than_the_limit_rings_when_nothing_else_does() -> None:
    stage = Ringing(call=CallConfig(max_live_calls=1))
    assert [line for line in stage.agent.log if line.startswith("INVITE")] == [
        f"INVITE {number}" for number in (DESK, MOBILE, HOME)
    ]
