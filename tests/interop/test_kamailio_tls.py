"""A carrier's proxy that serves several names at one address: who connects by TLS must say which one is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.waiting import eventually
from fakes.certificates import Authority
from fakes.dns_server import DnsServer

from .kamailio import Kamailio
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears

CARRIER, NEIGHBOUR = "carrier.test", "neighbour.test"


@pytest.mark.parametrize("called", [CARRIER, "unknown.test"])
def test_the_name_decides_which_certificate_kamailio_shows(lab: Lab, tmp_path: Path, called: str) -> None:
    """SNI (RFC 6066 section 3): without the carrier's name Kamailio shows its neighbour's certificate."""
    authority = Authority(tmp_path)
    proxy = lab.add(Kamailio()).listen("tls", "udp")
    usual, special = (authority.issue(name, file=name) for name in (NEIGHBOUR, CARRIER))
    proxy.use_tls(usual.certificate, usual.key, authority.ca)
    with (proxy.directory / "tls.cfg").open("a") as file:
        file.write(
            f"[server:127.0.0.1:{proxy.port + 1}]\nserver_name = {CARRIER}\ncertificate = {special.certificate}\n"
            f"private_key = {special.key}\nca_list = {authority.ca}\nmethod = TLSv1.2+\n"
        )
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    for phone in (caller, callee):
        proxy.route(phone.number, f"sip:127.0.0.1:{phone.port}")
    proxy.start()
    ours = authority.issue("127.0.0.1", file="ringout")
    with DnsServer() as names:
        names.put(called, "A", "127.0.0.1")
        lab.ring_out(
            {"gateways": [f"sip:{called}:{proxy.port + 1};transport=tls"]},
            sip={
                "listen": ["udp:127.0.0.1:PORT", "tls:127.0.0.1:0"],
                "nameservers": [names.address],
                "tls_ca": str(authority.ca),
                "tls_certificate": str(ours.certificate),
                "tls_key": str(ours.key),
            },
        )
        call = lab.place()
        if called != CARRIER:
            eventually(lambda: call.look()[2] == "CannotReach", "the call to fail")
            assert not proxy.received("INVITE")
            return
        call.until(CONNECTED)
        hears(caller, HIGH_HZ, LOW_HZ)
        callee.hang_up()
        call.until(ENDED)
        assert {one.transport for one in proxy.received("INVITE")} == {"tls"}
