"""What the display says of each moment of a call, on a pipe and on a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from ringout.cli.snapshot import Lane, Snapshot, read_snapshot
from ringout.cli.two_lanes import TwoLanes


def lane(
    status: str = "InProgress", sentence: str = "", *, dialed: int = 0, ringing: int = 0, answered: int = 0
) -> Lane:
    return Lane("+1650", status, sentence, bool(dialed), bool(ringing), bool(answered))


def snapshot(call: str, you: Lane, them: Lane) -> Snapshot:
    return Snapshot("7", call, "", you, them)


@pytest.mark.parametrize(
    ("party", "words"),
    [
        (lane(), "waiting"),
        (lane(dialed=1), "calling"),
        (lane(dialed=1, ringing=1), "ringing"),
        (lane(dialed=1, ringing=1, answered=1), "answered, asked for a 1"),
        (lane("Success", answered=1), "on the phone"),
        (lane("Finished", answered=1), "hung up"),
        (lane("Busy", dialed=1), "Busy"),
    ],
)
def test_a_party_is_told_in_plain_words(party: Lane, words: str) -> None:
    assert party.state == words


@pytest.mark.parametrize(
    ("call", "you", "them", "joined", "ended"),
    [
        ("InProgress", "InProgress", "InProgress", False, False),
        ("InProgress", "Success", "InProgress", False, False),
        ("Success", "Success", "Success", True, False),
        ("Success", "Finished", "Finished", True, True),
        ("CannotReach", "Success", "Busy", False, True),
        ("Error", "GenericError", "InProgress", False, True),
    ],
)
def test_joined_and_ended(call: str, you: str, them: str, joined: bool, ended: bool) -> None:
    now = snapshot(call, lane(you), lane(them))
    assert (now.joined, now.ended) == (joined, ended)


@pytest.mark.parametrize(
    ("callee", "number"),
    [
        ({"phoneNumber": "+1650"}, "+1650"),
        ({"extensionNumber": "102"}, "102"),
        ({"extensionNumber": "102", "label": "Desk phone"}, "102 (Desk phone)"),
        ({"label": "Desk phone"}, "Desk phone"),
        ({}, ""),
    ],
)
def test_a_party_is_named_as_the_server_names_it(callee: dict[str, Any], number: str) -> None:
    assert read_snapshot({"status": {"callee": callee}}).them.number == number


@pytest.mark.parametrize("body", [{}, {"status": None}, {"id": 7, "status": {"callStatus": "Success", "caller": 3}}])
def test_another_server_s_answer_is_readable_too(body: dict[str, Any]) -> None:
    assert isinstance(read_snapshot(body), Snapshot)


def test_on_a_pipe_each_change_is_one_line() -> None:
    out = io.StringIO()
    with TwoLanes(Console(file=out, width=120)) as lanes:
        lanes.show(snapshot("InProgress", lane(dialed=1), lane()), 0.0)
        lanes.show(snapshot("InProgress", lane(dialed=1), lane()), 0.25)
        lanes.show(snapshot("CannotReach", lane("Success"), lane("Busy", "Their phone is busy.")), 12.5)
    assert out.getvalue().splitlines() == [
        "RingOut 7",
        "  0.0 s  You   +1650            calling",
        "  0.0 s  Them  +1650            waiting",
        " 12.5 s  You   +1650            on the phone",
        " 12.5 s  Them  +1650            Busy - Their phone is busy.",
    ]


def test_on_a_terminal_both_stand_side_by_side() -> None:
    out = io.StringIO()
    with TwoLanes(Console(file=out, width=100, force_terminal=True, color_system=None)) as lanes:
        lanes.show(snapshot("InProgress", lane("Success"), lane(dialed=1, ringing=1)), 61)
    screen = out.getvalue()
    assert "RingOut 7   InProgress   1:01" in screen
    assert any("on the phone" in line and "ringing" in line for line in screen.splitlines())
