import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ringout
from ringout.web import problems, texts
from ringout.web.texts import LANGUAGES, TRANSLATIONS, choose_language, translate

SOURCES = Path(ringout.__file__).parent
# Refusals that carry their sentence, and which of their arguments it is.
SPOKEN = {
    "DestinationBarred": 2,
    "Conflict": 0,
    "Unavailable": 0,
    "UnreadableRequest": 0,
    "UnusableValue": 2,
    "GrantRefused": 2,
}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en-US"),
        ("de", "de-DE"),
        ("DE-at", "de-DE"),
        ("fr-CA, en", "fr-FR"),
        ("ja", "en-US"),
        ("ja, it;q=0.3", "it-IT"),
        ("de;q=0.5, es;q=0.7", "es-ES"),
        ("de;q=0.5,es;q=0.5", "de-DE"),
        ("de ; q=0.4 , nl ; Q=0.40", "de-DE"),
        ("de;q=0", "en-US"),
        ("de;q=0, *", "en-US"),
        ("*", "en-US"),
        ("*;q=0", "en-US"),
        ("*, de;q=0.5", "en-US"),
        ("*;q=0.1, pt;q=0.5", "pt-BR"),
        ("en;q=0, *;q=0.5", "de-DE"),
        ("en;q=0", "en-US"),
        ("fr;q=0.2, fr-CA;q=0.9, de;q=0.5", "fr-FR"),
        ("de;q=1.5, fr;q=0.1", "fr-FR"),  # a weight above 1 is no weight
        ("de;q=0.1234, fr;q=0.1", "fr-FR"),
        ("de;level=1, fr;q=0.1", "fr-FR"),
        ("zh-Hant-TW, es-419;q=0.8", "es-ES"),
        (";;,=,q, es", "es-ES"),
        ("\x00\xff", "en-US"),
        ("x" * 10_000, "en-US"),
        ("ja," * 10_000 + "de", "en-US"),
    ],
)
def test_choosing_a_language(header: str, language: str) -> None:
    assert choose_language(header) == language


def test_sentences_with_values() -> None:
    text = "Parameter [{parameter}] value is invalid"
    assert translate(text, {"parameter": "{to}"}, "en-US") == ("Parameter [{to}] value is invalid", "en-US")
    assert translate(text, {"parameter": "to"}, "de-DE")[0] == "Der Wert des Parameters [to] ist ungültig"
    assert translate("Nobody {has} translated this", {}, "de-DE") == ("Nobody {has} translated this", "en-US")
    whole = translate(text + ". {why}", {"parameter": "to", "why": "Invalid URI"}, "fr-FR")
    assert whole == ("La valeur du paramètre [to] n’est pas valide. URI non valide", "fr-FR")


@pytest.mark.parametrize("english", TRANSLATIONS)
def test_every_sentence_is_there_in_every_language_with_the_same_places(english: str) -> None:
    others = TRANSLATIONS[english]
    assert set(others) == {tag[:2] for tag in LANGUAGES} - {"en"}
    for other in others.values():
        assert sorted(re.findall(r"{\w+}", other)) == sorted(re.findall(r"{\w+}", english))
        assert english.endswith(".") == other.endswith(".") or "permission" in english
        assert other.isprintable()


def spoken_in_the_sources() -> Iterator[tuple[str, str]]:
    """(where, sentence) of every literal sentence that a refusal is raised with. The administration speaks to the
    operator, in English only."""
    for file in sorted(SOURCES.rglob("*.py")):
        if "admin" in file.relative_to(SOURCES).as_posix():
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            place = SPOKEN.get(name)
            if place is None:
                continue
            given = node.args[place] if len(node.args) > place else None
            given = next((k.value for k in node.keywords if k.arg in ("why", "what")), given)
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield f"{file.name}:{node.lineno}", given.value
    tree = ast.parse(Path(problems.__file__).read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in docstrings else None
        if isinstance(text, str) and re.fullmatch(r"[A-Z][^\n\"]* [^\n\"]*", text):
            yield f"problems.py:{node.lineno}", text


def test_nothing_is_said_that_is_not_translated() -> None:
    spoken = {sentence: where for where, sentence in spoken_in_the_sources()}
    spoken.pop(problems.REALM)
    assert "No trunk serves this number." in spoken
    assert "Internal error" in spoken
    assert {s: where for s, where in spoken.items() if s not in TRANSLATIONS} == {}


def test_no_sentence_is_left_over() -> None:
    sources = "\n".join(file.read_text() for file in SOURCES.rglob("*.py"))
    assert [english for english in TRANSLATIONS if f'"{english}"' not in sources] == []


def test_the_first_language_is_the_key() -> None:
    assert LANGUAGES[0] == texts.ENGLISH == "en-US"
