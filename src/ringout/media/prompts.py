"""The recordings a caller may hear, and where they come from: shipped, or a directory of one's own over them."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

from ringout.audio import wav
from ringout.audio.frame import RATE_HZ

SHIPPED = Path(__file__).parent / "prompts"
FALLBACK_LANGUAGE = "en"


class BadPrompt(OSError):
    """A recording that cannot be played. The text names the file and says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """language: a directory name such as "en". seconds: how long it plays. source: the file."""

    language: str
    name: str
    seconds: float
    source: Path


def available(override: Path | None = None) -> list[Prompt]:
    """Every prompt by language and name, each file read and checked. override: a directory of LANGUAGE/NAME.wav whose
    files win over the shipped ones. Raises BadPrompt for a file that cannot be played or a directory that is not
    there."""
    if override is not None and not override.is_dir():
        raise BadPrompt(f"{override}: there is no such directory of prompts.")
    files = {}
    for root in (SHIPPED, override):
        if root is not None:
            files.update({(path.parent.name, path.stem): path for path in root.glob("*/*.wav")})
    return [Prompt(language, name, len(read(path)) / RATE_HZ, path) for (language, name), path in sorted(files.items())]


def find(name: str, language: str, override: Path | None = None) -> Path | None:
    """The file of one prompt: in that language, else in English, one's own before the shipped. None = there is
    none."""
    for spoken in (language, FALLBACK_LANGUAGE):
        for root in (override, SHIPPED):
            if root is not None and (path := root / spoken / f"{name}.wav").is_file():
                return path
    return None


def read(path: Path) -> array[int]:
    """The samples. Raises BadPrompt."""
    try:
        return wav.read(path.read_bytes())
    except wav.BadWav as error:
        raise BadPrompt(f"{path}: {error.reason}") from error
    except OSError as error:
        raise BadPrompt(f"{path}: {error.strerror}.") from error
