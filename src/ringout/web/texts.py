"""The language of an answer, and what is said in it. English is the key to all others: see translations.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

ENGLISH = "en-US"
# The first of each language stands for all its regions.
LANGUAGES = (ENGLISH, "de-DE", "es-ES", "fr-FR", "it-IT", "nl-NL", "pt-BR")
_BY_PREFIX = {tag[:2]: tag for tag in LANGUAGES}

_LONGEST_HEADER = 500
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*[Qq]\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?"
)


def _load() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("translations.toml").read_text("utf-8"))


TRANSLATIONS = _load()  # English sentence -> first two letters of the language -> the sentence in it


@lru_cache(512)
def choose_language(accept_language: str) -> str:
    """The best of LANGUAGES for an Accept-Language header; English when none fits, since a refusal in a foreign
    language is better than none. A range fits the language it begins with, whatever its region. Of equal weights the
    first counts. Source: RFC 9110 sections 12.4.2 and 12.5.4."""
    weights: dict[str, float] = {}
    for part in accept_language[:_LONGEST_HEADER].split(","):
        found = _RANGE.fullmatch(part)
        if found:
            prefix = found[1].lower().partition("-")[0]
            weights[prefix] = max(weights.get(prefix, 0.0), float(found[2] or 1))
    anything = weights.pop("*", 0.0)
    named = [prefix for prefix in weights if prefix in _BY_PREFIX]
    others = [prefix for prefix in _BY_PREFIX if prefix not in weights]
    best = max([*named, *others], key=lambda prefix: weights.get(prefix, anything))
    return _BY_PREFIX[best] if weights.get(best, anything) > 0 else ENGLISH


def translate(english: str, values: Mapping[str, str], language: str) -> tuple[str, str]:
    """The sentence with the values put into its {places}, and the language that it came out in: English where nobody
    has translated it. A sentence without values may hold any braces. The value `why` is a sentence itself."""
    others = TRANSLATIONS.get(english, {}) if language != ENGLISH else {}
    sentence = others.get(language[:2])
    if sentence is None:
        sentence, language = english, ENGLISH
    elif values.get("why"):
        values = {**values, "why": TRANSLATIONS.get(values["why"], {}).get(language[:2], values["why"])}
    return (sentence.format_map(values) if values else sentence), language
