"""Gateways that are named: looked up once at the start, never while calls are placed."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from fakes.engine_world import Stage
from ringout.config import TrunkConfig
from ringout.engine.gateways import parse_gateway
from ringout.engine.name_lookup import resolve_names


async def test_a_name_becomes_addresses_outside_the_loop() -> None:
    gateway = parse_gateway("sip:localhost:5070")
    assert gateway.addresses == ()
    asked_in: list[int] = []
    loop = asyncio.get_running_loop()
    look_up = loop.getaddrinfo

    async def watched(*arguments: Any, **more: Any) -> Any:
        found = await look_up(*arguments, **more)
        asked_in.append(threading.get_ident())
        return found

    loop.getaddrinfo = watched  # type: ignore[method-assign]
    await resolve_names([gateway])
    assert asked_in, "the loop's own resolver was asked, which works in a thread"
    assert set(gateway.addresses) & {"127.0.0.1", "::1"}
    assert gateway.uri("7") == "sip:7@localhost:5070", "the gateway is still called by its name"


async def test_numbers_are_not_looked_up() -> None:
    gateway = parse_gateway("sip:[::1]:5070")
    await resolve_names([gateway])
    assert gateway.addresses == ("::1",)


async def test_a_name_that_nobody_knows_stops_the_start() -> None:
    async def unknown(*arguments: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    asyncio.get_running_loop().getaddrinfo = unknown  # type: ignore[method-assign]
    stage = Stage(TrunkConfig("t", ("sip:no-such-gateway.invalid",)))
    with pytest.raises(OSError, match=r"'no-such-gateway\.invalid' cannot be resolved: Name or service"):
        await stage.node.resolve_gateways()


def test_a_call_by_an_unresolved_gateway_fails_without_a_lookup() -> None:
    stage = Stage(TrunkConfig("t", ("sip:no-such-gateway.invalid",)))
    stage.place()
    assert stage.statuses == "GenericError InProgress CannotReach"
    assert stage.agent.log == []


def test_the_first_address_with_a_listener_is_used() -> None:
    stage = Stage(TrunkConfig("t", ("sip:gw.example:5070",)))
    stage.node.trunks.trunks[0].gateways[0].addresses = ("2001:db8::5", "192.0.2.5")
    stage.agent.unreachable.add("2001:db8::5")
    stage.place()
    assert stage.caller.asked["flow"].remote == ("192.0.2.5", 5070)
    assert stage.caller.uri == "sip:+16505550101@gw.example:5070"
