"""Requests to an rtpengine over a network that loses, doubles and garbles; and whose turn it is among several."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace

import pytest

from ringout.config import RtpengineConfig
from ringout.media.rtpengine import client as client_module
from ringout.media.rtpengine.client import Answer, NgClient
from ringout.media.rtpengine.instance import Instance, next_of
from ringout.net.random_ids import RandomIds


class Far:
    """The other end: answers as `reply` says, which gets the cookie and how many datagrams came before."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.received: list[bytes] = []
        self.reply: Callable[[bytes, int], list[bytes]] = lambda cookie, before: [cookie + b" d6:result2:oke"]
        asyncio.get_running_loop().add_reader(self.socket.fileno(), self._read)

    def _read(self) -> None:
        data, source = self.socket.recvfrom(65535)
        for answer in self.reply(data.partition(b" ")[0], len(self.received)):
            self.socket.sendto(answer, source)
        self.received.append(data)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket.fileno())
        self.socket.close()


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    made = Far()
    yield made
    made.close()


@pytest.fixture
async def client(far: Far) -> AsyncIterator[NgClient]:
    made = NgClient(far.socket.getsockname(), RandomIds(), lambda: None)
    yield made
    made.close()


async def ask(client: NgClient, text: str = "ping") -> Answer | None:
    answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
    client.request({"command": text}, answer.set_result)
    return await answer


async def test_lost_request_is_repeated_under_its_cookie(far: Far, client: NgClient) -> None:
    far.reply = lambda cookie, before: [cookie + b" d6:result4:ponge"] if before == 2 else []
    assert await ask(client) == {"result": b"pong"}
    assert len(far.received) == 3
    assert len(set(far.received)) == 1


async def test_what_is_no_answer_is_read_over(far: Far, client: NgClient) -> None:
    far.reply = lambda cookie, before: [
        *(b"", b"junk", b" ", cookie, cookie + b" ", cookie + b" l2:xxe", cookie + b" d1:", b"other d1:a1:be"),
        *[cookie + b" d6:result2:oke"] * 3,
    ]
    for _ in range(3):
        assert await ask(client) == {"result": b"ok"}


async def test_answers_find_their_requests(far: Far, client: NgClient) -> None:
    held: list[bytes] = []

    def reply(cookie: bytes, before: int) -> list[bytes]:
        held.append(cookie)
        return (
            [each + b" d6:result" + b"%d:" % len(each) + each + b"e" for each in reversed(held)] if before == 9 else []
        )

    far.reply = reply
    answers = await asyncio.gather(*(ask(client, f"c{index}") for index in range(10)))
    assert [answer and answer["result"] for answer in answers] == [
        data.partition(b" ")[0] for data in far.received[:10]
    ]


async def test_silence_is_told_once(far: Far, client: NgClient) -> None:
    far.reply = lambda cookie, before: []
    assert await ask(client) is None
    assert len(far.received) == 5
    assert client.quiet.is_set()


async def test_nobody_there_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when all repetitions are over."""
    monkeypatch.setattr(client_module, "REPEAT_SECONDS", (60.0,))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    refused = asyncio.Event()
    client = NgClient(address, RandomIds(), refused.set)
    client.request({"command": "ping"}, lambda answer: None)
    async with asyncio.timeout(30):
        await refused.wait()
    client.close()
    client.close()


@pytest.mark.parametrize(
    ("weights", "turns"),
    [
        ({"a": 1, "b": 1}, "abababab"),
        ({"a": 5, "b": 1, "c": 1}, "aabacaa"),
        ({"a": 3, "b": 0}, "aaaa"),  # only when no other is up
        ({"b": 0}, "bb"),
    ],
)
def test_turns_go_by_weight(weights: dict[str, int], turns: str) -> None:
    instances = [
        SimpleNamespace(config=RtpengineConfig(name, "127.0.0.1:1", weight), up=True, turn=0)
        for name, weight in weights.items()
    ]
    taken = [next_of(instances) for _ in turns]  # type: ignore[arg-type]
    assert "".join(instance.config.name for instance in taken if instance is not None) == turns


def test_none_that_is_up_has_no_turn() -> None:
    down: list[Instance] = [SimpleNamespace(config=RtpengineConfig("a", "127.0.0.1:1"), up=False, turn=0)]  # type: ignore[list-item]
    assert next_of(down) is None
