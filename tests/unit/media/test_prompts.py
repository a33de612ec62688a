"""The shipped recordings and those of one's own."""

from __future__ import annotations

from math import log10, sqrt
from pathlib import Path

import pytest

from ringout.audio import tones, wav
from ringout.domain.machine_table import TABLE
from ringout.domain.orders import Play
from ringout.media import prompts


def test_every_language_has_every_prompt_at_telephone_level() -> None:
    shipped = prompts.available()
    languages = {prompt.language for prompt in shipped}
    played = {
        sound for _, orders in TABLE.values() for order in orders if isinstance(order, Play) for sound in order.sounds
    }
    assert languages >= {"en", "es", "fr", "de"}
    assert {(prompt.language, prompt.name) for prompt in shipped} == {
        (language, name) for language in languages for name in played
    }
    for prompt in shipped:
        samples = prompts.read(prompt.source)
        voiced = [sample for sample in samples if abs(sample) > 300]
        level = 20 * log10(sqrt(sum(sample * sample for sample in voiced) / len(voiced)) / 32768)
        assert -22 < level < -16, prompt
        assert len(samples) % 160 == 0
        assert 0.5 < prompt.seconds < 10
    assert (prompts.SHIPPED / "LICENSE.txt").is_file()


def test_ones_own_win_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "tlh").mkdir()
    for path in (tmp_path / "en" / "press_1.wav", tmp_path / "tlh" / "press_1.wav"):
        path.write_bytes(wav.write(tones.hum((600,), 0.5)))
    found = {(prompt.language, prompt.name): prompt for prompt in prompts.available(tmp_path)}
    assert found["en", "press_1"].source == tmp_path / "en" / "press_1.wav"
    assert found["en", "press_1"].seconds == 0.5
    assert found["en", "goodbye"].source == prompts.SHIPPED / "en" / "goodbye.wav"
    assert prompts.find("press_1", "tlh", tmp_path) == tmp_path / "tlh" / "press_1.wav"
    assert prompts.find("goodbye", "tlh", tmp_path) == prompts.SHIPPED / "en" / "goodbye.wav"
    assert prompts.find("no_such", "en", tmp_path) is None


def test_bad_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(prompts.BadPrompt, match="no such directory"):
        prompts.available(tmp_path / "nowhere")
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "press_1.wav").write_bytes(b"RIFF")
    with pytest.raises(prompts.BadPrompt, match=r"en/press_1\.wav: It is not a WAV file"):
        prompts.available(tmp_path)
