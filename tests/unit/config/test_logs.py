"""One JSON object a line; nothing secret in it; a level that is off costs no rendering."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from ringout import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    was_configured, before = structlog.is_configured(), structlog.get_config()
    made = io.StringIO()
    logs.configure("info", "node-1", made)
    yield made
    structlog.reset_defaults()
    if was_configured:  # by the modules that took their loggers before
        structlog.configure(**before)
    root.handlers, root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_line_names_node_part_call_and_leg(stream: io.StringIO) -> None:
    logs.get("engine").bind(call=42, leg="caller").info("answered", code=200)
    (line,) = lines(stream)
    assert list(line) == ["time", "level", "node", "part", "call", "leg", "code", "event"]
    assert (line["node"], line["part"], line["call"], line["leg"]) == ("node-1", "engine", 42, "caller")


@pytest.mark.parametrize("key", ["password", "client_secret", "access_token", "jwt", "assertion", "digit", "nonce"])
def test_what_is_secret_by_name_is_masked(stream: io.StringIO, key: str) -> None:
    logs.get("web").info("x", **{key: "hidden7"})
    assert "hidden7" not in stream.getvalue()
    assert lines(stream)[0][key] == logs.MASK


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hidden7hidden7",
        "authorization: basic aGlkZGVuNw==hidden7",
        "grant_type=password&password=hidden7&x=1",
        '{"access_token": "hidden7", "a": 1}',
        "token eyJhbGciOiJSUzI1NiJ9.hidden7.sig",
        "Signal=hidden7\r\nDuration=100",
    ],
)
def test_what_is_secret_inside_a_text_is_masked(stream: io.StringIO, text: str) -> None:
    logs.get("sip").info("message", text=text)
    assert "hidden7" not in stream.getvalue()
    assert logs.MASK in stream.getvalue()


def test_a_challenge_is_no_secret() -> None:
    challenge = 'WWW-Authenticate: Digest realm="carrier", algorithm=MD5'
    assert logs.mask_text(challenge) == challenge


class Loud:
    def __repr__(self) -> str:
        raise AssertionError("rendered although the level is off")

    __str__ = __repr__


def test_a_level_that_is_off_renders_nothing(stream: io.StringIO) -> None:
    logs.get("engine").debug("never", value=Loud())
    assert stream.getvalue() == ""


def test_libraries_speak_the_same_form(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("%s of %d", "one", 2)
    logging.getLogger("uvicorn.error").info("not at this level")
    (line,) = lines(stream)
    assert (line["part"], line["event"], line["level"]) == ("uvicorn.error", "one of 2", "warning")


def test_an_exception_brings_its_traceback_on_the_same_line(stream: io.StringIO) -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        logs.get("net").exception("failed")
    (line,) = lines(stream)
    assert "ValueError: odd" in line["exception"]
