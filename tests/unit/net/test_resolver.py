"""Names through a real DNS server on loopback; nobody else is asked."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any

import dns.asyncresolver
import dns.rcode
import dns.resolver
import pytest

from fakes.dns_server import DnsServer
from ringout.net import resolver as module
from ringout.net.resolver import Located, Resolver, parse_nameserver
from ringout.net.tasks import Tasks
from ringout.sip.location import Place
from ringout.sip.uri import SipUri


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with DnsServer() as server:
        server.put("gw1.carrier.example", "A", "192.0.2.1")
        server.put("gw2.carrier.example", "A", "192.0.2.2")
        server.put("gw2.carrier.example", "AAAA", "2001:db8::2")
        server.put("carrier.example", "A", "198.51.100.80")
        yield server


async def locate(server: DnsServer, uri: str) -> Located:
    return await Resolver([server.address], Tasks()).locate(SipUri.parse(uri))


def places(located: Located) -> list[list[tuple[int, list[Place]]]]:
    return [[(choice.weight, list(choice.places)) for choice in tier] for tier in located.tiers]


def udp(host: str, port: int = 5060) -> Place:
    return Place("udp", host, port)


async def test_srv_by_priority_and_weight(server: DnsServer) -> None:
    server.put(
        "_sip._udp.carrier.example",
        "SRV",
        "20 0 5062 gw1.carrier.example.",
        "10 60 5060 gw1.carrier.example.",
        "10 40 5070 gw2.carrier.example.",
    )
    located = await locate(server, "sip:carrier.example")
    first, second = places(located)
    assert sorted(first) == [
        (40, [udp("2001:db8::2", 5070), udp("192.0.2.2", 5070)]),
        (60, [udp("192.0.2.1")]),
    ]
    assert second == [(0, [udp("192.0.2.1", 5062)])]
    assert located.seconds == 60
    assert server.asked_for("SRV") == ["_sip._udp.carrier.example", "_sip._tcp.carrier.example"]


async def test_naptr_chooses_the_transport(server: DnsServer) -> None:
    server.put(
        "carrier.example",
        "NAPTR",
        '20 50 "s" "SIP+D2U" "" _sip._udp.carrier.example.',
        '10 50 "s" "SIPS+D2T" "" _sips._tcp.elsewhere.example.',
    )
    server.put("_sips._tcp.elsewhere.example", "SRV", "0 0 5061 gw1.carrier.example.")
    server.put("_sip._udp.carrier.example", "SRV", "0 0 5060 gw2.carrier.example.")
    (tls,), (plain,) = places(await locate(server, "sip:carrier.example"))
    assert tls == (0, [Place("tls", "192.0.2.1", 5061, "carrier.example")])
    assert plain[1][1] == udp("192.0.2.2")
    assert places(await locate(server, "sips:carrier.example")) == [[tls]]


async def test_a_named_transport_asks_for_its_own_servers_alone(server: DnsServer) -> None:
    server.put("_sip._tcp.carrier.example", "SRV", "0 0 5080 gw1.carrier.example.")
    assert places(await locate(server, "sip:carrier.example;transport=tcp")) == [
        [(0, [Place("tcp", "192.0.2.1", 5080)])]
    ]
    assert server.asked_for("NAPTR") == []


async def test_a_port_asks_for_addresses_alone(server: DnsServer) -> None:
    located = await locate(server, "sip:gw2.carrier.example:5080")
    assert places(located) == [[(0, [udp("2001:db8::2", 5080), udp("192.0.2.2", 5080)])]]
    assert {kind for _, kind in server.asked} == {"A", "AAAA"}


async def test_a_domain_without_services_is_its_own_server(server: DnsServer) -> None:
    server.put("alias.example", "CNAME", "carrier.example.")
    for name in ("carrier.example", "alias.example"):
        assert places(await locate(server, f"sip:{name}")) == [[(0, [udp("198.51.100.80")])]]


async def test_a_number_is_not_asked_for(server: DnsServer) -> None:
    located = await locate(server, "sip:[2001:db8::9]:5070;transport=tcp")
    assert located == Located((((0, (Place("tcp", "2001:db8::9", 5070),)),),), float("inf"))
    assert server.asked == []


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ({"SRV": ["0 0 0 ."]}, "offers no such service"),
        ({"SRV": ["0 0 5060 nowhere.example."]}, "have no addresses"),
    ],
)
async def test_the_website_is_no_gateway(server: DnsServer, records: dict[str, list[str]], why: str) -> None:
    server.put("_sip._udp.carrier.example", "SRV", *records["SRV"])
    with pytest.raises(OSError, match=why):
        await locate(server, "sip:carrier.example")


async def test_a_server_without_address_is_left_out(server: DnsServer) -> None:
    server.put("_sip._udp.carrier.example", "SRV", "0 0 5060 nowhere.example.", "0 0 5060 gw1.carrier.example.")
    assert places(await locate(server, "sip:carrier.example")) == [[(0, [udp("192.0.2.1")])]]


async def test_a_name_does_not_have_us_ask_without_end(server: DnsServer) -> None:
    """Whoever redirects a call chooses the name, and writes what stands there."""
    for service in range(module.MOST_RECORDS):
        targets = [f"{one} 0 5060 {service}.{one}.carrier.example." for one in range(module.MOST_RECORDS)]
        server.put(f"s{service}.carrier.example", "SRV", *targets)
    naptrs = [f'{one} 0 "s" "SIP+D2U" "" s{one}.carrier.example.' for one in range(module.MOST_RECORDS)]
    server.put("carrier.example", "NAPTR", *naptrs)
    with pytest.raises(OSError, match="more names than can be asked about"):
        await locate(server, "sip:carrier.example")
    assert len(server.asked_for("AAAA")) <= module.MOST_QUESTIONS


async def test_who_has_enough_places_is_not_asked_for_more(server: DnsServer) -> None:
    server.put("many.carrier.example", "A", *(f"192.0.2.{one}" for one in range(module.MOST_RECORDS)))
    for service in range(4):
        targets = [f"{one} 0 {5060 + one} many.carrier.example." for one in range(module.MOST_RECORDS)]
        server.put(f"s{service}.carrier.example", "SRV", *targets)
    naptrs = [f'{one} 0 "s" "SIP+D2U" "" s{one}.carrier.example.' for one in range(4)]
    server.put("carrier.example", "NAPTR", *naptrs)
    located = await locate(server, "sip:carrier.example")
    assert sum(len(choice.places) for tier in located.tiers for choice in tier) == module.MOST_PLACES
    assert len(server.asked_for("SRV")) == 1


async def test_whatever_a_name_server_says_the_name_leads_somewhere_or_nowhere(
    server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(7)

    def damaged(wire: bytes) -> bytes:
        begin = dice.randrange(2, len(wire))  # the question's number stays, else nothing is read at all
        end = begin + dice.choice((0, 1, 2, 8))
        return wire[:begin] + dice.randbytes(dice.choice((0, 1, 2, 40, 1200))) + wire[end:]

    server.damage = damaged
    server.put("carrier.example", "NAPTR", '10 0 "s" "SIP+D2U" "" _sip._udp.carrier.example.')
    server.put("_sip._udp.carrier.example", "SRV", "10 0 5060 gw1.carrier.example.", "10 0 5070 gw2.carrier.example.")
    with monkeypatch.context() as hurry:
        hurry.setattr(module, "QUERY_SECONDS", 0.05)
        hurry.setattr(module, "LOOKUP_SECONDS", 0.1)
        for _ in range(15):
            for uri in ("sip:carrier.example", "sip:gw2.carrier.example:5060"):
                with contextlib.suppress(OSError):
                    assert (await locate(server, uri)).tiers
    server.damage = bytes
    assert places(await locate(server, "sip:gw1.carrier.example:5060")) == [[(0, [udp("192.0.2.1")])]]


async def test_names_that_lead_to_each_other(server: DnsServer) -> None:
    server.put("a.carrier.example", "CNAME", "b.carrier.example.")
    server.put("b.carrier.example", "CNAME", "c.carrier.example.")
    server.put("_sip._udp.loop.example", "SRV", "10 0 5060 loop.example.", "20 0 5060 _sip._udp.loop.example.")
    with pytest.raises(OSError, match=r"a.carrier.example|has no address"):
        await locate(server, "sip:a.carrier.example:5060")
    with pytest.raises(OSError, match=r"loop\.example"):
        await locate(server, "sip:loop.example")


async def test_what_holds_for_no_time_is_used_once(server: DnsServer) -> None:
    server.ttl = 0
    located = await locate(server, "sip:gw1.carrier.example:5060")
    assert located.seconds == 0
    assert places(located) == [[(0, [udp("192.0.2.1")])]]


async def test_a_name_that_nobody_knows(server: DnsServer) -> None:
    with pytest.raises(OSError, match=r"'nobody.example' cannot be resolved"):
        await locate(server, "sip:nobody.example")


async def test_a_server_that_is_ill(server: DnsServer) -> None:
    server.fault = dns.rcode.SERVFAIL
    with pytest.raises(OSError, match=r"carrier.example"):
        await locate(server, "sip:carrier.example")


async def test_a_relay_that_does_not_know_naptr(server: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUERY_SECONDS", 0.2)
    server.silent = {"NAPTR"}
    assert places(await locate(server, "sip:carrier.example")) == [[(0, [udp("198.51.100.80")])]]


async def test_a_server_that_is_silent(server: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUERY_SECONDS", 0.2)
    server.silent = {"*"}
    with pytest.raises(OSError, match=r"no answer about the name 'carrier.example'"):
        await locate(server, "sip:carrier.example")


async def test_the_second_name_server_answers_for_the_first(server: DnsServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{nobody.getsockname()[1]}"
    resolver = Resolver([closed, server.address], Tasks())
    located = await resolver.locate(SipUri.parse("sip:gw1.carrier.example:5060"))
    assert places(located) == [[(0, [udp("192.0.2.1")])]]


async def test_look_up_calls_back_and_can_be_cancelled(server: DnsServer) -> None:
    tasks = Tasks()
    resolver = Resolver([server.address], tasks)
    answers: asyncio.Queue[Located | OSError] = asyncio.Queue()
    resolver.look_up(SipUri.parse("sip:carrier.example"), answers.put_nowait)
    assert isinstance(await answers.get(), Located)
    resolver.look_up(SipUri.parse("sip:nobody.example"), answers.put_nowait)
    assert isinstance(await answers.get(), OSError)
    server.silent = {"*"}
    cancel = resolver.look_up(SipUri.parse("sip:carrier.example"), answers.put_nowait)
    cancel()
    await tasks.stop()
    assert answers.empty()
    assert tasks.failures == 0


async def test_without_servers_of_its_own_the_system_knows_addresses() -> None:
    """Outside the loop's thread, and without a question to anybody else."""
    asked_in: list[int] = []
    loop = asyncio.get_running_loop()
    look_up = loop.getaddrinfo

    async def watched(*arguments: Any, **more: Any) -> Any:
        found = await look_up(*arguments, **more)
        asked_in.append(threading.get_ident())
        return found

    loop.getaddrinfo = watched  # type: ignore[method-assign]
    located = await Resolver([], Tasks()).locate(SipUri.parse("sip:localhost:5070"))
    assert asked_in, "the loop's own resolver was asked, which works in a thread"
    ((choice,),) = located.tiers
    assert {place.host for place in choice.places} & {"127.0.0.1", "::1"}
    assert {place.port for place in choice.places} == {5070}


async def test_a_system_without_a_name_server_lives_by_its_hosts_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*arguments: Any) -> None:
        raise dns.resolver.NoResolverConfiguration

    async def hosts_file(*arguments: Any, **more: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]

    monkeypatch.setattr(dns.asyncresolver.Resolver, "read_resolv_conf", none)
    asyncio.get_running_loop().getaddrinfo = hosts_file  # type: ignore[method-assign]
    located = await Resolver([], Tasks()).locate(SipUri.parse("sip:carrier.example"))
    assert places(located) == [[(0, [udp("192.0.2.7")])]]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("2001:db8::53", ("2001:db8::53", 53)),
    ],
)
def test_name_servers(text: str, address: tuple[str, int]) -> None:
    assert parse_nameserver(text) == address


@pytest.mark.parametrize("text", ["192.0.2.53:x", "192.0.2.53:0", "[::1]:70000"])
def test_what_is_no_name_server(text: str) -> None:
    with pytest.raises(ValueError, match="name server"):
        parse_nameserver(text)
