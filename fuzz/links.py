"""Throws damaged links at the parser: `python fuzz/links.py [SECONDS] [SEED]`."""

from __future__ import annotations

import random
import re
import sys
import time

from ringout.domain.link_anchors import anchors
from ringout.domain.links import SCHEMES, NotDialable, parse

CORPUS = [
    "rcmobile://call?number=16501112222",
    "tel:1-650-111-2222",
    "tel:+1-650-111-2222;ext=101;isub=12;postd=p22%23",
    "tel:863-1234;phone-context=+1-914-555",
    "rcapp://r/call?number=%2B16501112222,,123#",
    "sip:+442079460958@[2001:db8::1]:5061;transport=tls",
    "https://ringout.example/dial?number=+1+650+111+2222",
    "+44 20 7946 0958 ext. 12",
]
SPICE = ["%", "%0d%0a", "%2B", "%3B", "+", ";", "=", ",", "#", "&number=", "*", " ", "(", "9" * 40, "\u0661", "\u202e"]
COUNTRIES = ("US", "GB", "DE", "CN", "IT", "AT")


def check(text: str, country: str) -> bool:
    """True when text is a link.

    Invariant: whatever the text, parse answers or raises NotDialable; what it gives can be dialled as it stands, and
    survives being written as an anchor and read again.
    """
    try:
        link = parse(text, country)
    except NotDialable:
        return False
    assert re.fullmatch(r"\+[1-9][0-9]{3,14}|[0-9]{1,12}", link.number), text
    assert re.fullmatch(r"[0-9*#A-D,]{0,64}", link.post_dial), text
    for anchor in anchors(link, plus=True):
        found = re.search('href="([^"]*)"', anchor)
        assert found, text
        assert parse(found[1], country) == link, text
    return True


def damage(text: str, dice: random.Random) -> str:
    for _ in range(dice.randint(1, 6)):
        begin = dice.randrange(len(text) + 1)
        end = begin + dice.choice((0, 0, 1, 2, 10, 60))
        scheme = dice.choice(SCHEMES) + ":"
        spice = dice.choice(SPICE)
        insert = dice.choice(
            (spice, spice * dice.randint(1, 200), text[begin:end] * 2, scheme, chr(dice.randrange(768)))
        )
        text = text[:begin] + insert + text[end:]
    return text


def main(seconds: float, seed: int) -> None:
    dice = random.Random(seed)
    runs = parsed = 0
    slowest = 0.0
    stop = time.monotonic() + seconds
    while (begin := time.monotonic()) < stop:
        parsed += check(damage(dice.choice(CORPUS), dice), dice.choice(COUNTRIES))
        slowest = max(slowest, time.monotonic() - begin)
        runs += 1
    print(f"{runs} links, {parsed} parsed, slowest {slowest * 1000:.1f} ms, seed {seed}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
