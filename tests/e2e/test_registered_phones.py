"""Phones that register with the server, and that RingOut rings: baresip and linphone as they come from Debian."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from fakes.certificates import Authority
from fakes.ports import free_port
from ringout.sip import digest
from ringout.sip.message import Response
from ringout.sip.parser import parse

from .api import Api, PlacedCall
from .harness import CONNECTED, ENDED, World, need
from .nat import Nat
from .registering import BaresipRegistered, LinphoneRegistered
from .server import ServerProcess
from .steps import answers
from .tones import from_now_on, parts_with, share
from .waiting import eventually

PASSWORD = "a-very-long-password"
DEVICES = [
    {"username": "desk", "password": PASSWORD, "name": "Desk phone"},
    {"username": "soft", "password": PASSWORD, "name": "Softphone"},
]
USER = "/restapi/v1.0/account/~/extension/~"

pytestmark = pytest.mark.baresip


class Office:
    """A server whose user has two devices."""

    def __init__(self, world: World, forwarding_numbers: Sequence[str] = (), **settings: Any) -> None:
        """forwarding_numbers: the user's phones besides the devices."""
        self.world = world
        settings.setdefault("phones", {"digest": ["MD5"]})
        user = {"devices": DEVICES, "forwarding_numbers": list(forwarding_numbers)}
        self.server: ServerProcess = world.serve(extension=user, **settings)

    @property
    def api(self) -> Api:
        return self.world.api

    def baresip(self, username: str, hum_hz: float, transport: str = "udp", **more: Any) -> BaresipRegistered:
        need("baresip")
        server = more.pop("server", f"127.0.0.1:{more.pop('port', self.server.sip_port)}")
        server += "" if transport == "udp" else f";transport={transport}"
        phone = BaresipRegistered(username, more.pop("password", PASSWORD), server, hum_hz, **more)
        self.world.phones.append(phone)  # type: ignore[arg-type]
        phone.start()
        return phone

    def linphone(self, username: str, hum_hz: float) -> LinphoneRegistered:
        need("linphonec")
        phone = LinphoneRegistered(username, PASSWORD, f"127.0.0.1:{self.server.sip_port}", hum_hz)
        self.world.phones.append(phone)  # type: ignore[arg-type]
        return phone.start()

    def device(self, username: str) -> dict[str, Any]:
        records = self.api.request("GET", f"{USER}/device").body["records"]
        return next(record for record in records if record["serial"] == username)

    def is_there(self, username: str) -> None:
        eventually(lambda: self.device(username)["status"] == "Online", f"{username} to be registered", 40)

    def is_gone(self, username: str) -> None:
        eventually(lambda: self.device(username)["status"] == "Offline", f"{username} to be gone", 40)

    def number_of(self, username: str) -> str:
        """Id of the forwarding number that is that device."""
        wanted = self.device(username)["id"]
        records = self.api.request("GET", f"{USER}/forwarding-number").body["records"]
        return next(record["id"] for record in records if record.get("device", {}).get("id") == wanted)

    def place(self, username: str, callee: str) -> PlacedCall:
        body = {"from": {"forwardingNumberId": self.number_of(username)}, "to": {"phoneNumber": callee}}
        answer = self.api.request("POST", f"{USER}/ringout", body)
        assert answer.code == 200, answer
        return PlacedCall(self.api, answer.body)


def hears(phone: BaresipRegistered | LinphoneRegistered, hz: float) -> None:
    new = from_now_on(phone.heard)
    eventually(
        lambda: len(last := new()[-8000:]) == 8000 and parts_with(last, hz) >= 0.7,
        f"{hz} Hz in the recording of {phone.username}",
    )


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_baresip_registers_and_is_rung(world: World, transport: str) -> None:
    callee = world.sipp("callee").does(answers())
    office = Office(world)
    assert office.device("desk")["status"] == "Offline"
    phone = office.baresip("desk", 600, transport)
    office.is_there("desk")
    call = office.place("desk", callee.number)
    call.until(CONNECTED)
    callee.hum(1000)
    hears(phone, 1000)
    assert call.cancel() == 204
    call.until(ENDED)
    callee.finish()
    phone.leave()
    office.is_gone("desk")


def test_linphone_registers_and_is_rung(world: World) -> None:
    callee = world.sipp("callee").does(answers())
    office = Office(world, phones={})
    phone = office.linphone("soft", 600)
    office.is_there("soft")
    call = office.place("soft", callee.number)
    call.until(CONNECTED)
    callee.hum(1000)
    eventually(lambda: share(callee.rtp.heard()[-4000:], 600) > 0.9, "600 Hz at the callee")
    hears(phone, 1000)
    phone.type("pause")
    phone.shows("(?i)call .* paused|paused")
    phone.type("resume")
    hears(phone, 1000)
    assert call.cancel() == 204
    call.until(ENDED)
    callee.finish()


def test_a_phone_behind_a_nat_is_reached_by_the_way_it_opened(world: World) -> None:
    """Its Contact is an address inside; INVITE, ACK and BYE take the other one, by which it registered."""
    callee = world.sipp("callee").does(answers())
    office = Office(world)
    nat = Nat(office.server.sip_port)
    try:
        phone = office.baresip("desk", 600, server=nat.inside)
        office.is_there("desk")
        call = office.place("desk", callee.number)
        call.until(CONNECTED)
        callee.hum(1000)
        hears(phone, 1000)
        assert call.cancel() == 204
        call.until(ENDED)
        assert list(dict.fromkeys(word for word in nat.sent if not word.startswith("SIP/"))) == ["INVITE", "ACK", "BYE"]
        callee.finish()
        phone.close()
    finally:
        nat.close()


def test_a_wrong_password_registers_nobody(world: World) -> None:
    office = Office(world)
    phone = office.baresip("desk", 600, password="not-the-password")
    phone.shows("403 Wrong user name or password")
    assert office.device("desk")["status"] == "Offline"


def test_a_phone_that_is_not_registered_is_told_so(world: World) -> None:
    callee = world.sipp("callee")
    office = Office(world)
    call = office.place("desk", callee.number)
    assert call.until(("Invalid", "InProgress", "CannotReach"), ("Invalid", "InProgress", "Error"))
    assert call.leg("caller")["explanation"] == "The caller's phone is not registered at the moment."


def test_a_registration_outlives_a_crash_of_the_server(world: World) -> None:
    callee = world.sipp("callee").does(answers())
    office = Office(world)
    phone = office.baresip("desk", 600)
    office.is_there("desk")
    office.server.kill()
    before = phone.screen().count("REGISTER sip:")
    office.server.start()
    assert office.device("desk")["status"] == "Online"
    call = office.place("desk", callee.number)
    call.until(CONNECTED)
    assert phone.screen().count("REGISTER sip:") == before, "it has not registered anew meanwhile"
    assert call.cancel() == 204
    call.until(ENDED)
    callee.finish()


def test_the_newest_place_is_rung_and_the_other_when_that_is_gone(world: World) -> None:
    callee = world.sipp("callee").does(answers())
    office = Office(world)
    older = office.baresip("desk", 600)
    office.is_there("desk")
    newer = office.baresip("desk", 600)
    newer.shows("REGISTER .*200 OK|200 OK")
    newer.crash()
    call = office.place("desk", callee.number)
    call.until(CONNECTED)
    older.shows("INVITE sip:desk")
    assert call.cancel() == 204
    call.until(ENDED)
    callee.finish()


def test_a_colleagues_device_is_rung_by_the_extension_number(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    office = Office(world)
    phone = office.baresip("desk", 600)
    office.is_there("desk")
    call = office.api.place(caller.number, "101")
    call.until(CONNECTED)
    assert call.leg("callee")["extensionNumber"] == "101"
    eventually(lambda: share(caller.rtp.heard()[-4000:], 600) > 0.9, "600 Hz at the caller")
    phone.shows("INVITE sip:desk")
    assert call.cancel() == 204
    call.until(ENDED)
    caller.finish()


def test_a_phone_can_be_a_sip_address(world: World) -> None:
    phone, callee = world.sipp("phone").does(answers()), world.sipp("callee").does(answers())
    office = Office(world, phones={"hosts": ["127.0.0.1"]})
    made = office.api.request(
        "POST", f"{USER}/forwarding-number", {"phoneNumber": f"sip:ann@127.0.0.1:{phone.port}", "label": "PBX"}
    )
    assert made.code == 200, made
    body = {"from": {"forwardingNumberId": made.body["id"]}, "to": {"phoneNumber": callee.number}}
    call = PlacedCall(office.api, office.api.request("POST", f"{USER}/ringout", body).body)
    call.until(CONNECTED)
    assert call.cancel() == 204
    call.until(ENDED)
    phone.finish()
    callee.finish()


def test_no_sip_address_is_called_that_the_administrator_has_not_allowed(world: World) -> None:
    office = Office(world)
    body = {"phoneNumber": "sip:ann@127.0.0.1", "label": "PBX"}
    assert office.api.request("POST", f"{USER}/forwarding-number", body).code == 400


class WebSocketPhone:
    """Registers over a WebSocket as a browser's script does (RFC 7118), and says no more."""

    def __init__(self, port: int, username: str) -> None:
        self._username = username
        self._cseq = 0
        self.line = connect(f"ws://127.0.0.1:{port}", subprotocols=[Subprotocol("sip")], open_timeout=30)

    def register(self) -> Response:
        refusal = self._ask("")
        assert refusal.status == 401
        challenge = digest.read_challenges(refusal)[0]
        credentials = digest.Credentials(self._username, PASSWORD)
        value = digest.answer(challenge, "REGISTER", "sip:pbx.example", credentials, b"", "cnonce", {})
        return self._ask(f"Authorization: {value}\r\n")

    def _ask(self, more: str) -> Response:
        self._cseq += 1
        user = f"<sip:{self._username}@pbx.example>"
        self.line.send(
            f"REGISTER sip:pbx.example SIP/2.0\r\nVia: SIP/2.0/WS a1.invalid;branch=z9hG4bKws{self._cseq}\r\n"
            f"From: {user};tag=1\r\nTo: {user}\r\nCall-ID: ws\r\nCSeq: {self._cseq} REGISTER\r\nMax-Forwards: 70\r\n"
            "Contact: <sip:a1@a1.invalid;transport=ws>;reg-id=1"
            ';+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>"\r\n'
            f"Supported: path, gruu, outbound\r\nExpires: 600\r\n{more}Content-Length: 0\r\n\r\n"
        )
        answer = parse(str(self.line.recv(30)).encode())
        assert isinstance(answer, Response)
        return answer


def test_a_browser_is_there_as_long_as_its_connection(world: World) -> None:
    callee = world.sipp("callee")
    port = free_port()
    office = Office(world, sip={"listen": ["udp:127.0.0.1:PORT", "tcp:127.0.0.1:PORT", f"ws:127.0.0.1:{port}"]})
    phone = WebSocketPhone(port, "soft")
    answer = phone.register()
    assert answer.status == 200
    assert answer.headers.values("Require") == ["outbound"]
    assert 'pub-gruu="sip:soft@pbx.example;gr=urn:uuid:' in (answer.headers.get("Contact") or "")
    assert office.device("soft")["status"] == "Online"
    body = {"from": {"forwardingNumberId": office.number_of("soft")}, "to": {"phoneNumber": callee.number}}
    refused = office.api.request("POST", f"{USER}/ringout", body)
    assert refused.code == 503, "the embedded media engine has no DTLS-SRTP"
    phone.line.close()
    office.is_gone("soft")


def test_what_is_said_to_a_phone_on_tls_is_encrypted(world: World, tmp_path: Path) -> None:
    """baresip with mediaenc=srtp answers our RTP/AVP that brings keys along with keys of its own."""
    issued = Authority(tmp_path).issue("127.0.0.1")
    callee = world.sipp("callee").does(answers())
    port = free_port()
    office = Office(
        world,
        sip={
            "listen": ["udp:127.0.0.1:PORT", "tcp:127.0.0.1:PORT", f"tls:127.0.0.1:{port}"],
            "tls_certificate": str(issued.certificate),
            "tls_key": str(issued.key),
        },
    )
    phone = office.baresip("desk", 600, "tls", port=port, extra=";mediaenc=srtp")
    office.is_there("desk")
    call = office.place("desk", callee.number)
    call.until(CONNECTED)
    callee.hum(1000)
    hears(phone, 1000)
    eventually(lambda: share(callee.rtp.heard()[-4000:], 600) > 0.9, "600 Hz at the callee")
    offer, answer = phone.shows("a=crypto:1 AES_CM_128_HMAC_SHA1_80"), phone.screen().count("a=crypto:")
    assert offer
    assert answer >= 2, "both sides have named a key"
    assert call.cancel() == 204
    call.until(ENDED)
    callee.finish()


@pytest.mark.slow
def test_a_phone_that_knows_md5_alone_gets_in_at_its_second_attempt(world: World) -> None:
    """baresip 1.0 stops at a challenge whose first algorithm is SHA-256, and asks again half a minute later."""
    office = Office(world, phones={})
    phone = office.baresip("desk", 600)
    phone.shows("Function not implemented")
    eventually(lambda: office.device("desk")["status"] == "Online", "the second attempt", 60)
