"""Writes docs/reference/machine.md and outcomes.md from the tables in the code. A test holds them to it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from ringout.domain import orders as o
from ringout.domain.causes import CAUSES, VAGUE
from ringout.domain.machine_ignored import IGNORED
from ringout.domain.machine_kinds import Kind, State
from ringout.domain.machine_table import TABLE
from ringout.domain.outcomes import (
    CLASSES,
    EXACT,
    NO_RESPONSE,
    NO_ROUTE,
    NO_SDP,
    NOTHING_LISTENS,
    OWN_FAULT,
    UNREACHABLE,
    UNUSABLE_ANSWER,
    Row,
)
from ringout.domain.ringing_table import (
    PHONE_IGNORED,
    PHONE_TABLE,
    GiveUp,
    LetGo,
    PhoneKind,
    PhoneOrder,
    PhoneState,
    Take,
)

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"

_MACHINE_HEAD = """# The RingOut machine

Printed by `python tools/domain_reference.py` from `src/ringout/domain/machine_table.py`; do not edit.

A fact (something happened) is sorted into a kind, then state and kind are looked up: the row names the next state and
the orders. What is not in the table is ignored for the reason given at the end.

"""

_PHONES_HEAD = """
## One of several phones

When several of the user's phones ring for the caller, the machine above stays in CallerRinging until one of them takes
the call. Each phone has this machine of its own (`src/ringout/domain/ringing_table.py`); "caller" is whoever holds it.

"""

_OUTCOMES_HEAD = """# How a failed leg reads

Printed by `python tools/domain_reference.py` from `src/ringout/domain/outcomes.py`; do not edit.

A leg that is never answered ends with the status of this table; code and reason phrase stand beside it in the API.
*Side* says who ended it: the *party* (read: caller or callee), the *network*, or this *server*. The sentence
begins with "The caller's" or "The callee's".

"""

CAUSES_HEAD = """
## Causes of the telephone network

A Reason header field beside the code may bring a cause of ITU-T Q.850 (RFC 3326, RFC 6432). The API shows it as
`cause` and `causeText`, and the sentence names it. It decides instead of the code where that is vague
({vague}, and any code that is not in the table above).

| cause | name | status | side | sentence |
|---|---|---|---|---|
"""


def machine_page() -> str:
    parts = [_MACHINE_HEAD, _diagram(), "\n", *_tables(State, Kind, TABLE, IGNORED, "##")]
    parts += [_PHONES_HEAD, *_tables(PhoneState, PhoneKind, PHONE_TABLE, PHONE_IGNORED, "###")]
    return "".join(parts)


def _tables(states: type[Enum], kinds: type[Enum], table: Mapping[Any, Any], ignored: Any, level: str) -> list[str]:
    parts = []
    for state in states:
        rows = [(kind, *table[state, kind]) for kind in kinds if (state, kind) in table]
        if rows:
            parts.append(f"{level} {state.value}\n\n| when | then | orders |\n|---|---|---|\n")
            parts += [f"| {kind.value} | {then.value} | {_orders(orders)} |\n" for kind, then, orders in rows]
            parts.append("\n")
    parts.append(f"{level} Ignored\n\n| state | reason | kinds |\n|---|---|---|\n")
    for state in states:
        reasons: dict[str, list[str]] = {}
        for kind in kinds:
            if (state, kind) in ignored:
                reasons.setdefault(ignored[state, kind], []).append(kind.value)
        parts += [f"| {state.value} | {why} | {', '.join(found)} |\n" for why, found in reasons.items()]
    return parts


def outcomes_page() -> str:
    parts = [_OUTCOMES_HEAD, "| code | status | side | sentence | source |\n|---|---|---|---|---|\n"]
    parts += [_outcome(str(code), row) for code, row in sorted(EXACT.items())]
    parts += [_outcome(f"any other {digit}xx", row) for digit, row in CLASSES.items()]
    parts.append(_outcome("no response at all", NO_RESPONSE))
    parts.append(_outcome("transport error", UNREACHABLE))
    parts.append(_outcome("its port is closed", NOTHING_LISTENS))
    parts.append(_outcome("2xx with unusable SDP", UNUSABLE_ANSWER))
    parts.append(_outcome("2xx without SDP", NO_SDP))
    parts.append(_outcome("no trunk", NO_ROUTE))
    parts.append(_outcome("our request could not be made", OWN_FAULT))
    parts.append(CAUSES_HEAD.format(vague=", ".join(map(str, sorted(VAGUE)))))
    for number, cause in sorted(CAUSES.items()):
        sentence = f"...'s {cause.what}" if cause.status else "the code decides"
        side = cause.side if cause.status else ""
        parts.append(f"| {number} | {cause.name} | {cause.status or ''} | {side} | {sentence} |\n")
    return "".join(parts)


def _outcome(code: str, row: Row) -> str:
    return f"| {code} | {row.status} | {row.side} | ...'s {row.what} | {row.source} |\n"


def _diagram() -> str:
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, kind), (then, _) in TABLE.items():
        if then is not state and then not in (State.ENDING, State.ENDED):
            arrows.setdefault((state, then), []).append(kind.value)
    lines = [f"    {a.value} --> {b.value}: {' / '.join(kinds)}\n" for (a, b), kinds in arrows.items()]
    ends = sorted({state.value for (state, _), (then, _) in TABLE.items() if then in (State.ENDING, State.ENDED)})
    lines += [f"    {name} --> Ended\n" if name == "Ending" else f"    {name} --> Ending\n" for name in ends]
    return f"```mermaid\nstateDiagram-v2\n    [*] --> New\n{''.join(lines)}    Ended --> [*]\n```\n"


def _orders(orders: tuple[PhoneOrder, ...]) -> str:
    return "; ".join(_order(order) for order in orders) or "-"


def _order(order: PhoneOrder) -> str:
    match order:
        case o.Dial(party):
            return f"dial {party}"
        case o.HangUp(party):
            return f"hang up {party}"
        case o.Play(sounds):
            return f"play {' + '.join(sounds)}"
        case o.PlayRingback():
            return "play ringback"
        case o.ListenToCallee():
            return "let the caller hear the callee"
        case o.StopPlaying():
            return "stop playing"
        case o.SendPostDial():
            return "send the digits for after the answer"
        case o.Bridge():
            return "bridge"
        case o.CloseMedia():
            return "close media"
        case o.StartTimer(timer):
            return f"start timer *{timer.value}*"
        case o.StopTimer(timer):
            return f"stop timer *{timer.value}*"
        case o.Show(party, status, _):
            return f"**{party} {status}**"
        case o.End(party, status, _, _):
            return f"**{party} {status or 'as the outcome says'}**, ended"
        case Take():
            return "**this phone is the caller**"
        case GiveUp():
            return "the next phone may ring"
        case LetGo():
            return "hang up: answered elsewhere"
        case o.Conclude(status, _, _):
            return f"**call {status}**"


def main() -> None:
    (REFERENCE / "machine.md").write_text(machine_page())
    (REFERENCE / "outcomes.md").write_text(outcomes_page())


if __name__ == "__main__":
    main()
