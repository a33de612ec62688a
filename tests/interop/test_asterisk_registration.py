"""Registration in both directions: RingOut at an Asterisk as at a carrier, Asterisk at RingOut as a user's phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.server import EXTENSION, PASSWORD
from e2e.waiting import eventually
from fakes.certificates import Authority

from .asterisk import Asterisk
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import behind

SECRET = "Kz4-long-enough"


def registrar(lab: Lab, *transports: str, **aor: Any) -> Asterisk:
    """An Asterisk that wants a password of RingOut, for REGISTER as for INVITE. aor: settings of its registrations."""
    asterisk = lab.add(Asterisk())
    for transport in dict.fromkeys([*transports, "udp"]):
        asterisk.transport(transport)
    asterisk.login("secret", "acme", SECRET)
    asterisk.peer("acme", auth="secret")
    asterisk.change("acme", "aor", **aor)
    return asterisk


def trunk(asterisk: Asterisk, transport: str = "udp", **more: Any) -> dict[str, Any]:
    return {
        "gateways": [asterisk.gateway(transport)],
        "username": "acme",
        "password": SECRET,
        "from_domain": "127.0.0.1",
        "register": True,
        "register_seconds": 30,
        **more,
    }


def contacts(asterisk: Asterisk) -> list[str]:
    """Addresses that are registered as acme."""
    return re.findall(r"Contact:\s+acme/(\S+)", asterisk.cli("pjsip show contacts"))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_ringout_registers_and_calls(lab: Lab, transport: str) -> None:
    """401 and its answer, calls with the same password, and no registration is left when the server has stopped."""
    asterisk = registrar(lab, transport)
    caller = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    behind(asterisk, caller, callee)
    asterisk.knows_by_address("acme")
    asterisk.start()
    server = lab.ring_out(trunk(asterisk, transport))
    eventually(lambda: contacts(asterisk), "RingOut to be registered")
    assert str(server.sip_port) in contacts(asterisk)[0]
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    call.cancel()
    call.until(ENDED)
    server.terminate()
    assert server.wait() == 0
    assert contacts(asterisk) == []


def test_ringout_refreshes_its_registration(lab: Lab) -> None:
    """Asterisk grants three seconds only: it is registered anew before they are over, again and again."""
    asterisk = registrar(lab, maximum_expiration=3, minimum_expiration=1)
    asterisk.start()
    lab.ring_out(trunk(asterisk))
    eventually(lambda: asterisk.messages("SIP/2.0 200", sent=True, about="REGISTER")[3:], "four registrations", 30)
    assert len(contacts(asterisk)) == 1


def test_asterisk_grants_longer_than_asked(lab: Lab) -> None:
    """What the 200 says counts, not what the REGISTER asked for."""
    asterisk = registrar(lab, minimum_expiration=120)
    asterisk.start()
    server = lab.ring_out(trunk(asterisk))
    eventually(lambda: contacts(asterisk), "RingOut to be registered")
    eventually(lambda: re.search('"seconds":1(19|20)', server.log()), "the log to tell for how long")


def test_a_second_address_is_bound_as_well(lab: Lab) -> None:
    asterisk = registrar(lab)
    asterisk.start()
    lab.ring_out(trunk(asterisk, register_contacts=["sip:acme@127.0.0.1:5099"]))
    eventually(lambda: len(contacts(asterisk)) == 2, "two addresses to be registered")


def test_asterisk_does_not_know_the_password(lab: Lab) -> None:
    """Said in the log with the answer, tried again later, and never quickly."""
    asterisk = registrar(lab)
    asterisk.start()
    server = lab.ring_out(trunk(asterisk, password="wrong"))
    eventually(lambda: "not registered" in server.log(), "the log to say so")
    assert contacts(asterisk) == []
    assert len(asterisk.messages("REGISTER", sent=False)) <= 3
    assert SECRET not in server.log()


@pytest.mark.slow
def test_asterisk_comes_later_than_ringout(lab: Lab) -> None:
    """The registrar is not there when the server starts, which serves all the same, and registers when it is."""
    asterisk = registrar(lab)
    server = lab.ring_out(trunk(asterisk), sip={"t1_seconds": 0.05, "t2_seconds": 0.2})
    eventually(lambda: "not registered" in server.log(), "the log to say so")
    asterisk.start()
    eventually(lambda: contacts(asterisk), "RingOut to be registered", 60)


@pytest.mark.slow
def test_asterisk_restarts_under_a_registration_by_tcp(lab: Lab) -> None:
    """The connection ends with it. Registered again soon (RFC 5626 section 4.5), not in an hour when the refresh is
    due: a registrar may forget everybody when it restarts."""
    asterisk = registrar(lab, "tcp")
    asterisk.start()

    def granted() -> int:
        return len(asterisk.messages("SIP/2.0 200", sent=True, about="REGISTER"))

    server = lab.ring_out(trunk(asterisk, "tcp", register_seconds=3600))
    eventually(granted, "RingOut to be registered")
    before = granted()
    asterisk.kill()
    lab.until_logged("the connection to a registrar is gone")
    asterisk.start()
    eventually(lambda: granted() > before, "RingOut to be registered again", 45)
    assert str(server.sip_port) in contacts(asterisk)[0]


def device(lab: Lab, asterisk: Asterisk, *, server: str = "sip:127.0.0.1:{port}", **settings: Any) -> None:
    """Starts a RingOut whose user has the device ann-desk and no other phone, and lets Asterisk register as it."""
    extension = {
        "extension": EXTENSION,
        "password": PASSWORD,
        "name": "Ann",
        "devices": [{"username": "ann-desk", "password": SECRET}],
    }
    process = lab.ring_out({"gateways": [asterisk.gateway()]}, account={"extensions": [extension]}, **settings)
    uri = server.format(port=process.sip_port)
    asterisk.login("ann", "ann-desk", SECRET)
    asterisk.section(
        "ringout-registration", "registration", outbound_auth="ann", server_uri=uri, contact_user="ann-desk",
        client_uri=uri.replace("sip:", "sip:ann-desk@"), retry_interval=2, expiration=60, max_random_initial_delay=0,
    )  # fmt: skip


def is_online(lab: Lab) -> bool:
    answer = lab.api.request("GET", "/restapi/v1.0/account/~/extension/~/device")
    assert answer.code == 200, answer
    return bool([one for one in answer.body["records"] if one["status"] == "Online"])


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_asterisk_registers_as_a_users_phone(lab: Lab, transport: str) -> None:
    """Asterisk is the device of a user: RingOut rings it there, over TCP on the connection that it came by."""
    asterisk = lab.add(Asterisk())
    for one in dict.fromkeys([transport, "udp"]):
        asterisk.transport(one)
    asterisk.peer("ringout")
    asterisk.knows_by_address("ringout")
    desk = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    behind(asterisk, desk, number="ann-desk")
    behind(asterisk, callee)
    device(lab, asterisk, server="sip:127.0.0.1:{port}" + (";transport=tcp" if transport == "tcp" else ""))
    asterisk.start()
    asterisk.until_says("Registered", "pjsip show registrations")
    assert is_online(lab)
    call = lab.place(EXTENSION, CALLEE)
    call.until(CONNECTED)
    hears(desk, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    desk.hang_up()
    call.until(ENDED)
    asterisk.cli("pjsip send unregister ringout-registration")
    eventually(lambda: not is_online(lab), "the device to be offline")


def test_asterisk_registers_by_tls_with_srtp(lab: Lab, tmp_path: Path) -> None:
    """As a phone outside would: signalling and media encrypted, our certificate verified by Asterisk."""
    authority = Authority(tmp_path)
    ours = authority.issue("127.0.0.1", file="ringout")
    asterisk = lab.add(Asterisk())
    asterisk.transport("udp")
    asterisk.transport("tls", method="tlsv1_2", ca_list_file=authority.ca, verify_server="yes")
    asterisk.peer("ringout")
    asterisk.knows_by_address("ringout")
    desk = lab.baresip(CALLER, LOW_HZ).answers()
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    behind(asterisk, desk, number="ann-desk")
    behind(asterisk, callee)
    files = {"tls_certificate": str(ours.certificate), "tls_key": str(ours.key)}
    tls_port = lab.port()
    listen = ["udp:127.0.0.1:PORT", "tcp:127.0.0.1:PORT", f"tls:127.0.0.1:{tls_port}"]
    device(lab, asterisk, server=f"sip:127.0.0.1:{tls_port};transport=tls", sip={"listen": listen, **files})
    asterisk.start()
    asterisk.until_says("Registered", "pjsip show registrations")
    call = lab.place(EXTENSION, CALLEE)
    call.until(CONNECTED)
    hears(desk, HIGH_HZ, LOW_HZ)
    desk.hang_up()
    call.until(ENDED)


@pytest.mark.parametrize("trusted", [True, False])
def test_asterisk_has_to_show_its_certificate(lab: Lab, tmp_path: Path, trusted: bool) -> None:
    """Mutual TLS with Asterisk as the client: one that our authority has not issued opens no door, whatever the
    password."""
    authority = Authority(tmp_path)
    ours = authority.issue("127.0.0.1", file="ringout")
    theirs = (authority if trusted else Authority(tmp_path, "strangers")).issue("asterisk.test", file="asterisk")
    asterisk = lab.add(Asterisk())
    asterisk.transport("udp")
    asterisk.transport(
        "tls", method="tlsv1_2", cert_file=theirs.certificate, priv_key_file=theirs.key, ca_list_file=authority.ca,
        verify_server="yes",
    )  # fmt: skip
    asterisk.peer("ringout")
    tls_port = lab.port()
    listen = ["udp:127.0.0.1:PORT", "tcp:127.0.0.1:PORT", f"tls:127.0.0.1:{tls_port}"]
    files = {"tls_certificate": str(ours.certificate), "tls_key": str(ours.key), "tls_ca": str(authority.ca)}
    sip = {"listen": listen, "tls_client_certificates": True, **files}
    device(lab, asterisk, server=f"sip:127.0.0.1:{tls_port};transport=tls", sip=sip)
    asterisk.start()
    if trusted:
        asterisk.until_says("Registered", "pjsip show registrations")
        assert is_online(lab)
    else:
        eventually(lambda: "No response received" in asterisk.log(), "Asterisk to give its first attempt up")
        assert asterisk.messages("REGISTER", sent=True)
        lab.until_logged("no TLS with 127.0.0.1, who connected")
        assert "Registered" not in asterisk.cli("pjsip show registrations")
        assert not is_online(lab)


def test_asterisk_registers_with_a_wrong_password(lab: Lab) -> None:
    asterisk = lab.add(Asterisk())
    asterisk.transport("udp")
    device(lab, asterisk)
    asterisk.change("ann", "auth", password="wrong")
    asterisk.start()
    eventually(lambda: asterisk.messages("SIP/2.0 40", sent=False)[1:], "two refusals")
    assert "Registered" not in asterisk.cli("pjsip show registrations")
    assert not is_online(lab)
