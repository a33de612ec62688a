"""Text of a peer that people will read: reason phrases and Reason values, in reports, rows and explanations."""

from __future__ import annotations

from typing import Final

MAX_CHARACTERS: Final = 128


def printable(text: str) -> str:
    """At most MAX_CHARACTERS of text, on one line. What is not printable (control characters, bytes that are no
    UTF-8, marks that turn the direction of writing) becomes one blank."""
    if len(text) <= MAX_CHARACTERS and text.isprintable():
        return text
    shown = [character if character.isprintable() else " " for character in text[: 4 * MAX_CHARACTERS]]
    return " ".join("".join(shown).split())[:MAX_CHARACTERS].rstrip()
