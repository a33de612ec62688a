"""A carrier that is a name: a DNS server on loopback leads to two Kamailios, of which one goes down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.waiting import eventually
from fakes.certificates import Authority
from fakes.dns_server import DnsServer

from .kamailio import Kamailio
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears

CARRIER = "carrier.test"


@pytest.fixture
def names() -> Iterator[DnsServer]:
    with DnsServer() as server:
        yield server


class Carrier:
    """Two edge proxies that reach the same two phones, and the names that lead to them."""

    def __init__(self, lab: Lab, names: DnsServer, *transports: str) -> None:
        self.lab, self.names = lab, names
        self.caller = lab.baresip(CALLER, LOW_HZ).answers()
        self.callee = lab.baresip(CALLEE, HIGH_HZ).answers()
        self.proxies = [lab.add(Kamailio(f"kamailio-{n}")).listen(*transports, "udp") for n in (1, 2)]
        for proxy in self.proxies:
            for phone in (self.caller, self.callee):
                proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
        for n in (1, 2):
            names.put(f"edge{n}.{CARRIER}", "A", "127.0.0.1")

    def services(self, transport: str, *priorities: tuple[int, int], offset: int = 0) -> None:
        """SRV records: (priority, weight) of the first and of the second proxy."""
        self.names.put(
            f"_sip._{transport}.{CARRIER}" if offset == 0 else f"_sips._tcp.{CARRIER}",
            "SRV",
            *(
                f"{priority} {weight} {proxy.port + offset} edge{n}.{CARRIER}."
                for n, (proxy, (priority, weight)) in enumerate(zip(self.proxies, priorities, strict=True), 1)
            ),
        )

    def start(self) -> None:
        for proxy in self.proxies:
            proxy.start()

    def serve(self, gateway: str = f"sip:{CARRIER}", sip: dict[str, Any] | None = None, **trunk: Any) -> None:
        self.lab.ring_out({"gateways": [gateway], **trunk}, sip={"nameservers": [self.names.address], **(sip or {})})

    def call(self) -> None:
        """One RingOut that works; how it went is asked of the proxies."""
        call = self.lab.place()
        call.until(CONNECTED)
        hears(self.caller, HIGH_HZ, LOW_HZ)
        call.cancel()
        call.until(ENDED)

    def carried(self) -> list[int]:
        """INVITEs that each proxy has got."""
        return [len(proxy.received("INVITE")) for proxy in self.proxies]


def test_naptr_leads_to_tcp_and_its_srv(lab: Lab, names: DnsServer) -> None:
    """RFC 3263 section 4.1: the carrier's order of transports counts, not ours."""
    carrier = Carrier(lab, names, "tcp")
    names.put(
        CARRIER,
        "NAPTR",
        f'20 50 "s" "SIP+D2U" "" _sip._udp.{CARRIER}.',
        f'10 50 "s" "SIP+D2T" "" _sip._tcp.{CARRIER}.',
    )
    carrier.services("udp", (10, 0), (20, 0))
    carrier.services("tcp", (20, 0), (10, 0))
    carrier.start()
    carrier.serve()
    carrier.call()
    assert carrier.carried() == [0, 2]
    assert {one.transport for one in carrier.proxies[1].received("INVITE")} == {"tcp"}


def test_the_first_priority_dies_and_comes_back(lab: Lab, names: DnsServer) -> None:
    """The second takes over without a pause, asked by no further DNS question; the first serves again when it is up."""
    carrier = Carrier(lab, names)
    carrier.services("udp", (10, 0), (20, 0))
    carrier.start()
    carrier.serve(options_seconds=0.3, options_misses=1)
    carrier.call()
    assert carrier.carried() == [2, 0]
    asked = len(names.asked)
    first = carrier.proxies[0]
    first.kill()
    lab.until_logged("a gateway is down")
    carrier.call()
    carrier.call()
    assert carrier.carried() == [2, 4]
    assert len(names.asked) == asked
    first.start()
    lab.until_logged("a gateway is up again")
    carrier.call()
    assert carrier.carried() == [4, 4]


def test_the_first_priority_dies_unseen(lab: Lab, names: DnsServer) -> None:
    """Without OPTIONS the INVITE itself finds out: the port is closed, so the next one is asked at once."""
    carrier = Carrier(lab, names)
    carrier.services("udp", (10, 0), (20, 0))
    carrier.start()
    carrier.serve()
    carrier.proxies[0].kill()
    carrier.call()
    assert carrier.carried()[1] == 2


def test_weights_share_the_calls(lab: Lab, names: DnsServer) -> None:
    """RFC 2782: the same priority, weights of 1 to 1; both get some of many INVITEs."""
    carrier = Carrier(lab, names)
    carrier.services("udp", (10, 50), (10, 50))
    carrier.start()
    carrier.serve()

    def both() -> bool:
        carrier.call()
        return all(carrier.carried())

    eventually(both, "both proxies to carry calls", 40)


def test_a_change_of_the_records_is_followed(lab: Lab, names: DnsServer) -> None:
    """When their time to live is over the names are asked again, behind the calls."""
    names.ttl = 1
    carrier = Carrier(lab, names)
    carrier.services("udp", (10, 0), (20, 0))
    carrier.start()
    carrier.serve()
    carrier.call()
    carrier.services("udp", (20, 0), (10, 0))
    asked = len(names.asked_for("SRV"))
    eventually(lambda: len(names.asked_for("SRV")) > asked + 1, "the name to be asked for again")

    def moved() -> bool:
        carrier.call()
        return carrier.carried()[1] > 0

    eventually(moved, "calls to go by the second proxy", 40)


def test_nobody_answers_about_the_name(lab: Lab, names: DnsServer) -> None:
    """A carrier whose DNS fails later goes on being called at the addresses that are known."""
    names.ttl = 1
    carrier = Carrier(lab, names)
    carrier.services("udp", (10, 0), (20, 0))
    carrier.start()
    carrier.serve()
    names.silent.add("*")
    asked = len(names.asked)
    eventually(lambda: len(names.asked) > asked, "the name to be asked for again")
    carrier.call()
    assert sum(carrier.carried()) == 2


def test_sips_by_its_own_records(lab: Lab, names: DnsServer, tmp_path: Path) -> None:
    """sips:carrier.test: TLS by _sips._tcp, the certificate must name the domain, not the machine (RFC 5922)."""
    authority = Authority(tmp_path)
    carrier = Carrier(lab, names, "tls")
    issued = authority.issue(CARRIER)
    for proxy in carrier.proxies:
        proxy.use_tls(issued.certificate, issued.key, authority.ca)
    carrier.services("tcp", (10, 0), (20, 0), offset=1)
    carrier.start()
    listen = ["udp:127.0.0.1:PORT", "tcp:127.0.0.1:PORT", "tls:127.0.0.1:0"]
    ours = authority.issue("127.0.0.1", file="ringout")
    files = {"tls_certificate": str(ours.certificate), "tls_key": str(ours.key), "tls_ca": str(authority.ca)}
    carrier.serve(f"sips:{CARRIER}", sip={"listen": listen, **files})
    carrier.call()
    assert {one.transport for one in carrier.proxies[0].received("INVITE")} == {"tls"}
    carrier.proxies[0].kill()
    carrier.call()
    assert carrier.carried()[1] == 2
