"""Throws damaged input of peers at what reads it: `python fuzz/peers.py [SECONDS] [SEED] [TARGET ...]`, of CPU time.

TARGETS names them.
"""

from __future__ import annotations

import random
import sys
import time

from media_checks import MEDIA_TARGETS
from sip_checks import SIP_TARGETS

SPICE = [b"\r\n", b"\r\n ", b"\r", b"\n", b"\0", b'"', b"\\", b"<", b">", b",", b";", b"=", b"%", b"%0d%0a", b":", b" ",
         b"*", b"@", b"?", b"\xff", b"\xc3", b"e", b"i", b"l", b"d", b"-", b"9" * 40, b"\xe2\x80\xae"]  # fmt: skip
TARGETS = SIP_TARGETS | MEDIA_TARGETS


def damage(data: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.randint(1, 4)):
        begin = dice.randrange(len(data) + 1)
        end = begin + dice.choice((0, 0, 1, 2, 10, 60))
        spice = dice.choice(SPICE)
        insert = dice.choice(
            (spice, spice * dice.randint(1, 200), data[begin:end] * 2, b"%d" % dice.getrandbits(40), b"")
        )
        data = data[:begin] + insert + data[end:]
    return data


def tried(name: str, dice: random.Random) -> bool:
    """One round of that target."""
    target = TARGETS[name]
    return target.check(damage(dice.choice(target.corpus), dice))


def main(seconds: float, seed: int, names: list[str]) -> None:
    dice = random.Random(seed)
    for name in names:
        runs = read = 0
        slowest = 0.0
        stop = time.process_time() + seconds / len(names)
        while (begin := time.process_time()) < stop:
            read += tried(name, dice)
            slowest = max(slowest, time.process_time() - begin)
            runs += 1
        print(f"{name}: seed {seed}: {runs} rounds, {read} read, slowest {slowest * 1000:.1f} ms")


if __name__ == "__main__":
    arguments = [*sys.argv[1:], *("10", "1")[len(sys.argv) - 1 :]]
    main(float(arguments[0]), int(arguments[1]), arguments[2:] or list(TARGETS))
