"""Where calls go: names that lead to several servers, gateways that are down, registrars that must know us first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.dns_server import DnsServer
from fakes.ports import free_port

from .harness import CONNECTED, World
from .raw_phone import RawPhone, digest_parts, digest_response
from .test_administration import EmptyServer
from .waiting import eventually


@pytest.fixture
def names() -> Iterator[DnsServer]:
    with DnsServer(ttl=5) as server:
        server.put("gw1.carrier.example", "A", "127.0.0.1")
        server.put("gw2.carrier.example", "A", "127.0.0.1")
        yield server


def carrier(world: World, name: str, gateway: str = "sip:carrier.example") -> RawPhone:
    """A phone whose trunk has that gateway in the place of the phone's own address."""
    phone = world.raw(name, gateway_timeout_seconds=5.0)
    world._trunks[-1]["gateways"] = [gateway]
    return phone


def srv(names: DnsServer, *records: str) -> None:
    names.put("_sip._udp.carrier.example", "SRV", *records)


def test_a_call_fails_over_to_the_next_server_of_a_domain(world: World, names: DnsServer) -> None:
    caller, callee = world.raw("caller"), carrier(world, "callee")
    srv(names, f"10 1 {free_port()} gw1.carrier.example.", f"20 1 {callee.port} gw2.carrier.example.")
    world.serve(sip={"nameservers": [names.address]})
    call = world.place(caller, callee)
    caller.answer(caller.ring())
    invite = callee.ring()
    assert invite.start_line.split()[1] == f"sip:{callee.number}@carrier.example"
    callee.answer(invite)
    call.until(CONNECTED)
    call.cancel()
    callee.take_bye()
    caller.take_bye()


def test_a_domain_that_moves_is_followed_while_the_server_runs(world: World, names: DnsServer) -> None:
    caller, callee = world.raw("caller"), carrier(world, "callee")
    srv(names, f"10 1 {free_port()} gw1.carrier.example.")
    world.serve(sip={"nameservers": [names.address]})
    asked = len(names.asked)
    srv(names, f"10 1 {callee.port} gw2.carrier.example.")
    eventually(lambda: len(names.asked_for("SRV")) > 2, f"another lookup than the first {asked} questions")
    eventually(lambda: world.log().count("a gateway's name leads to") == 2, "the new address")
    names.silent = {"*"}
    call = world.place(caller, callee)
    caller.answer(caller.ring())
    callee.reply(callee.ring(), 486)
    callee.expect("ACK")
    call.until(("Success", "Busy", "CannotReach"))
    caller.take_bye()


def test_a_name_that_dns_learns_later_is_a_gateway_that_is_down_until_then(world: World, names: DnsServer) -> None:
    """The machine is up before its name servers are."""
    caller, callee = world.raw("caller"), carrier(world, "callee")
    world.serve(sip={"nameservers": [names.address]})
    eventually(lambda: "a gateway is down: its name leads nowhere" in world.log(), "the server to say so")
    call = world.place(caller, callee)
    caller.answer(caller.ring())
    call.until(("Success", "GenericError", "CannotReach"))
    caller.take_bye()
    srv(names, f"10 1 {callee.port} gw2.carrier.example.")
    eventually(lambda: "a gateway's name leads to" in world.log(), "the name to be known", 30)
    call = world.place(caller, callee)
    caller.answer(caller.expect("INVITE"))
    callee.reply(callee.ring(), 486)
    callee.expect("ACK")
    call.until(("Success", "Busy", "CannotReach"))
    caller.take_bye()


def test_a_redirection_to_a_name_is_looked_up_for_its_call(world: World, names: DnsServer) -> None:
    caller, callee, elsewhere = world.raw("caller"), world.raw("callee"), world.raw("elsewhere")
    srv(names, f"10 1 {elsewhere.port} gw1.carrier.example.")
    world.serve(sip={"nameservers": [names.address]})
    call = world.place(caller, callee)
    caller.answer(caller.ring())
    callee.reply(
        callee.expect("INVITE"), 302, contact=False, headers=[f"Contact: <sip:{callee.number}@carrier.example>"]
    )
    callee.expect("ACK")
    invite = elsewhere.ring()
    assert invite.start_line.split()[1] == f"sip:{callee.number}@carrier.example"
    elsewhere.answer(invite)
    call.until(CONNECTED)
    call.cancel()
    elsewhere.take_bye()
    caller.take_bye()


@pytest.mark.slow
def test_calls_go_by_the_gateways_that_answer_options(world: World) -> None:
    caller, second = world.raw("caller"), world.raw("second")
    first = world.raw("first", more_gateways=[second.gateway], options_seconds=5.0, options_misses=1)
    world.serve()
    answered: set[str] = set()

    def is_logged(words: str, *phones: RawPhone) -> bool:
        """These phones answer every OPTIONS, once, while that is waited for."""
        for phone in phones:
            for asked in phone.received("OPTIONS"):
                if asked.text not in answered:
                    answered.add(asked.text)
                    phone.reply(asked, 200)
        return words in world.log()

    eventually(lambda: is_logged("a gateway is down", second), "the silent gateway to be down", 40)
    call = world.place(caller, first)
    caller.answer(caller.ring())
    second.reply(second.expect("INVITE"), 486)
    call.until(("Success", "Busy", "CannotReach"))
    caller.take_bye()
    assert first.received("INVITE") == []
    eventually(lambda: is_logged("a gateway is up again", first, second), "it to be up again", 40)
    call = world.place(caller, first)
    caller.answer(caller.expect("INVITE"))
    first.reply(first.expect("INVITE"), 486)
    call.until(("Success", "Busy", "CannotReach"))


def test_a_trunk_registers_and_leaves(world: World) -> None:
    registrar = world.raw("carrier")
    world._trunks[-1] |= {"username": "acme", "password": "trunk secret", "register": True}
    server = EmptyServer(world)
    server.init()
    server.start()
    request = registrar.expect("REGISTER")
    challenge = 'Digest realm="carrier", nonce="n0nce", qop="auth", algorithm=SHA-256'
    registrar.reply(request, 401, contact=False, headers=[f"WWW-Authenticate: {challenge}"])
    request = registrar.expect("REGISTER")
    value = request.header("Authorization")
    assert digest_parts(value)["username"] == "acme"
    assert digest_parts(value)["response"] == digest_response(value, "REGISTER", "trunk secret")
    assert request.header("To") == "<sip:acme@127.0.0.1>"
    registrar.reply(request, 200, contact=False, headers=[f"Contact: {request.header('Contact')};expires=60"])
    eventually(lambda: "registered" in server.log(), "the registration", 20)
    (gateway,) = server.admin("trunks", "list")
    assert (gateway["registered"], gateway["registrarSays"]) == (True, "200 OK")
    server.terminate()
    leaving = registrar.expect("REGISTER")
    assert leaving.header("Expires") == "0"
    assert leaving.header("Call-ID") == request.header("Call-ID")
    registrar.reply(leaving, 200, contact=False)
    assert server.wait() == 0
