"""A call followed by its event stream: what is told when streams break, are refused, or are held back by a proxy."""

from __future__ import annotations

import io
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

import pytest

from ringout.cli import following
from ringout.cli.failures import REFUSED, UNREACHABLE, CommandFailed, Later
from ringout.cli.following import Following

Step = bytes | Exception


class Answer(io.BytesIO):
    """A stream of that text, which then breaks off or ends."""

    def __init__(self, text: bytes, status: int) -> None:
        super().__init__(text)
        self.status = status


class Server:
    """follow takes the next step of the script; get tells the states in turn."""

    def __init__(self, *steps: Step, states: tuple[dict[str, Any], ...] = ()) -> None:
        self._steps, self._states = list(steps), list(states)
        self.asked: list[str] = []

    def follow(self, ring_out_id: str, last_event_id: str, /) -> HTTPResponse:
        self.asked.append(f"follow {last_event_id}".strip())
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        answer: Any = Answer(step, 200 if step else 204)
        return answer  # type: ignore[no-any-return]

    def get(self, ring_out_id: str, /) -> dict[str, Any]:
        self.asked.append("get")
        return self._states.pop(0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "REOPEN_SECONDS", 0.0)
    monkeypatch.setattr(following, "ASK_SECONDS", 0.0)


def event(number: int, **state: Any) -> bytes:
    data = ", ".join(f'"{name}": {value}' for name, value in state.items())
    return f": \n\nid: e-{number}\nevent: ring-out\ndata: {{{data}}}\n\n".encode()


def told(server: Server) -> list[dict[str, Any]]:
    """All up to the end."""
    heard = Following(server, "1")
    states: list[dict[str, Any]] = []
    while not states or "endTime" not in states[-1]:
        state = heard.next(20)
        assert state is not None
        states.append(state)
    return states


END = {"endTime": 2}


@pytest.mark.parametrize(
    ("server", "asked"),
    [
        (lambda: Server(event(1, a=1) + event(2, endTime=2)), ["follow"]),
        (lambda: Server(event(1, a=1), event(2, endTime=2)), ["follow", "follow e-1"]),
        (lambda: Server(event(1, a=1), TimeoutError(), states=(END,)), ["follow", "follow e-1", "get"]),
        (
            lambda: Server(TimeoutError(), event(2, endTime=2), states=({"a": 1},)),
            ["follow", "get", "follow"],
        ),
        (
            lambda: Server(Later("", REFUSED, None), Later("", REFUSED, None), states=({"a": 1}, END)),
            ["follow", "get", "follow", "get"],
        ),
        (
            lambda: Server(Later("", UNREACHABLE, 0.0), event(1, a=1) + event(2, endTime=2)),
            ["follow", "follow"],
        ),
    ],
    ids=["whole", "ends early", "silent", "silent at first", "no stream to spare", "not now"],
)  # fmt: skip
def test_the_end_is_told_in_any_case(server: Callable[[], Server], asked: list[str]) -> None:
    playing = server()
    assert told(playing) == [{"a": 1}, END]
    assert playing.asked == asked


def test_who_has_heard_the_end_asks_no_more() -> None:
    server = Server(event(1, a=1), b"")
    heard = Following(server, "1")
    assert heard.next(20) == {"a": 1}
    while len(server.asked) < 2:
        assert heard.next(0.01) is None
    assert heard.next(0.01) is None
    assert server.asked == ["follow", "follow e-1"]


def test_what_goes_wrong_is_told() -> None:
    heard = Following(Server(CommandFailed("no server answers", UNREACHABLE)), "1")
    with pytest.raises(CommandFailed, match="no server answers"):
        heard.next(20)
