"""Several phones of the user ring, in order or at once: real phones, and what each of them is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from .api import PlacedCall
from .harness import CONNECTED, ENDED, PLACED, World
from .raw_phone import RawPhone
from .sipp import SippPhone
from .steps import answers, recv, recv_invite, refuses, reply, reply_last, rings_until_cancelled, sdp
from .tones import share, sine, write_wav
from .waiting import eventually

pytestmark = pytest.mark.sipp

CALLEE_HZ, PRESS_1_HZ = 440, 700
ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'


def ring(world: World, how: str, *phones: SippPhone | RawPhone, **settings: object) -> None:
    """A server whose user has these phones."""
    tables = {"call": {"prompt_attempts": 1, "prompt_wait_seconds": 0.3}, **settings}
    numbers = [phone.number for phone in phones]
    world.serve(extension={"forwarding_numbers": numbers, "ring": how, "ring_count": 1}, **tables)  # type: ignore[arg-type]


def place(world: World, callee: SippPhone, *, prompt: bool = False) -> PlacedCall:
    """The user's own extension number stands for the user's phones."""
    return world.api.place("101", callee.number, prompt=prompt)


def short_prompts(directory: Path) -> dict[str, str]:
    (directory / "prompts" / "en").mkdir(parents=True)
    for name in ("press_1", "goodbye", "wrong_key"):
        write_wav(directory / "prompts" / "en" / f"{name}.wav", sine(PRESS_1_HZ, 0.3))
    return {"prompts": str(directory / "prompts")}


def await_prompt(phone: SippPhone) -> None:
    def heard() -> bool:
        samples = phone.rtp.heard()
        return any(share(samples[at : at + 480], PRESS_1_HZ) > 0.8 for at in range(0, len(samples) - 479, 480))

    eventually(heard, f"the prompt at {phone.name}")


def test_the_first_that_answers_talks_and_the_others_see_no_missed_call(world: World) -> None:
    desk = world.sipp("desk").does(rings_until_cancelled())
    mobile = world.sipp("mobile").does(
        recv_invite(), reply(180), reply(200, body=sdp(), retransmit=True), recv("ACK"), recv("BYE"), reply_last()
    )
    tablet = world.sipp("tablet").does(rings_until_cancelled())
    callee = world.sipp("callee").does(answers())
    ring(world, "at-once", desk, mobile, tablet)
    call = place(world, callee)
    call.until(CONNECTED)
    for silent in (desk, tablet):
        assert silent.await_received("CANCEL").header("Reason") == ELSEWHERE
        silent.finish()
    callee.hum(CALLEE_HZ)
    eventually(lambda: share(mobile.rtp.heard()[-4800:], CALLEE_HZ) > 0.8, "the callee's tone at the mobile")
    caller = call.leg("caller")
    assert (caller["phoneNumber"], caller["answeredTime"] is not None) == (mobile.number, True)
    assert [phone.get("tookCall", False) for phone in caller["phones"]] == [False, True, False]
    call.cancel()
    mobile.finish()
    callee.finish()
    call.until(ENDED)


def test_a_voicemail_that_answers_first_does_not_win(world: World, tmp_path: Path) -> None:
    """It hears the prompt and the goodbye; the phone at which 1 is pressed is joined with the callee."""
    voicemail = world.sipp("voicemail").does(answers(ringing=False))
    mobile = world.sipp("mobile").does(answers())
    callee = world.sipp("callee").does(answers())
    long = {"prompt_attempts": 10, "prompt_wait_seconds": 5}
    ring(world, "at-once", voicemail, mobile, media=short_prompts(tmp_path), call=long)
    call = place(world, callee, prompt=True)
    await_prompt(voicemail)
    await_prompt(mobile)
    assert call.look() == PLACED
    assert callee.never_rang
    mobile.rtp.press("1")
    call.until(CONNECTED)
    assert voicemail.await_received("BYE").header("Reason") == ELSEWHERE
    voicemail.finish()
    told = call.leg("caller")["phones"][0]["explanation"]
    assert told == "The phone was hung up, because another one took the call."
    call.cancel()
    mobile.finish()
    callee.finish()


def test_in_order_a_voicemail_costs_its_prompt_and_the_next_phone_rings(world: World, tmp_path: Path) -> None:
    voicemail = world.sipp("voicemail").does(answers(ringing=False))
    mobile = world.sipp("mobile").does(answers())
    callee = world.sipp("callee").does(answers())
    ring(world, "in-order", voicemail, mobile, media=short_prompts(tmp_path))
    call = place(world, callee, prompt=True)
    voicemail.await_sent("200 INVITE")
    assert mobile.never_rang
    await_prompt(mobile)
    assert not voicemail.await_received("BYE").header("Reason")
    voicemail.finish()
    mobile.rtp.press("1")
    call.until(CONNECTED)
    call.cancel()
    mobile.finish()
    callee.finish()


def test_busy_then_unanswered_then_nobody(world: World) -> None:
    desk = world.sipp("desk").does(refuses(486))
    mobile = world.sipp("mobile").does(rings_until_cancelled())
    callee = world.raw("callee")
    ring(world, "in-order", desk, mobile)
    call = world.api.place("101", callee.number)
    call.until(("Busy", "InProgress", "CannotReach"))
    desk.finish()
    mobile.finish()
    assert not mobile.received("CANCEL")[0].header("Reason")
    assert call.last["status"]["explanation"] == (
        "None of the caller's 2 phones took the call: the caller's phone is busy (486 Busy Here); "
        "the caller's phone was not answered in time."
    )
    assert not callee.messages


def test_two_phones_answer_at_the_same_moment(world: World) -> None:
    """One of them becomes the caller, the other one is hung up; its answer may cross a CANCEL, or come before one is
    sent."""
    both = [world.raw(name) for name in ("one", "two")]
    callee = world.sipp("callee").does(answers())
    ring(world, "at-once", *both)
    call = place(world, callee)
    invites = [phone.ring() for phone in both]
    for phone, invite in zip(both, invites, strict=True):
        phone.reply(invite, 200, body=sdp())
    for phone in both:
        phone.expect("ACK")
    call.until(CONNECTED)
    loser = eventually(lambda: next((phone for phone in both if phone.received("BYE")), None), "a BYE at one of them")
    loser.take_bye()
    assert call.cancel() == 204
    (winner,) = (phone for phone in both if phone is not loser)
    winner.take_bye()
    assert not winner.received("CANCEL")
    callee.finish()
    took = [phone.get("tookCall", False) for phone in call.leg("caller")["phones"]]
    assert sorted(took) == [False, True]


def test_delete_while_all_ring(world: World) -> None:
    phones = [world.sipp(name).does(rings_until_cancelled()) for name in ("desk", "mobile")]
    callee = world.raw("callee")
    ring(world, "at-once", *phones)
    call = world.api.place("101", callee.number)
    for phone in phones:
        phone.await_sent("180 INVITE")
    assert call.cancel() == 204
    for phone in phones:
        phone.finish()
    call.until(("Rejected", "Rejected", "CannotReach"))
    assert not callee.messages


def test_a_crash_leaves_no_phone_ringing(world: World) -> None:
    phones = [world.sipp(name).does(rings_until_cancelled()) for name in ("desk", "mobile")]
    callee = world.raw("callee")
    ring(world, "at-once", *phones)
    call = world.api.place("101", callee.number)
    for phone in phones:
        phone.await_sent("180 INVITE")
    eventually(lambda: call.look() and all(p.get("ringingTime") for p in call.leg("caller")["phones"]), "the row")
    world.server.kill()
    world.server.start()
    for phone in phones:
        phone.finish()
    assert not callee.messages
