"""RFC 3263's questions and the order of its answers, RFC 2782's draw."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringout.sip.location import (
    MOST_PLACES,
    Choice,
    Naptr,
    Place,
    Srv,
    drawn,
    limited,
    services,
    srv_name,
    tiers,
    wanted,
)
from ringout.sip.uri import SipUri


@pytest.mark.parametrize(
    ("uri", "transports", "by_naptr", "by_srv"),
    [
        # RFC 3263 section 4.1: an IP or a port without transport means UDP, TLS for SIPS.
        ("sip:192.0.2.1", ("udp",), False, False),
        ("sips:192.0.2.1", ("tls",), False, False),
        ("sip:[2001:db8::1]:5070", ("udp",), False, False),
        ("sip:gw.example:5070", ("udp",), False, False),
        ("sips:gw.example:5070", ("tls",), False, False),
        # a named transport is asked for directly (4.2)
        ("sip:gw.example;transport=tcp", ("tcp",), False, True),
        ("sip:gw.example;transport=TLS", ("tls",), False, True),
        ("sips:gw.example;transport=tcp", ("tls",), False, True),
        ("sip:gw.example:5070;transport=tcp", ("tcp",), False, False),
        # else NAPTR decides, and SRV of UDP and TCP without it
        ("sip:gw.example", ("udp", "tcp"), True, True),
        ("sips:gw.example", ("tls",), True, True),
        # maddr is the target in the host's place
        ("sip:gw.example;maddr=192.0.2.9", ("udp",), False, False),
        # names that only this machine or network knows
        ("sip:localhost", ("udp",), False, False),
        ("sip:pbx", ("udp",), False, False),
        ("sip:pbx.local", ("udp",), False, False),
        ("sip:nobody.invalid;transport=tcp", ("tcp",), False, False),
    ],
)
def test_what_is_asked_for(uri: str, transports: Any, by_naptr: bool, by_srv: bool) -> None:
    want = wanted(SipUri.parse(uri))
    assert want is not None
    assert (want.transports, want.by_naptr, want.by_srv) == (transports, by_naptr, by_srv)


@pytest.mark.parametrize(
    "uri", ["sip:a;transport=sctp", "sips:a;transport=udp", "sip:a;transport=ws", "sip:a;transport=wss"]
)
def test_ways_that_we_cannot_go(uri: str) -> None:
    assert wanted(SipUri.parse(uri)) is None


def test_the_place_of_a_uri() -> None:
    def place(uri: str, *more: Any) -> Place:
        want = wanted(SipUri.parse(uri))
        assert want is not None
        return want.place("192.0.2.1", *more)

    assert place("sip:gw.example") == Place("udp", "192.0.2.1", 5060)
    assert place("sip:gw.example;transport=tcp") == Place("tcp", "192.0.2.1", 5060)
    assert place("sips:gw.example") == Place("tls", "192.0.2.1", 5061, "gw.example")
    assert place("sips:gw.example:5071") == Place("tls", "192.0.2.1", 5071, "gw.example")
    assert place("sips:192.0.2.1") == Place("tls", "192.0.2.1", 5061, "")
    # The certificate names the domain that was asked for, whatever server SRV names (RFC 5922 section 4).
    assert place("sip:gw.example", "tls", 5065) == Place("tls", "192.0.2.1", 5065, "gw.example")


def test_services_in_the_order_of_their_domain() -> None:
    records = [
        Naptr(50, 50, "s", "SIP+D2T", "_sip._tcp.a"),
        Naptr(90, 50, "S", "sip+d2u", "_sip._udp.a"),
        Naptr(50, 10, "s", "SIPS+D2T", "_sips._tcp.a"),
        Naptr(10, 10, "s", "SIP+D2S", "_sip._sctp.a"),
        Naptr(10, 10, "u", "E2U+sip", ""),
    ]
    assert services(records, secure=False) == [("tls", "_sips._tcp.a"), ("tcp", "_sip._tcp.a"), ("udp", "_sip._udp.a")]
    assert services(records, secure=True) == [("tls", "_sips._tcp.a")]
    assert [srv_name(transport, "a") for transport, _ in services(records, secure=False)] == [
        "_sips._tcp.a", "_sip._tcp.a", "_sip._udp.a",
    ]  # fmt: skip


def test_tiers_by_priority() -> None:
    low, high, gone = Srv(10, 1, 5060, "a"), Srv(20, 1, 5060, "b"), Srv(0, 0, 0, "")
    assert tiers([high, low, gone]) == [[low], [high]]
    assert tiers([gone]) == []


def place(name: str) -> Place:
    return Place("udp", name, 5060)


def test_weights_share_the_load() -> None:
    random = Random(1)
    known = (tuple(Choice(weight, (place(str(weight)),)) for weight in (60, 30, 10, 0)), (Choice(0, (place("last"),)),))
    firsts = Counter(drawn(known, random.getrandbits)[0].host for _ in range(20_000))
    assert firsts["60"] == pytest.approx(12_000, rel=0.05)
    assert firsts["30"] == pytest.approx(6_000, rel=0.05)
    assert firsts["10"] == pytest.approx(2_000, rel=0.1)
    assert 50 < firsts["0"] < 500, "a very small chance (RFC 2782), not none"
    for _ in range(100):
        order = [one.host for one in drawn(known, random.getrandbits)]
        assert sorted(order) == ["0", "10", "30", "60", "last"]
        assert order[-1] == "last"


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 65535), st.lists(st.integers(0, 30), max_size=4)), max_size=5), max_size=4
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_is_known_each_place_is_tried_once_and_no_tier_before_its_time(
    described: list[list[tuple[int, list[int]]]], random: Random
) -> None:
    known = limited(
        [[Choice(weight, tuple(place(str(n)) for n in hosts)) for weight, hosts in tier] for tier in described]
    )
    order = drawn(known, random.getrandbits)
    assert len(order) == len(set(order)) <= MOST_PLACES
    first_tier = {one: number for number, tier in reversed(list(enumerate(known))) for c in tier for one in c.places}
    assert set(order) == set(first_tier)
    assert [first_tier[one] for one in order] == sorted(first_tier[one] for one in order)


def test_servers_without_weights_are_all_first_at_some_time() -> None:
    known = ((Choice(0, (place("a"),)), Choice(0, (place("b"),))),)
    assert [one.host for one in drawn(known, lambda bits: 0)] == ["a", "b"]


def test_nothing_is_drawn_where_there_is_no_choice() -> None:
    def never(bits: int) -> int:
        raise AssertionError("asked for chance")

    known = ((Choice(5, (place("a"), place("b"))),), (Choice(0, (place("a"),)),))
    assert drawn(known, never) == [place("a"), place("b")]


def test_no_name_leads_to_too_many_places() -> None:
    many = [[Choice(1, tuple(place(f"{tier}.{n}") for n in range(20)))] for tier in range(5)]
    found = limited(many)
    assert sum(len(choice.places) for tier in found for choice in tier) == MOST_PLACES
    assert len(found) == 2
    assert limited([[Choice(0, ())], []]) == ()
