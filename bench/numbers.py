"""The telephone numbers of the measures: one pair per call, so that every call can be told from its numbers."""


def caller_number(index: int) -> str:
    return f"+1650{2_000_000 + index % 7_000_000}"


def callee_number(index: int) -> str:
    return f"+1651{2_000_000 + index % 7_000_000}"


def index_of(number: str) -> int:
    """The call a number belongs to; number as in caller_number, with or without +."""
    return int(number[-7:]) - 2_000_000
