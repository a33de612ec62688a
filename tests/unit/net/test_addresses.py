"""What peers are told of where we are: own addresses, wildcards, and the public address in front of a NAT."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from fakes.sip_node import answers, node
from ringout.config import PRIVATE_NETWORKS
from ringout.net import addresses
from ringout.net.addresses import LocalAddresses, PublicAddress, ip_of, parse_listen
from ringout.net.sip_driver import SipDriverSettings
from ringout.sip.events import Answered, Confirmed
from ringout.sip.flow import Flow

PUBLIC = "198.51.100.7"


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("udp:127.0.0.1:5060", ("udp", "127.0.0.1", 5060)),
        ("tls:[::1]:0", ("tls", "::1", 0)),
        ("ws:0.0.0.0:80", ("ws", "0.0.0.0", 80)),
        ("wss:[::]:443", ("wss", "::", 443)),
    ],
)
def test_listeners_as_text(text: str, parsed: tuple[str, str, int]) -> None:
    assert parse_listen(text) == parsed


@pytest.mark.parametrize(
    ("host", "ip"),
    [("127.0.0.1", "127.0.0.1"), ("2001:DB8:0::01", "2001:db8::1"), ("gw.example", None), ("127.1", None), ("", None)],
)
def test_one_text_for_one_address(host: str, ip: str | None) -> None:
    assert ip_of(host) == ip


@pytest.mark.parametrize(
    ("remote", "told"),
    [
        ("203.0.113.9", PUBLIC),
        ("8.8.8.8", PUBLIC),
        ("100.64.0.9", PUBLIC),  # behind the carrier's own NAT, and so outside of ours
        ("10.1.2.3", "10.0.0.5"),
        ("172.31.0.1", "10.0.0.5"),
        ("172.32.0.1", PUBLIC),
        ("192.168.1.20", "10.0.0.5"),
        ("127.0.0.1", "10.0.0.5"),
    ],
)
def test_who_is_outside(remote: str, told: str) -> None:
    address = PublicAddress(PUBLIC, PRIVATE_NETWORKS)
    assert [address.towards(remote, "10.0.0.5") for _ in range(2)] == [told, told]


def test_ipv6_has_no_nat_when_the_public_address_is_ipv4() -> None:
    address = PublicAddress(PUBLIC, PRIVATE_NETWORKS)
    assert address.towards("2001:db8::9", "2001:db8::1") == "2001:db8::1"
    six = PublicAddress("2001:DB8::7", PRIVATE_NETWORKS)
    assert six.towards("2001:db8::9", "fd00::1") == "2001:db8::7"
    assert six.towards("fe80::9%eth0", "fd00::1") == "fd00::1"
    assert six.towards("203.0.113.9", "10.0.0.5") == "10.0.0.5"


def test_without_a_nat_everybody_is_told_the_same() -> None:
    assert PublicAddress(None, ()).towards("203.0.113.9", "192.0.2.1") == "192.0.2.1"
    assert LocalAddresses(PublicAddress(None)).is_fixed("192.0.2.1")
    assert not LocalAddresses(PublicAddress(None)).is_fixed("0.0.0.0")
    assert not LocalAddresses(PublicAddress(PUBLIC)).is_fixed("192.0.2.1")


def test_an_interface_that_gets_another_address_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, now = ["192.0.2.1"], [100.0]
    asked: list[Any] = []

    def towards(remote: Any) -> str:
        asked.append(remote)
        if not ours:
            raise OSError("no route")
        return ours[0]

    monkeypatch.setattr(addresses, "local_address_towards", towards)
    local = LocalAddresses(PublicAddress(None), lambda: now[0])

    def told() -> Any:
        return local.towards(("0.0.0.0", 5060), ("198.51.100.9", 5060))[0]

    assert [told() for _ in range(10)] == ["192.0.2.1"] * 10
    assert len(asked) == 1, "a call costs no system call"
    ours.clear()
    now[0] += 15
    for _ in range(2):
        with pytest.raises(OSError):
            told()
    ours.append("192.0.2.77")
    assert told() == "192.0.2.77", "at once when there was none"
    ours[0] = "192.0.2.78"
    now[0] += 15
    assert told() == "192.0.2.78"


def test_no_number_of_peers_fills_the_memory() -> None:
    address = PublicAddress(PUBLIC, PRIVATE_NETWORKS)
    for number in range(5000):
        address.towards(f"203.0.{number >> 8}.{number & 255}", "10.0.0.5")
    assert len(address._known) <= 1000


def behind_nat(*local_networks: str) -> SipDriverSettings:
    """Without local networks even peers on loopback are outside."""
    return SipDriverSettings(public_address=PublicAddress(PUBLIC, local_networks))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_via_and_contact_name_the_public_address_and_the_call_works(transport: Any, host: str) -> None:
    """The far end answers to where the request came from (RFC 3581), as it must with a NAT between."""
    async with (
        node("a", f"{transport}:{host}:0", settings=behind_nat()) as a,
        node("b", f"{transport}:127.0.0.1:0", on_event=answers) as b,
    ):
        port = a.driver.listeners[0][2]
        session = a.call(transport, b.driver.listeners[0][2])
        assert session.flow.local == (PUBLIC, port)
        assert session.contact.startswith(f"Contact: <sip:ringout@{PUBLIC}:{port}")
        assert session.invite is not None
        assert f" {PUBLIC}:{port};branch=".encode() in session.invite.request.data
        await a.wait_for(Answered)
        await b.wait_for(Confirmed)


async def test_a_phone_on_our_side_of_the_nat_is_told_our_own_address() -> None:
    async with (
        node("a", "udp:127.0.0.1:0", settings=behind_nat("127.0.0.0/8")) as a,
        node("b", "udp:127.0.0.1:0", on_event=answers) as b,
    ):
        session = a.call("udp", b.driver.listeners[0][2])
        assert session.flow.local == ("127.0.0.1", a.driver.listeners[0][2])
        await a.wait_for(Answered)


async def test_what_comes_from_outside_is_answered_from_the_listener() -> None:
    async with node("a", "udp:127.0.0.1:0", settings=behind_nat()) as a:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.setblocking(False)
            peer.sendto(
                b"OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKq;rport\r\n"
                b"From: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n",
                ("127.0.0.1", a.driver.listeners[0][2]),
            )
            async with asyncio.timeout(30):
                answer = await asyncio.get_running_loop().sock_recv(peer, 4096)
        assert answer.startswith(b"SIP/2.0 200 OK")


async def test_a_flow_of_an_earlier_process_finds_a_socket() -> None:
    """It may have listened elsewhere, or behind another NAT."""
    async with node("a", "udp:127.0.0.1:0") as a, node("b", "udp:127.0.0.1:0", on_event=answers) as b:
        remote = ("127.0.0.1", b.driver.listeners[0][2])
        for local in ((PUBLIC, a.driver.listeners[0][2]), ("203.0.113.1", 5999)):
            a.driver._send(b"\r\n\r\n", Flow("udp", local, remote))
        async with asyncio.timeout(30):
            while b.agent.counters["keep_alive"] < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_both_families_on_one_port() -> None:
    """An IPv6 wildcard leaves IPv4 to the listener of its own."""
    async with node("a", "udp:0.0.0.0:0") as first:
        port = first.driver.listeners[0][2]
        listen = (f"udp:[::]:{port}", f"tcp:0.0.0.0:{port}", f"tcp:[::]:{port}")
        async with node("b", *listen) as second:
            assert [known[1] for known in second.driver.listeners] == ["::", "0.0.0.0", "::"]
            assert second.driver.flow_to("udp", "::1", 5060).local == ("::1", port)
            assert second.driver.flow_to("tcp", "127.0.0.1", 5060).local == ("127.0.0.1", port)
            assert second.driver.flow_to("udp", "0:0::1", 5060) == second.driver.flow_to("udp", "::1", 5060)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_an_ipv6_wildcard(transport: Any) -> None:
    async with node("a", f"{transport}:[::]:0") as a, node("b", f"{transport}:[::]:0", on_event=answers) as b:
        session = a.call(transport, b.driver.listeners[0][2], host="::1")
        assert f"@[::1]:{a.driver.listeners[0][2]}" in session.contact
        await a.wait_for(Answered)
        confirmed = await b.wait_for(Confirmed)
        assert confirmed.session.flow.local[0] == "::1"
