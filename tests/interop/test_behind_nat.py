"""A NAT between RingOut and Asterisk: the router of Linux, in front of either of them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.server import EXTENSION, PASSWORD
from e2e.waiting import eventually

from .asterisk import Asterisk
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .nat_network import NatNetwork
from .pbx import own_hears, own_phone
from .programs import need
from .rtpengine import RtpengineInLab

SECRET = "Kz4-long-enough"


def listening(host: str) -> list[str]:
    return [f"udp:{host}:PORT", f"tcp:{host}:PORT"]


def both_hear(asterisk: Asterisk) -> None:
    for phone, other in ((LOW_HZ, HIGH_HZ), (HIGH_HZ, LOW_HZ)):
        eventually(lambda phone=phone, other=other: own_hears(asterisk, phone, other), f"{other} Hz at the phone")


@pytest.mark.parametrize(("transport", "engine"), [("udp", "embedded"), ("tcp", "embedded"), ("udp", "rtpengine")])
def test_ringout_behind_a_nat_and_its_carrier_outside(lab: Lab, transport: str, engine: str) -> None:
    """The server has a private address and names its public one: both phones hear each other, and the BYE of the
    carrier comes in by the address of our Contact."""
    network = lab.add(NatNetwork("here", forwards=True))
    asterisk = carrier(lab, network, transport, rtp_symmetric="no")
    media: dict[str, Any] = {"address": network.here}
    if engine == "rtpengine":
        need("rtpengine")
        process = lab.add(RtpengineInLab(lab.directory, 20, address=f"{network.here}!{network.public}")).start()
        instance = {"name": process.name, "control": process.control}
        media |= {"engine": engine, "digits_listen": process.digits, "rtpengine": [instance]}
    sip = {"listen": listening(network.here), "public_address": network.public}
    lab.ring_out({"gateways": [asterisk.gateway(transport)]}, sip=sip, media=media)
    call = lab.place()
    call.until(CONNECTED)
    both_hear(asterisk)
    asterisk.cli("channel request hangup all")
    call.until(ENDED)
    asterisk.idle()
    assert all(network.here not in invite for invite in asterisk.messages("INVITE", sent=False))


def test_ringout_behind_a_nat_that_lets_nothing_in(lab: Lab) -> None:
    """No public address, no forwarded port: what a carrier that knows NATs needs is that RingOut speaks first, and from
    the ports that it names."""
    network = lab.add(NatNetwork("here"))
    asterisk = carrier(lab, network, "udp", force_rport="yes", rewrite_contact="yes")
    lab.ring_out(
        {"gateways": [asterisk.gateway()]}, sip={"listen": listening(network.here)}, media={"address": network.here}
    )
    call = lab.place()
    call.until(CONNECTED)
    both_hear(asterisk)
    asterisk.cli("channel request hangup all")
    call.until(ENDED)
    asterisk.idle()


def test_an_office_phone_and_a_carrier_outside(lab: Lab) -> None:
    """The phone stands on our side of the NAT and is told our own address, the carrier the public one."""
    network = lab.add(NatNetwork("here", forwards=True))
    asterisk = carrier(lab, network, "udp")
    phone = lab.raw(CALLER)
    lab.ring_out(
        {"gateways": [phone.gateway], "prefixes": [CALLER]},
        {"gateways": [asterisk.gateway()], "prefixes": [CALLEE]},
        sip={"listen": listening(network.here), "public_address": network.public},
        media={"address": network.here},
    )
    call = lab.place()
    phone.answer(ringing := phone.ring())
    call.until(CONNECTED)
    phone.hum(LOW_HZ)
    hears(phone.rtp, HIGH_HZ, LOW_HZ)
    eventually(lambda: own_hears(asterisk, HIGH_HZ, LOW_HZ), f"{LOW_HZ} Hz at the callee")
    (invite,) = dict.fromkeys(asterisk.messages("INVITE", sent=False))
    assert f"c=IN IP4 {network.public}" in invite
    assert f"c=IN IP4 {network.here}" in ringing.body
    assert network.public not in ringing.text
    call.cancel()
    phone.take_bye()
    call.until(ENDED)
    asterisk.idle()


def carrier(lab: Lab, network: NatNetwork, transport: str, **settings: str) -> Asterisk:
    """An Asterisk at the far end of the network, with both phones. settings: of RingOut's endpoint."""
    asterisk = lab.add(Asterisk(namespace=network.namespace))
    asterisk.transport(transport, network.there)
    asterisk.peer("ringout", **settings)
    asterisk.knows_by_address("ringout", network.public)
    for number, hz in ((CALLER, LOW_HZ), (CALLEE, HIGH_HZ)):
        own_phone(asterisk, number, hz)
    return asterisk.start()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_asterisk_behind_a_nat_is_rung_where_it_registered(lab: Lab, transport: str) -> None:
    """It names its private address in Contact, Via and SDP: RingOut rings both its phones by the way that they
    registered, and sends the sound to where theirs comes from."""
    network = lab.add(NatNetwork("there"))
    asterisk = registered(lab, network, transport)
    call = lab.place(EXTENSION, "102")
    call.until(CONNECTED)
    both_hear(asterisk)
    (first, *_) = asterisk.messages("SIP/2.0 200", sent=True, about="INVITE")
    assert f"c=IN IP4 {network.there}" in first
    asterisk.cli("channel request hangup all")
    call.until(ENDED)
    asterisk.idle()


def registered(lab: Lab, network: NatNetwork, transport: str, nat_seconds: float = 25.0) -> Asterisk:
    """An Asterisk behind that NAT that has registered as the devices of two users, and the server outside."""
    users = [(EXTENSION, "ann-desk", LOW_HZ), ("102", "bob-desk", HIGH_HZ)]
    extensions = [
        {"extension": number, "password": PASSWORD, "devices": [{"username": name, "password": SECRET}]}
        for number, name, _ in users
    ]
    server = lab.ring_out(
        {"gateways": ["sip:127.0.0.1:9"]},
        sip={"listen": listening(network.here)},
        media={"address": network.here},
        account={"extensions": extensions},
        phones={"nat_seconds": nat_seconds},
    )
    asterisk = lab.add(Asterisk(namespace=network.namespace))
    asterisk.transport(transport, network.there)
    asterisk.peer("ringout")
    asterisk.knows_by_address("ringout", network.here)
    suffix = "" if transport == "udp" else f";transport={transport}"
    for _, name, hz in users:
        own_phone(asterisk, name, hz)
        asterisk.login(name, name, SECRET)
        asterisk.section(
            f"{name}-registration", "registration", outbound_auth=name, contact_user=name,
            server_uri=f"sip:{network.here}:{server.sip_port}{suffix}",
            client_uri=f"sip:{name}@{network.here}", retry_interval=2, max_random_initial_delay=0,
            expiration=60,
        )  # fmt: skip
    asterisk.start()
    eventually(lambda: asterisk.cli("pjsip show registrations").count("Registered") == 2, "both registrations")
    return asterisk


def test_a_nat_that_forgets_soon_is_kept_open(lab: Lab) -> None:
    """Over UDP, between two REGISTERs a minute apart: Asterisk sends nothing by itself, so RingOut asks it often enough
    whether it is there."""
    network = lab.add(NatNetwork("there", forgets_seconds=5))
    asterisk = registered(lab, network, "udp", nat_seconds=1)
    before = asterisk.messages("REGISTER", sent=True)
    time.sleep(7)  # what the NAT forgets by is its own clock
    call = lab.place(EXTENSION, "102")
    call.until(CONNECTED)
    both_hear(asterisk)
    assert asterisk.messages("REGISTER", sent=True) == before
    assert not asterisk.messages("OPTIONS", sent=True)
    call.cancel()
    call.until(ENDED)
