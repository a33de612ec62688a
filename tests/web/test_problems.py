import dataclasses
from collections.abc import Iterator

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
        values = {"allow": ("GET",), "retry_after_seconds": 3, "client_rejected": False}
        answer = problems.answer_error(kind(**{name: values.get(name, "x") for name in names}))
        assert 400 <= answer.status < 600
        assert b'"errors":[{"errorCode":' in answer.body
