"""The prompt: press 1 and only then the callee rings. Own prompts (short tones) stand in for the spoken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import CONNECTED, PLACED, World
from .sipp import SippPhone
from .steps import answers, ask, recv, reply_last
from .tones import share, sine, write_wav
from .waiting import eventually

pytestmark = pytest.mark.sipp

PRESS_1_HZ, WRONG_KEY_HZ, GOODBYE_HZ = 700, 900, 1150


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """A directory of prompts of one's own: each says its name by a tone of 0.4 s."""
    directory = tmp_path / "prompts"
    (directory / "en").mkdir(parents=True)
    for name, hz in {"press_1": PRESS_1_HZ, "wrong_key": WRONG_KEY_HZ, "goodbye": GOODBYE_HZ}.items():
        write_wav(directory / "en" / f"{name}.wav", sine(hz, 0.4))
    return directory


def heard(phone: SippPhone) -> list[int]:
    """The tones heard so far, in order, each change once; 0 = silence or something else."""
    samples = phone.rtp.heard()
    tones: list[int] = []
    for start in range(0, len(samples) - 479, 480):
        block = samples[start : start + 480]
        tone = next((hz for hz in (PRESS_1_HZ, WRONG_KEY_HZ, GOODBYE_HZ) if share(block, hz) > 0.8), 0)
        if not tones or tones[-1] != tone:
            tones.append(tone)
    return [tone for tone in tones if tone]


def await_tones(phone: SippPhone, *tones: int) -> None:
    eventually(lambda: heard(phone)[: len(tones)] == list(tones), f"the prompts {tones}, heard {heard(phone)}")


def test_caller_presses_1_by_telephone_event(world: World, prompts: Path) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    world.serve(media={"prompts": str(prompts)})
    call = world.place(caller, callee, prompt=True)
    await_tones(caller, PRESS_1_HZ)
    assert call.look() == PLACED
    assert callee.never_rang
    caller.rtp.press("1")
    call.until(CONNECTED)
    call.lived(PLACED, ("Success", "InProgress", "InProgress"), CONNECTED)
    call.cancel()
    caller.finish()
    callee.finish()


def test_caller_presses_2_then_1(world: World, prompts: Path) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    world.serve(media={"prompts": str(prompts)})
    call = world.place(caller, callee, prompt=True)
    await_tones(caller, PRESS_1_HZ)
    caller.rtp.press("2")
    await_tones(caller, PRESS_1_HZ, WRONG_KEY_HZ, PRESS_1_HZ)
    assert call.look() == PLACED
    assert callee.never_rang
    caller.rtp.press("1")
    call.until(CONNECTED)
    call.cancel()
    caller.finish()
    callee.finish()


def test_caller_never_presses(world: World, prompts: Path) -> None:
    """The prompt is repeated prompt_attempts times, then the caller is told and hung up; the callee never rings."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    world.serve(media={"prompts": str(prompts)}, call={"prompt_attempts": 2, "prompt_wait_seconds": 0.5})
    call = world.place(caller, callee, prompt=True)
    call.until(("NoAnswer", "InProgress", "CannotReach"))
    caller.finish()
    assert not callee.messages
    assert heard(caller) == [PRESS_1_HZ, GOODBYE_HZ]
    # Two attempts of 0.4 s each, as 20 ms packets.
    samples = caller.rtp.heard()
    blocks = [samples[start : start + 160] for start in range(0, len(samples), 160)]
    assert 36 <= sum(share(block, PRESS_1_HZ) > 0.8 for block in blocks) <= 44


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("application/dtmf-relay", "Signal=1\nDuration=160\n"), ("application/dtmf", "1")],
    ids=["dtmf-relay", "dtmf"],
)
def test_caller_presses_1_by_sip_info(world: World, prompts: Path, content_type: str, body: str) -> None:
    info = ask("INFO", 1, body=body, content_type=content_type)
    caller = world.sipp("caller").does(answers(then=[info, recv(200), recv("BYE"), reply_last()]))
    callee = world.sipp("callee").does(answers())
    world.serve(media={"prompts": str(prompts)})
    call = world.place(caller, callee, prompt=True)
    call.until(CONNECTED)
    call.cancel()
    caller.finish()
    callee.finish()


def test_shipped_prompt_is_speech(world: World) -> None:
    """The prompt that comes with the package: sound, and not one tone of any kind."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee, prompt=True)
    caller.rtp.await_packets(100)
    samples = caller.rtp.heard()
    blocks = [samples[start : start + 800] for start in range(0, len(samples) - 799, 800)]
    loud = [block for block in blocks if max(map(abs, block)) > 500]
    assert len(loud) > len(blocks) // 2
    assert not any(share(samples, hz) > 0.3 for hz in range(200, 2000, 20))
    call.cancel()
    caller.finish()
