"""What a look at one thing found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """UNKNOWN: cannot be seen from here; it is not held against anybody."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Repair:
    """done: what was done, as a sentence. do raises OSError or CommandFailed."""

    done: str
    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Finding:
    """subject: one or two words. says: a clause; step: what to do about it, a sentence, "" when all is well."""

    subject: str
    verdict: Verdict
    says: str
    step: str = ""
    repair: Repair | None = None

    def __str__(self) -> str:
        return f"{self.verdict:<8} {self.subject:<10} {self.says}.{' ' + self.step if self.step else ''}"


def ok(subject: str, says: str) -> Finding:
    return Finding(subject, Verdict.OK, says)


def wrong(subject: str, says: str, step: str, repair: Repair | None = None) -> Finding:
    return Finding(subject, Verdict.WRONG, says, step, repair)


def unknown(subject: str, says: str, step: str = "") -> Finding:
    return Finding(subject, Verdict.UNKNOWN, says, step)
