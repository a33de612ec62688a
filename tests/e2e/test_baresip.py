"""baresip as the phones: another SIP and RTP implementation, its own tone, its own recording."""

from __future__ import annotations

import pytest

from .baresip import BaresipPhone
from .harness import CONNECTED, ENDED, World
from .steps import answers
from .tones import from_now_on, level, parts_with, share
from .waiting import eventually

pytestmark = pytest.mark.baresip


def hears(phone: BaresipPhone, hz: float, but_not: float) -> None:
    """One second of the phone's own recording from now on."""
    new = from_now_on(lambda: phone.heard()[1])

    def there() -> bool:
        samples = new()
        assert phone.heard()[0] == 8000
        last = samples[-8000:]
        return len(last) == 8000 and parts_with(last, hz) >= 0.7 and share(last, but_not) < 0.01 and level(last) > 1000

    eventually(there, f"{hz} Hz and not {but_not} Hz in the recording of {phone.name}")


def test_two_baresip_phones_hear_each_other(world: World) -> None:
    caller = world.baresip("caller", 600).answers()
    callee = world.baresip("callee", 1000).answers()
    call = world.place(caller, callee)
    call.until(CONNECTED)
    hears(caller, 1000, 600)
    hears(callee, 600, 1000)
    caller.hang_up()
    call.until(ENDED)


def test_baresip_calls_a_sipp_phone(world: World) -> None:
    caller = world.baresip("caller", 600).answers()
    callee = world.sipp("callee").does(answers())
    call = world.place(caller, callee)
    call.until(CONNECTED)
    callee.hum(1000)
    eventually(lambda: share(callee.rtp.heard()[-4000:], 600) > 0.9, "600 Hz at the callee")
    hears(caller, 1000, 600)
    assert call.cancel() == 204
    call.until(ENDED)
    callee.finish()
    assert "terminated" in caller.report()


def test_baresip_caller_hears_the_ringback(world: World) -> None:
    caller = world.baresip("caller", 600).answers()
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()

    def ringback() -> bool:
        samples = caller.heard()[1][-1600:]
        return len(samples) == 1600 and share(samples, 440) > 0.3 and share(samples, 480) > 0.3

    eventually(ringback, "440 + 480 Hz in the recording of the caller")
    callee.answer(invite)
    call.until(CONNECTED)
    caller.hang_up()
    callee.take_bye()
    call.until(ENDED)
