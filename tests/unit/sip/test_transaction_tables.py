"""Every pair of every machine of the package is either in its table or named as ignored, and never both."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from ringout.sip import client_transaction as client
from ringout.sip import server_transaction as server
from ringout.sip import session_table as session
from ringout.sip import session_timer
from ringout.sip.invite_client import UacSession
from ringout.sip.invite_server import UasSession
from ringout.sip.state_table import compile_table

_C, _S = client.ClientState, server.ServerState
_CLIENT_INPUTS, _SERVER_INPUTS = tuple(client.ClientInput), tuple(server.ServerInput)

# name -> (class, table, ignored, states, inputs, pairs that cannot come: the timer does not run or the input not exist)
MACHINES: dict[str, tuple[Any, Any, Any, tuple[StrEnum, ...], tuple[StrEnum, ...], set[tuple[str, str]]]] = {
    "INVITE client": (
        client.InviteClientTransaction,
        client.INVITE_TABLE,
        client.INVITE_IGNORED,
        (_C.CALLING, _C.PROCEEDING, _C.COMPLETED, _C.ACCEPTED),
        _CLIENT_INPUTS,
        {
            ("calling", "timer D/K/M"),
            *(("proceeding", timer) for timer in ("timer A/E", "timer B/F", "timer D/K/M")),
            *((state, timer) for state in ("completed", "accepted") for timer in ("timer A/E", "timer B/F")),
        },
    ),
    "other client": (
        client.OtherClientTransaction,
        client.OTHER_TABLE,
        client.OTHER_IGNORED,
        (_C.TRYING, _C.PROCEEDING, _C.COMPLETED),
        _CLIENT_INPUTS,
        {
            ("trying", "timer D/K/M"),
            ("proceeding", "timer D/K/M"),
            ("completed", "timer A/E"),
            ("completed", "timer B/F"),
        },
    ),
    "INVITE server": (
        server.InviteServerTransaction,
        server.INVITE_TABLE,
        server.INVITE_IGNORED,
        (_S.PROCEEDING, _S.COMPLETED, _S.CONFIRMED, _S.ACCEPTED),
        _SERVER_INPUTS,
        {
            *(("proceeding", timer) for timer in ("timer G", "timer H", "timer I/J/L")),
            ("completed", "timer I/J/L"),
            *((state, timer) for state in ("confirmed", "accepted") for timer in ("timer G", "timer H")),
        },
    ),
    "other server": (
        server.OtherServerTransaction,
        server.OTHER_TABLE,
        server.OTHER_IGNORED,
        (_S.TRYING, _S.PROCEEDING, _S.COMPLETED),
        tuple(kind for kind in _SERVER_INPUTS if kind is not server.ServerInput.ACK),
        {
            *((state, timer) for state in ("trying", "proceeding", "completed") for timer in ("timer G", "timer H")),
            ("trying", "timer I/J/L"),
            ("proceeding", "timer I/J/L"),
        },
    ),
    "UAC session": (
        UacSession,
        session.UAC_TABLE,
        session.UAC_IGNORED,
        session.UAC_PHASES,
        session.UAC_INPUTS,
        set(),
    ),
    "UAS session": (
        UasSession,
        session.UAS_TABLE,
        session.UAS_IGNORED,
        session.UAS_PHASES,
        session.UAS_INPUTS,
        set(),
    ),
    "session timer": (
        session_timer.SessionTimer,
        session_timer.TABLE,
        session_timer.IGNORED,
        tuple(session_timer.TimerState),
        tuple(session_timer.TimerInput),
        set(),
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_every_pair_is_accounted_for(name: str) -> None:
    _, table, ignored, states, inputs, impossible = MACHINES[name]
    every = {(state, kind) for state in states for kind in inputs}
    accounted = set(table) | set(ignored) | impossible
    assert every - accounted == set()
    assert accounted - every == set()
    assert set(table) & set(ignored) == set()
    assert impossible & (set(table) | set(ignored)) == set()


@pytest.mark.parametrize("name", MACHINES)
def test_every_order_has_somebody_who_carries_it_out(name: str) -> None:
    owner, table, ignored, *_ = MACHINES[name]
    assert compile_table(owner, table, ignored) == owner.STEPS


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_can_be_left(name: str) -> None:
    _, table, _, states, *_ = MACHINES[name]
    for state in states:
        if state != "terminated":
            assert any(start == state and to != state for (start, _), (to, _) in table.items()), state
