"""Links written for a number, and read again."""

from __future__ import annotations

import importlib.util
import random
import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.domain.link_anchors import anchors
from ringout.domain.links import Link, parse

RINGCENTRALS = [
    '<a href="rcmobile://call?number=16501112222">1-650-111-2222</a>',
    '<a href="tel:1-650-111-2222">1-650-111-2222</a>',
    '<a href="tel:16501112222">1-650-111-2222</a>',
]
FUZZ = Path(__file__).parents[3] / "fuzz" / "links.py"


def hrefs(lines: list[str]) -> list[str]:
    return [unescape(re.fullmatch('<a href="([^"]*)">[^<]*</a>', line)[1]) for line in lines]  # type: ignore[index]


@pytest.mark.parametrize("text", ["16501112222", "1-650-111-2222", "+1 650 111 2222", "(650) 111-2222"])
def test_are_ringcentrals_own(text: str) -> None:
    assert anchors(parse(text, "US")) == RINGCENTRALS


@pytest.mark.parametrize(
    ("link", "server", "plus", "lines"),
    [
        (Link("+16501112222"), "", True, [
            '<a href="rcmobile://call?number=%2B16501112222">+1-650-111-2222</a>',
            '<a href="tel:+1-650-111-2222">+1-650-111-2222</a>',
            '<a href="tel:+16501112222">+1-650-111-2222</a>',
        ]),
        (Link("+442079460958", "12", ",99#"), "https://r.example/", False, [
            '<a href="rcmobile://call?number=%2B442079460958%3Bext%3D12%3Bpostd%3Dp99%23">+44-20-7946-0958 ext. 12</a>',
            '<a href="tel:+44-20-7946-0958;ext=12;postd=p99%23">+44-20-7946-0958 ext. 12</a>',
            '<a href="tel:+442079460958;ext=12;postd=p99%23">+44-20-7946-0958 ext. 12</a>',
            '<a href="https://r.example/dial?number=%2B442079460958%3Bext%3D12%3Bpostd%3Dp99%23">'
            "+44-20-7946-0958 ext. 12</a>",
        ]),
        (Link("101"), "", False, ['<a href="rcmobile://call?number=101">101</a>', '<a href="tel:101">101</a>']),
        (Link("101"), "https://r.example/a\"'<&", False, [
            '<a href="rcmobile://call?number=101">101</a>', '<a href="tel:101">101</a>',
            '<a href="https://r.example/a&quot;&#x27;&lt;&amp;/dial?number=101">101</a>',
        ]),
    ],
)  # fmt: skip
def test_are_written(link: Link, server: str, plus: bool, lines: list[str]) -> None:
    assert anchors(link, server, plus) == lines


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["+16502223366", "+442079460958", "+4930123456", "+390612345678", "+80012345678"]),
    st.none() | st.from_regex(r"[0-9]{1,10}", fullmatch=True),
    st.text(alphabet="0123456789*#ABCD,", max_size=64).map(lambda keys: keys.rstrip(",")),
    st.none() | st.text(alphabet="0123456789abc/:%+&", min_size=1, max_size=40),
    st.sampled_from(["US", "GB", "DE", "CN", "IT"]),
    st.booleans(),
)
def test_are_read_as_what_they_were_written_for(
    number: str, extension: str | None, keys: str, subaddress: str | None, country: str, plus: bool
) -> None:
    link = Link(number, extension, keys, subaddress)
    for href in hrefs(anchors(link, "https://ringout.example", plus)):
        assert parse(href, country) == link


def test_damaged_links_are_links_or_refused() -> None:
    """The first of the many that `fuzz/links.py` tries."""
    spec = importlib.util.spec_from_file_location("fuzz_links", FUZZ)
    assert spec is not None
    assert spec.loader is not None
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    dice = random.Random(7)
    read = [fuzz.check(fuzz.damage(dice.choice(fuzz.CORPUS), dice), dice.choice(fuzz.COUNTRIES)) for _ in range(5000)]
    assert 50 < sum(read) < 4950
