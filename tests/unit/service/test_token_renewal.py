"""Refresh tokens: what a renewal gives, what it ends, and what a replay does."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from fakes.token_bench import TokenBench, make_bench
from ringout.domain.account import Session
from ringout.domain.errors import InsufficientScope, TokenInvalid
from ringout.service.tokens import Lifetimes


@pytest.fixture
async def bench() -> TokenBench:
    return await make_bench()


async def test_a_renewal_kills_the_old_access_token_at_once(bench: TokenBench) -> None:
    old = await bench.open()
    new = await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    assert new.session.session_id == old.session.session_id
    assert {new.access_token, new.refresh_token}.isdisjoint({old.access_token, old.refresh_token})
    bench.tokens.principal(new.access_token)
    with pytest.raises(TokenInvalid):
        bench.tokens.principal(old.access_token)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    ("unused_seconds", "used_seconds", "is_given_again"),
    [
        (0, None, True), (3599, None, True), (0, 0, True), (0, 9.9, True), (0, 10, False),
        (1800, 9.9, True), (1800, 10, False),
    ],
)  # fmt: skip
async def test_the_grace(
    bench: TokenBench, unused_seconds: float, used_seconds: float | None, is_given_again: bool, restarts: bool
) -> None:
    """The old refresh token gives the same tokens again while nobody uses them, and ten seconds beyond that."""
    old = await bench.open()
    new = await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    if restarts:
        bench.tokens = bench.restarted()
        await bench.tokens.load()
    bench.clock.pass_seconds(unused_seconds)
    if used_seconds is not None:
        bench.tokens.principal(new.access_token)
        bench.clock.pass_seconds(used_seconds)
    if not is_given_again:
        with pytest.raises(TokenInvalid):
            await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
        return
    again = await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    assert (again.access_token, again.refresh_token) == (new.access_token, new.refresh_token)
    passed = unused_seconds + (used_seconds or 0)
    assert again.access_seconds == int(3600 - passed)
    assert again.refresh_seconds == int(604_800 - passed)


async def test_the_grace_of_unused_tokens_ends_after_an_hour(bench: TokenBench) -> None:
    old = await bench.open()
    new = await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    bench.clock.pass_seconds(3600)
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    with pytest.raises(TokenInvalid):  # the replay has ended the session
        await bench.tokens.renew(new.refresh_token, bench.client, None, Lifetimes())


async def test_the_grace_outlasts_a_short_lived_token_that_nobody_has_seen(bench: TokenBench) -> None:
    old = await bench.open()
    new = await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes(access=600))
    bench.clock.pass_seconds(3599)
    again = await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    assert (again.access_token, again.refresh_token) == (new.access_token, new.refresh_token)
    assert (again.access_seconds, again.refresh_seconds) == (600, 604_800 - 3599)
    bench.tokens = bench.restarted()
    await bench.tokens.load()
    bench.clock.pass_seconds(599)
    assert bench.tokens.principal(again.access_token).session_id == old.session.session_id


async def test_the_grace_outlasts_no_session(bench: TokenBench) -> None:
    old = await bench.open()
    await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes(access=600, refresh=60))
    bench.clock.pass_seconds(600)
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())


async def test_a_replay_after_the_grace_ends_the_session_even_generations_later(bench: TokenBench) -> None:
    first = await bench.open()
    latest = first
    for _ in range(9):
        latest = await bench.tokens.renew(latest.refresh_token, bench.client, None, Lifetimes())
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(first.refresh_token, replace(bench.client, client_id="x"), None, Lifetimes())
    bench.tokens.principal(latest.access_token)
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(first.refresh_token, bench.client, None, Lifetimes())
    for token in (latest.access_token, first.access_token):
        with pytest.raises(TokenInvalid):
            bench.tokens.principal(token)
    assert bench.store.by_id == {}


async def test_the_sweep_takes_back_the_means_to_make_tokens_again(bench: TokenBench) -> None:
    old = await bench.open()
    new = await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    (stored,) = bench.store.by_id.values()
    assert len(stored.renewal_salt) == 32
    await bench.tokens.remove_expired()
    assert bench.store.by_id[stored.session_id].renewal_salt == stored.renewal_salt
    bench.tokens.principal(new.access_token)
    bench.clock.pass_seconds(10)
    await bench.tokens.remove_expired()
    assert bench.store.by_id[stored.session_id].renewal_salt == b""
    bench.tokens.principal(new.access_token)
    again = bench.restarted()
    await again.load()
    with pytest.raises(TokenInvalid):
        await again.renew(old.refresh_token, bench.client, None, Lifetimes())


async def test_of_two_renewals_at_once_both_get_the_same_tokens(bench: TokenBench) -> None:
    old = await bench.open()
    twice = [bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes()) for _ in range(2)]
    one, other = await asyncio.gather(*twice)
    assert (one.access_token, one.refresh_token) == (other.access_token, other.refresh_token)
    assert len(bench.store.by_id) == 1


async def test_logged_out_during_a_renewal(bench: TokenBench) -> None:
    """The session stays closed."""
    old = await bench.open()
    save = bench.store.save_session

    async def save_slowly(session: Session) -> None:
        await bench.tokens.revoke(old.access_token, bench.client)
        await save(session)

    bench.store.save_session = save_slowly  # type: ignore[method-assign]
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    assert bench.store.by_id == {}


async def test_a_renewal_needs_the_same_client_in_time_and_no_new_scope(bench: TokenBench) -> None:
    issued = await bench.open()
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(issued.refresh_token, replace(bench.client, client_id="x"), None, Lifetimes())
    with pytest.raises(InsufficientScope):
        await bench.tokens.renew(issued.refresh_token, bench.client, ("ReadAccounts",), Lifetimes())
    bench.clock.pass_seconds(604_800)
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(issued.refresh_token, bench.client, None, Lifetimes())
    assert await bench.tokens.remove_expired() == 1
    assert bench.store.by_id == {}
