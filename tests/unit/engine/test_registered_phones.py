"""Between registrar and store: what is stored, when the phone is answered, what is there after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import pytest

from fakes.engine_world import World
from ringout.engine.registered_phones import RegisteredPhones
from ringout.net.tasks import Tasks
from ringout.service.ports import MediaKind
from ringout.sip.bindings import Binding
from ringout.sip.events import BindingsChanged
from ringout.sip.flow import Flow


class Store:
    """The port RegistrationStore, whose disk does as the test says."""

    def __init__(self) -> None:
        self.stored: dict[str, list[Binding]] = {}
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def load(self, node: str) -> list[Binding]:
        return [binding for bindings in self.stored.values() for binding in bindings]

    def save(self, node: str, user: str, bindings: Sequence[Binding]) -> Awaitable[None]:
        self.stored[user] = list(bindings)
        return self.done


class FakeRegistrar:
    def __init__(self) -> None:
        self.found: list[Binding] = []
        self.forgotten: list[str] = []

    def restore(self, bindings: Sequence[Binding]) -> None:
        self.found = list(bindings)

    def bindings(self, user: str, now: float) -> list[Binding]:
        return [binding for binding in self.found if binding.user == user]

    def forget(self, user: str) -> None:
        self.forgotten.append(user)


class Waiting:
    """A Registration."""

    def __init__(self) -> None:
        self.answers: list[str] = []

    def confirm(self, now: float) -> None:
        self.answers.append("200")

    def fail(self, now: float) -> None:
        self.answers.append("500")


class Office:
    def __init__(self) -> None:
        self.world = World()
        self.store, self.registrar, self.tasks = Store(), FakeRegistrar(), Tasks()
        self.known, self.flushes = {"desk"}, 0
        fakes: Any = (self.registrar, self.store, self.world)
        registrar, store, clock = fakes
        self.phones = RegisteredPhones(
            "node", registrar, lambda user: user in self.known, store, clock, self.tasks, self.flush
        )

    def flush(self) -> None:
        self.flushes += 1

    async def quiet(self) -> None:
        """Whatever was begun has ended."""
        await asyncio.gather(*self.tasks._running)
        await asyncio.sleep(0)

    def binding(self, transport: Any = "udp", user: str = "desk", ends_in: float = 60.0) -> Binding:
        flow = Flow(transport, ("127.0.0.1", 5060), ("192.0.2.9", 5070))
        return Binding(user, "sip:x@y", flow, "call", 1, self.world.now, self.world.now + ends_in)


async def test_the_phone_is_answered_once_its_binding_is_stored() -> None:
    office, waiting = Office(), Waiting()
    event: Any = BindingsChanged("desk", (office.binding(),), waiting)  # type: ignore[arg-type]
    office.phones.receive(event)
    await asyncio.sleep(0)
    assert waiting.answers == []
    (stored,) = office.store.stored["desk"]
    assert stored.expires_at == office.world.wall() + 60, "seconds since the epoch"
    office.store.done.set_result(None)
    await office.quiet()
    assert (waiting.answers, office.flushes) == (["200"], 1)


@pytest.mark.filterwarnings("ignore")
async def test_a_disk_that_refuses_is_an_error_for_the_phone(caplog: pytest.LogCaptureFixture) -> None:
    office, waiting = Office(), Waiting()
    office.phones.receive(BindingsChanged("desk", (office.binding(),), waiting))  # type: ignore[arg-type]
    office.phones.receive(BindingsChanged("desk", ()))
    office.store.done.set_exception(OSError("the disk is full"))
    await office.quiet()
    assert waiting.answers == ["500"]
    assert office.tasks.failures == 0


async def test_after_a_restart_they_are_there_for_as_long_as_they_held() -> None:
    before = Office()
    for transport, user, ends_in in (("udp", "desk", 60), ("ws", "desk", 60), ("udp", "desk", 0), ("udp", "gone", 60)):
        before.phones.receive(
            BindingsChanged(f"{user} {transport} {ends_in}", (before.binding(transport, user, ends_in),))
        )
    after = Office()
    after.store.stored = before.store.stored
    after.world.now = before.world.now = 5.0  # another monotonic clock, the same wall
    after.world.wall = lambda: 1_700_000_100.0 + 10  # type: ignore[method-assign]  ten seconds later
    assert await after.phones.load() == 1
    (binding,) = after.phones.bindings("desk")
    assert binding.expires_at == pytest.approx(5.0 + 50)
    before.store.done.set_result(None)
    await before.quiet()


async def test_a_phone_that_was_taken_from_its_user_is_nowhere() -> None:
    office = Office()
    office.registrar.found = [office.binding("wss")]
    assert office.phones.is_registered("desk")
    assert office.phones.kind("desk") is MediaKind.WEBRTC
    office.known.clear()
    assert not office.phones.is_registered("desk")
    assert office.phones.kind("desk") is MediaKind.RTP
    office.phones.forget("desk")
    assert (office.registrar.forgotten, office.flushes) == (["desk"], 1)
