from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringout.sip.errors import MalformedStream
from ringout.sip.framing import StreamFramer

ONE = b"OPTIONS sip:a SIP/2.0\r\nl : 3\r\nX: y\r\n\r\nabc"
TWO = b"SIP/2.0 200 OK\r\nCONTENT-LENGTH:\r\n\t0\r\n\r\n"


def test_several_messages_in_one_read() -> None:
    assert StreamFramer(1000).feed(ONE + TWO + ONE[:10]) == [ONE, TWO]


def test_one_octet_at_a_time() -> None:
    framer = StreamFramer(1000)
    found = [message for octet in b"\r\n\r\n" + ONE + b"\r\n" + TWO for message in framer.feed(bytes([octet]))]
    assert found == [ONE, TWO]


def test_keep_alives_alone() -> None:
    framer = StreamFramer(10)
    for _ in range(100):
        assert framer.feed(b"\r\n\r\n") == []


@pytest.mark.parametrize(
    "head",
    ["X: y", "Content-Length: x", "Content-Length: -1", "Content-Length: 1\r\nl: 2", "Content-Length:", "l: 9999999999",
     "X: y\r\n Content-Length: 3", "l: 1, 1", "l: +1", "Content-Length: 2000"],
)  # fmt: skip
def test_lost_boundaries(head: str) -> None:
    with pytest.raises(MalformedStream):
        StreamFramer(1000).feed(f"OPTIONS sip:a SIP/2.0\r\n{head}\r\n\r\n".encode())


def test_a_header_that_never_ends() -> None:
    framer = StreamFramer(1000)
    framer.feed(b"x" * 900)
    with pytest.raises(MalformedStream):
        framer.feed(b"x" * 900)


def test_the_limit_is_the_largest_message() -> None:
    assert StreamFramer(len(ONE)).feed(ONE) == [ONE]
    with pytest.raises(MalformedStream):
        StreamFramer(len(ONE) - 1).feed(ONE)


@given(
    st.lists(st.sampled_from([ONE, TWO, b"\r\n", b"\r\n\r\n"]), max_size=8),
    st.lists(st.integers(1, 60), min_size=1, max_size=30),
)
def test_any_split_gives_the_same_messages_and_pings(parts: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(parts)
    whole, split = StreamFramer(1000), StreamFramer(1000)
    expected = whole.feed(stream)
    found: list[bytes] = []
    position = turn = 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        found += split.feed(stream[position : position + size])
        position, turn = position + size, turn + 1
    assert found == expected == [part for part in parts if part in (ONE, TWO)]
    assert split.take_ping() == whole.take_ping()
    assert split.has_seen_empty_line == whole.has_seen_empty_line == (not {b"\r\n", b"\r\n\r\n"}.isdisjoint(parts))


@pytest.mark.parametrize(
    ("data", "pinged"),
    [
        (b"\r\n\r\n", True),
        (b"\r\n", False),
        (b"\r\n" + ONE + b"\r\n", False),
        (ONE + b"\r\n\r\n" + TWO, True),
        (b"\r\n\r\n\r", True),
        (TWO, False),  # the empty line that ends a header is none
    ],
)
def test_two_empty_lines_in_a_row_are_a_ping(data: bytes, pinged: bool) -> None:
    framer = StreamFramer(1000)
    framer.feed(data)
    assert framer.take_ping() is pinged
    assert framer.take_ping() is False
