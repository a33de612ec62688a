import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import ringout
from ringout.domain import errors as domain
from ringout.domain.errors import RingOutError
from ringout.web import errors as http
from ringout.web import problems

ROOTS = {domain.RingOutError, domain.Refused, http.HttpError}  # never raised themselves


def subclasses(of: type[RingOutError]) -> Iterator[type[RingOutError]]:
    for child in of.__subclasses__():
        yield child
        yield from subclasses(child)


def test_every_error_has_its_line() -> None:
    assert set(subclasses(RingOutError)) - ROOTS == set(problems.PROBLEMS)


def test_every_line_words_an_answer() -> None:
    for kind in problems.PROBLEMS:
        names = [f.name for f in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
        values = {"allow": ("GET",), "retry_after_seconds": 3, "client_rejected": False, "rule": 103, "limit": 9}
        answer = problems.answer_error(kind(**{name: values.get(name, "x") for name in names}))
        assert 400 <= answer.status < 600
        assert b'"errors":[{"errorCode":' in answer.body


def test_every_code_that_is_sent_has_a_test_that_names_it() -> None:
    """Whatever looks like a code anywhere in the sources; those of numbered families with each of their numbers."""
    sources = [file.read_text() for file in Path(ringout.__file__).parent.rglob("*.py")]
    nodes = (node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    texts = {str(node.value, "latin-1") if isinstance(node.value, bytes) else str(node.value) for node in nodes}
    codes = {text for text in texts if re.fullmatch(r"[A-Z]{3}-[0-9]{3}", text)} - {"SHA-256"}
    codes |= {f"FPN-{number}" for number in problems.FORWARDING_RULES}
    codes |= {problem.code for problem in (problems.OUR_FAULT,)}
    assert {"AGW-431", "CLG-101", "CMN-101", "CMN-301", "FPN-103", "OAU-149", "TEL-108"} <= codes
    tests = set(Path(__file__).parents[1].rglob("test_*.py")) - {Path(__file__)}
    named = "\n".join(file.read_text() for file in tests)
    assert sorted(code for code in codes if not re.search(rf"[\"\'(]{code}\b", named)) == []
