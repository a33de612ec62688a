"""Throws damaged SIP messages at the parser: `python fuzz/parser.py [SECONDS] [SEED]`."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from ringout.sip.errors import MalformedMessage
from ringout.sip.headers import Headers
from ringout.sip.message import Request
from ringout.sip.parser import check_request, parse

CORPUS = Path(__file__).parent.parent / "tests" / "sip" / "torture"
SPICE = [
    b"\r\n",
    b"\r\n ",
    b"\r",
    b"\n",
    b"\0",
    b'"',
    b"\\",
    b"<",
    b">",
    b",",
    b";",
    b"=",
    b"%",
    b":",
    b" ",
    b"\xff",
    b"9" * 40,
]


def check(data: bytes) -> bool:
    """True when data parsed.

    Invariant: whatever the bytes, parse, check_request and every getter either answer or raise MalformedMessage, and
    what parsed is encoded to bytes that parse to the same message.
    """
    try:
        message = parse(data)
    except MalformedMessage:
        return False
    assert parse(message.encode()) == message, data
    for ask in (lambda: check_request(message) if isinstance(message, Request) else None, *questions(message.headers)):
        try:
            ask()
        except MalformedMessage:
            pass
    for getter in ("call_id", "cseq", "from_tag", "to_tag", "top_via"):
        try:
            getattr(message, getter)
        except MalformedMessage:
            pass
    return True


def questions(headers: Headers):  # type: ignore[no-untyped-def]
    return [lambda name=name: headers.values(name) for name, _ in headers.items()]


def damage(data: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.randint(1, 6)):
        begin = dice.randrange(len(data) + 1)
        end = begin + dice.choice((0, 0, 1, 2, 10, 60))
        insert = dice.choice((dice.choice(SPICE), dice.choice(SPICE) * dice.randint(1, 200), data[begin:end] * 2, b""))
        data = data[:begin] + insert + data[end:]
    return data


def main(seconds: float, seed: int) -> None:
    dice = random.Random(seed)
    corpus = [path.read_bytes() for path in sorted(CORPUS.glob("*.sip"))]
    runs = parsed = 0
    slowest = 0.0
    stop = time.monotonic() + seconds
    while (begin := time.monotonic()) < stop:
        parsed += check(damage(dice.choice(corpus), dice))
        slowest = max(slowest, time.monotonic() - begin)
        runs += 1
    print(f"seed {seed}: {runs} messages, {parsed} parsed, slowest {slowest * 1000:.1f} ms")


if __name__ == "__main__":
    arguments = [*sys.argv[1:], "10", "1"] if len(sys.argv) < 2 else [*sys.argv[1:], "1"]
    main(float(arguments[0]), int(arguments[1]))
