"""Every sentence of the login pages exists in every language that they offer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ringout.web
from ringout.domain.scopes import PERMISSIONS
from ringout.web import login_pages, oauth_authorize

_SAID = re.compile(r"\bt\(\"([^\"]+)\"")
_PLACES = re.compile(r"\{\w+\}")


def sentences() -> set[str]:
    folder = Path(ringout.web.__file__).parent / "templates"
    found = {said for file in folder.glob("login_*.html") for said in _SAID.findall(file.read_text())}
    assert len(found) > 15
    problems = [getattr(oauth_authorize, name) for name in ("_WRONG", "_LOCKED", "_BUSY", "_STALE", "_NOT_KNOWN")]
    return found | set(PERMISSIONS.values()) | set(problems)


@pytest.mark.parametrize("language", [tag[:2] for tag in login_pages.LANGUAGES[1:]])
def test_every_sentence_is_translated(language: str) -> None:
    texts = login_pages._texts
    assert set(texts) == sentences()
    for english, others in texts.items():
        assert sorted(_PLACES.findall(others[language])) == sorted(_PLACES.findall(english))
