"""Which trunk a number goes by, how it is written there, and in what order its gateways are tried."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.engine_world import PLAN, Stage
from fakes.names import located
from ringout.config import TrunkConfig
from ringout.engine.gateways import Hop, in_order, parse_gateway
from ringout.engine.trunks import Trunk, Trunks
from ringout.sip.location import Place


def test_longest_prefix_wins() -> None:
    trunks = Trunks(
        [
            TrunkConfig("world", ("sip:10.0.0.1",)),
            TrunkConfig("home", ("sip:10.0.0.2",), prefixes=("+1", "+44")),
            TrunkConfig("bay", ("sip:10.0.0.3",), prefixes=("+1650",)),
        ],
        "us",
    )
    found = [trunks.find(number) for number in ("+16505550100", "+14155550100", "+442079460000", "+4930123")]
    assert [trunk and trunk.name for trunk in found] == ["bay", "home", "home", "world"]


def test_first_named_trunk_wins_among_equals() -> None:
    trunks = Trunks([TrunkConfig("a", ("sip:10.0.0.1",)), TrunkConfig("b", ("sip:10.0.0.2",))], "us")
    found = trunks.find("+1650")
    assert found is not None
    assert found.name == "a"


def test_number_that_no_trunk_serves() -> None:
    stage = Stage(TrunkConfig("home", ("sip:10.0.0.1",), prefixes=("+1",)))
    stage.place(replace(PLAN, callee_number="+4930123456"))
    stage.caller.answers()
    assert stage.statuses == "Success DestinationBlocked CannotReach"
    assert "no" in stage.row.callee.explanation


@pytest.mark.parametrize(
    ("number_format", "prefix", "number", "dialled"),
    [
        ("+e164", "", "+16505550100", "+16505550100"),
        ("e164", "", "+16505550100", "16505550100"),
        ("national", "", "+16505550100", "6505550100"),
        ("national", "9", "+16505550100", "96505550100"),
        ("national", "", "+442079460000", "011442079460000"),
        ("national", "9", "+442079460000", "9011442079460000"),
        ("+e164", "9", "+442079460000", "9+442079460000"),
        ("e164", "00", "+442079460000", "00442079460000"),
        ("e164", "#31#", "+16505550100", "%2331%2316505550100"),
    ],
)
def test_number_formats(number_format: str, prefix: str, number: str, dialled: str) -> None:
    trunk = Trunk(TrunkConfig("t", ("sip:10.0.0.1",), number_format=number_format, number_prefix=prefix), "us")
    assert trunk.dialled(number) == dialled


@pytest.mark.parametrize(
    ("country", "number", "dialled"),
    [
        ("gb", "+442079460000", "02079460000"),
        ("gb", "+16505550100", "0016505550100"),
        ("de", "+4930123456", "030123456"),
        ("fr", "+33140205050", "0140205050"),
        ("it", "+390669812345", "0669812345"),  # the zero belongs to the number
        ("es", "+34912345678", "912345678"),  # no prefix there
        ("au", "+61293744000", "0293744000"),
        ("au", "+16505550100", "001116505550100"),
        ("jp", "+81335211234", "0335211234"),
        ("us", "+16505550100", "6505550100"),
    ],
)
def test_a_national_number_is_what_one_dials_in_the_trunks_own_country(country: str, number: str, dialled: str) -> None:
    config = TrunkConfig("t", ("sip:10.0.0.1",), number_format="national", country=country)
    trunk = Trunk(config, "ca")
    assert trunk.dialled(number) == trunk.number(number) == dialled


def test_gateway_texts() -> None:
    assert parse_gateway("sip:10.0.0.1").uri("7") == "sip:7@10.0.0.1"
    assert parse_gateway("sip:10.0.0.1:5070;transport=TCP").uri("7") == "sip:7@10.0.0.1:5070;transport=tcp"
    assert parse_gateway("sips:gw.example:5062").uri("7") == "sips:7@gw.example:5062"
    for text, place in (
        ("sip:[::1]:5070", Place("udp", "::1", 5070)),
        ("sip:10.0.0.1;transport=tls", Place("tls", "10.0.0.1", 5061)),
        ("sips:10.0.0.1", Place("tls", "10.0.0.1", 5061)),
        ("sips:10.0.0.1;transport=tcp", Place("tls", "10.0.0.1", 5061)),
    ):
        gateway = parse_gateway(text)
        assert [hop.place for hop in gateway.hops] == [place], text
        assert not gateway.is_named
    assert parse_gateway("sip:gw.example").hops == []
    assert parse_gateway("sip:gw.example").is_named
    for text in ("10.0.0.1", "tel:+1650", "sip:10.0.0.1;transport=sctp", "sips:10.0.0.1;transport=udp"):
        with pytest.raises(ValueError, match="gateway"):
            parse_gateway(text)
    with pytest.raises(ValueError, match="no gateway"):
        Trunk(TrunkConfig("t", ()), "us")


def test_resting_gateways_come_last_but_are_not_given_up() -> None:
    gateways = [parse_gateway("sip:10.0.0.1"), parse_gateway("sip:10.0.0.2")]
    first, second = (gateway.hops[0] for gateway in gateways)

    def order(now: float) -> list[Hop]:
        return [hop for _, hop in in_order(gateways, now, lambda bits: 0)]

    first.rest(100.0, 10.0)
    assert order(105.0) == [second, first]
    assert order(110.0) == [first, second]
    second.rest(100.0, 1e9)
    assert second.resting_until == 3700.0
    assert order(105.0) == [first, second]
    first.down = True
    assert order(4000.0) == [second, first]
    second.down = True
    assert order(4000.0) == [first, second]
    gateways[0].registered = False
    first.down = second.down = False
    assert order(4000.0) == [second, first]


def test_calls_prefer_the_address_by_which_we_are_registered() -> None:
    gateway = parse_gateway("sip:gw.example")
    gateway.use(located("10.0.0.1", "10.0.0.2", "10.0.0.3").tiers)
    gateway.home = gateway.hops[1]
    found = [hop.place.host for _, hop in in_order([gateway], 0.0, lambda bits: 0)]
    assert found == ["10.0.0.2", "10.0.0.1", "10.0.0.3"]
    gateway.use(located("10.0.0.1", "10.0.0.3").tiers)
    assert gateway.home is None
