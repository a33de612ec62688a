"""Prepaid accounts: what is reserved before anybody rings, a call that uses up the balance, and what a call costs."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest

from .api import PlacedCall
from .harness import CONNECTED, ENDED, World
from .server import ServerProcess
from .steps import answers
from .waiting import eventually

pytestmark = pytest.mark.sipp


def serve(world: World, balance: int, *rates: tuple[str, int]) -> ServerProcess:
    known: list[dict[str, Any]] = [{"prefix": prefix, "units_per_minute": units} for prefix, units in rates]
    return world.serve(account={"balance": balance}, rates=known, media={"silence_seconds": 0.0})


def ask(server: ServerProcess, question: str) -> Sequence[tuple[Any, ...]]:
    """Of the database on the disk."""
    with closing(sqlite3.connect(f"file:{server.directory}/data/ringout.sqlite?mode=ro", uri=True)) as connection:
        return connection.execute(question).fetchall()


def balance(server: ServerProcess) -> int:
    """Units, which must be the sum of the ledger."""
    ((units,),) = ask(server, "SELECT units FROM balances")
    assert ask(server, "SELECT sum(amount) FROM ledger") == [(units,)]
    assert isinstance(units, int)
    return units


def charge(server: ServerProcess, call: PlacedCall) -> int:
    """Units that the call has cost; it is charged when both phones have confirmed that they are hung up."""
    question = f"SELECT amount FROM ledger WHERE ring_out_id = {call.id}"
    ((amount,),) = eventually(lambda: ask(server, question), "the call to be charged")
    assert isinstance(amount, int)
    return -amount


def test_of_two_calls_at_once_only_one_fits(world: World) -> None:
    """The second is refused while the first rings, names the leg that does not fit, and rings nobody."""
    caller, callee, other = world.raw("caller"), world.raw("callee"), world.raw("other")
    server = serve(world, 250, ("+1", 100))
    call = world.place(caller, callee)
    invite = caller.ring()
    refused = world.api.post(other.number, callee.number)
    assert refused.code == 403
    assert refused.body["errorCode"] == "InsufficientFunds"
    assert refused.body["errors"][0]["parameterName"] == "from.phoneNumber"
    assert refused.body["errors"][0]["parameterValue"] == other.number
    assert call.cancel() == 204
    caller.reply(caller.expect("CANCEL"), 200)
    caller.reply(invite, 487)
    caller.expect("ACK")
    call.until(("Rejected", "Rejected", "CannotReach"))
    assert not other.messages
    assert balance(server) == 250  # nobody had answered
    second = world.place(other, callee)
    other.reply(other.expect("INVITE"), 486)
    second.until(("Busy", "InProgress", "CannotReach"))
    assert balance(server) == 250


def test_a_balance_for_one_leg_alone(world: World) -> None:
    caller, callee = world.raw("caller"), world.raw("callee")
    serve(world, 199, ("+1", 100))
    refused = world.api.post(caller.number, callee.number)
    assert (refused.code, refused.body["errors"][0]["parameterName"]) == (403, "to.phoneNumber")
    assert not caller.messages


def test_a_number_without_a_rate(world: World) -> None:
    caller, callee = world.raw("caller"), world.raw("callee")
    serve(world, 10_000, (caller.number, 1))
    refused = world.api.post(caller.number, callee.number)
    assert (refused.code, refused.body["errorCode"]) == (403, "DestinationBlocked")
    assert refused.body["message"] == "No rate is known for this number."
    assert not caller.messages


def test_a_call_costs_both_legs_from_their_answers(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    server = serve(world, 10_000, ("+1", 600))
    call = world.place(caller, callee)
    call.until(CONNECTED)
    call.cancel()
    call.until(ENDED)
    caller.finish()
    callee.finish()
    units = charge(server, call)
    assert units >= 20  # a begun second of each
    assert units % 10 == 0
    assert balance(server) == 10_000 - units


def test_killed_while_connected_is_charged_once(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    server = serve(world, 1000, ("+1", 60))
    call = world.place(caller, callee)
    call.until(CONNECTED)
    server.kill()
    assert balance(server) == 1000
    server.start()
    caller.finish()
    callee.finish()
    again = PlacedCall(server.log_in(), call.last)
    again.until(ENDED)
    for _ in range(2):
        units = charge(server, call)
        assert 2 <= units <= 120  # no more than was reserved, however long the server was away
        assert balance(server) == 1000 - units
        server.kill()
        server.start()
    assert len(ask(server, "SELECT id FROM ledger")) == 2


@pytest.mark.slow
def test_a_call_is_cut_when_its_balance_is_used_up(world: World) -> None:
    """The least that a call can reserve is a minute of both legs, so this test lasts one."""
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(answers())
    server = serve(world, 125, ("+1", 60))
    call = world.place(caller, callee)
    call.until(CONNECTED)
    call.until(ENDED, seconds=90)
    caller.finish(90)
    callee.finish(90)
    assert call.leg("caller")["explanation"] == "The caller was hung up, because the balance of the account is used up."
    assert call.leg("callee")["explanation"] == "The callee was hung up, because the balance of the account is used up."
    assert call.leg("callee")["endedBy"] == "server"
    assert 120 <= charge(server, call) <= 125
    assert balance(server) == 125 - charge(server, call)
    assert world.api.post(caller.number, callee.number).code == 403
