import asyncio
import os
import sys
import threading
from typing import Any

import argon2
import pytest

from ringout.domain.errors import Unavailable
from ringout.service import passwords as module
from ringout.service.passwords import Passwords


class Counted(Passwords):
    """Counts comparisons, and says in which threads they ran. gate: they wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.verified: list[str | None] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def _verify(self, password: str, stored: str | None) -> bool:
        self.gate.wait(20)
        self.verified.append(stored)
        self.threads.add(threading.get_native_id())
        return super()._verify(password, stored)


async def test_right_and_wrong() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches("correct horse", stored)
    for wrong in ("", "Correct horse", "correct horse "):
        assert not await passwords.matches(wrong, stored)
    assert not await passwords.matches("x", "not a hash")


async def test_a_secret_of_any_length_that_the_configuration_gives_is_right() -> None:
    passwords, secret = Passwords(), "long" * 1000
    stored = await passwords.hash(secret)
    assert await passwords.matches(secret, stored)
    assert await passwords.matches_secret(secret, stored)


async def test_nobodys_password_costs_what_a_users_does() -> None:
    """The decoy has the parameters of a real hash, and matches nothing."""
    passwords = Counted()
    assert not await passwords.matches("nobody has this password", None)
    assert passwords.verified == [None]
    real = argon2.extract_parameters(await passwords.hash("x"))
    assert argon2.extract_parameters(module._DECOY) == real
    assert argon2.PasswordHasher().verify(module._DECOY, "nobody has this password")


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux only")
async def test_the_threads_stand_back() -> None:
    passwords = Counted()
    await asyncio.gather(*(passwords.matches("x", None) for _ in range(8)))
    assert 1 <= len(passwords.threads) <= max(1, (os.cpu_count() or 2) // 2)
    for thread in passwords.threads:
        assert os.getpriority(os.PRIO_PROCESS, thread) == module._LOW_PRIORITY
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < module._LOW_PRIORITY


async def test_too_many_at_once_are_sent_away() -> None:
    class Held(Counted):
        def _verify(self, password: str, stored: str | None) -> bool:
            return not self.gate.wait(20)

    passwords = Held()
    passwords.gate.clear()
    waiting = [asyncio.ensure_future(passwords.matches("x", None)) for _ in range(256)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await passwords.matches("x", None)
    waiting[0].cancel()  # the thread goes on: its place is not free yet
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await passwords.matches("x", None)
    passwords.gate.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert not await passwords.matches("x", None)


async def test_a_secret_is_compared_once_however_many_show_it() -> None:
    passwords = Counted()
    stored = await passwords.hash("secret")
    answers: list[Any] = await asyncio.gather(*(passwords.matches_secret("secret", stored) for _ in range(300)))
    assert answers == [True] * 300
    assert await passwords.matches_secret("secret", stored)
    assert len(passwords.verified) == 1
    for _ in range(2):
        assert not await passwords.matches_secret("wrong", stored)
    assert len(passwords.verified) == 3
    assert not await passwords.matches_secret("secret", await passwords.hash("other"))


async def test_who_stops_waiting_does_not_stop_the_others() -> None:
    passwords = Counted()
    stored = await passwords.hash("secret")
    passwords.gate.clear()
    first, second = (asyncio.ensure_future(passwords.matches_secret("secret", stored)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    passwords.gate.set()
    assert await second
    assert len(passwords.verified) == 1
