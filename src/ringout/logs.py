"""Structured logs: one JSON object a line on standard error. Secrets, tokens and pressed digits never appear.

A module takes its logger once, `log = logs.get("engine")`, and a call binds its own: `log.bind(call=id, leg="caller")`.
A level that is off costs one method call: values are passed as keywords and are rendered only when the line is written.
Libraries that log through `logging` come out in the same form.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Protocol, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}

MASK = "***"
_SECRET_KEYS = frozenset(
    {
        "password",
        "secret",
        "client_secret",
        "token",
        "access_token",
        "refresh_token",
        "jwt",
        "assertion",
        "authorization",
        "proxy_authorization",
        "cookie",
        "credentials",
        "nonce",
        "cnonce",
        "key",
        "digit",
        "digits",
    }
)
_SECRET_TEXT = re.compile(
    r"(?i)(?P<scheme>\b(?:bearer|basic|digest)\s+)(?!realm)[^\s,;\"']{6,}"
    r"|(?P<name>\b(?:access_token|refresh_token|client_secret|password|assertion|signal)\"?\s*[=:]\s*\"?)[^\s&\"]+"
    r"|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"
)


class Log(Protocol):
    """What a module may do with its logger. event: a fixed sentence; what varies goes into keywords."""

    def bind(self, **values: Any) -> Log: ...
    def info(self, event: str, **values: Any) -> Any: ...
    def warning(self, event: str, **values: Any) -> Any: ...
    def error(self, event: str, **values: Any) -> Any: ...
    def exception(self, event: str, **values: Any) -> Any:
        """As error, with the traceback of the exception being handled."""


def get(name: str) -> Log:
    """The logger of one part ("engine", "web"); name stands as `part` on every line."""
    if not structlog.is_configured():
        configure("warning")
    return cast(Log, structlog.get_logger(part=name))


def mask_text(text: str) -> str:
    """text without bearer tokens, JWTs, passwords in forms and digits in SIP INFO bodies."""
    return _SECRET_TEXT.sub(lambda m: (m["scheme"] or m["name"] or "") + MASK, text)


def _mask(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    for key, value in line.items():
        if key in _SECRET_KEYS:
            line[key] = MASK
        elif isinstance(value, str):
            line[key] = mask_text(value)
    return line


class _Writer:
    """Writes whole lines to stream, or to whatever standard error is at that moment."""

    __slots__ = ("_stream",)

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        stream = self._stream or sys.stderr
        stream.write(line + "\n")
        stream.flush()

    debug = info = warning = error = critical = exception = log = msg


class _Stdlib(logging.Handler):
    """Brings the lines of libraries into our form."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            structlog.get_logger(part=record.name).log(
                record.levelno, record.getMessage(), **({"exc_info": record.exc_info} if record.exc_info else {})
            )
        except Exception:  # noqa: BLE001  a log line must never take a call down
            self.handleError(record)


def configure(level: str = "info", node: str = "ringout", stream: TextIO | None = None) -> None:
    """Call once, at start. level: a name of LEVELS; everything below it costs nothing. stream: standard error."""
    threshold = LEVELS[level]
    encoder = msgspec.json.Encoder(enc_hook=repr)

    def add_node(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        return {"time": line.pop("time"), "level": line.pop("level"), "node": node, **line}

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            add_node,
            _mask,
            structlog.processors.JSONRenderer(serializer=lambda line, **_: encoder.encode(line).decode()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: _Writer(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Stdlib()]
    root.setLevel(max(threshold, logging.WARNING) if threshold > logging.DEBUG else threshold)
