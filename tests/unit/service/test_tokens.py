"""Access tokens, sessions, personal JWTs and tokens for one connection."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.passwords import QuickPasswords
from fakes.service import CountingIds, MemoryAccounts
from fakes.token_bench import TokenBench, make_bench
from fakes.web import CONFIG
from ringout.domain.account import Credential
from ringout.domain.errors import TokenExpired, TokenInvalid
from ringout.service.accounts import Accounts
from ringout.service.seed import seed
from ringout.service.signing import SigningKey
from ringout.service.tokens import MOST_SESSIONS_OF_A_USER, Lifetimes


@pytest.fixture
async def bench() -> TokenBench:
    return await make_bench()


async def test_an_access_token_says_who_asks(bench: TokenBench) -> None:
    issued = await bench.open()
    principal = bench.tokens.principal(issued.access_token)
    assert (principal.extension_id, principal.account_id) == (bench.user.id, bench.user.account_id)
    assert principal.scopes == {"RingOut"}
    for wrong in ("", "x", issued.refresh_token, issued.access_token + "x", "\udce9"):
        with pytest.raises(TokenInvalid):
            bench.tokens.principal(wrong)


async def test_an_access_token_expires(bench: TokenBench) -> None:
    issued = await bench.open()
    bench.clock.pass_seconds(3599)
    bench.tokens.principal(issued.access_token)
    bench.clock.pass_seconds(1)
    with pytest.raises(TokenExpired):
        bench.tokens.principal(issued.access_token)


async def test_nothing_in_clear_is_stored_or_printed(bench: TokenBench) -> None:
    issued = await bench.open()
    for token in (issued.access_token, issued.refresh_token):
        assert token not in repr(bench.store.by_id)
        assert token not in repr(issued)


async def test_sessions_survive_a_restart(bench: TokenBench) -> None:
    issued = await bench.open()
    again = bench.restarted()
    await again.load()
    assert again.principal(issued.access_token) == bench.tokens.principal(issued.access_token)
    await again.renew(issued.refresh_token, bench.client, None, Lifetimes())


async def test_of_more_than_five_sessions_the_oldest_dies(bench: TokenBench) -> None:
    issued = [await bench.open() for _ in range(7)]
    for old in issued[:2]:
        with pytest.raises(TokenInvalid):
            bench.tokens.principal(old.access_token)
    for alive in issued[2:]:
        bench.tokens.principal(alive.access_token)
    assert len(bench.store.by_id) == MOST_SESSIONS_OF_A_USER == 5
    renewed = await bench.tokens.renew(issued[2].refresh_token, bench.client, None, Lifetimes())
    assert len(bench.store.by_id) == 5
    bench.tokens.principal(renewed.access_token)


async def test_a_clients_own_session(bench: TokenBench) -> None:
    machine = replace(bench.client, scopes=("Admin", "RingOut"))
    await bench.accounts.change(lambda: ([machine], []))
    issued = await bench.tokens.open_session(machine, None, ("Admin",), Lifetimes(), "")
    assert (issued.refresh_token, issued.refresh_seconds) == ("", 0)
    principal = bench.tokens.principal(issued.access_token)
    assert (principal.account_id, principal.extension_id, principal.scopes) == (0, 0, {"Admin"})
    for _ in range(10):
        await bench.tokens.open_session(machine, None, ("Admin",), Lifetimes(), "")
    bench.tokens.principal(issued.access_token)
    await bench.accounts.change(lambda: ([bench.client], []))
    assert bench.tokens.principal(issued.access_token).scopes == frozenset()
    bench.clock.pass_seconds(3600)
    assert await bench.tokens.remove_expired() == 11


async def test_a_client_without_refresh_tokens(bench: TokenBench) -> None:
    with_them = await bench.open()
    bench.client = replace(bench.client, refresh_tokens=False)
    issued = await bench.open()
    assert (issued.refresh_token, issued.session.refresh_sha256) == ("", b"")
    for token in ("", with_them.refresh_token):
        with pytest.raises(TokenInvalid):
            await bench.tokens.renew(token, bench.client, None, Lifetimes())


async def test_a_personal_jwt_names_its_user_until_it_expires(bench: TokenBench) -> None:
    jwt = await bench.tokens.jwts.issue(bench.user.id, "laptop", lifetime_seconds=60)
    assert bench.tokens.jwts.owner(jwt, "app") == bench.user
    again = bench.restarted()
    with pytest.raises(ValueError, match="revoked"):
        again.jwts.owner(jwt, "app")
    await again.load()
    assert again.jwts.owner(jwt, "app") == bench.user
    bench.clock.pass_seconds(60)
    with pytest.raises(ValueError, match="expired"):
        bench.tokens.jwts.owner(jwt, "app")


async def test_jwts_that_this_server_did_not_sign(bench: TokenBench, tmp_path: Path) -> None:
    jwt = await bench.tokens.jwts.issue(bench.user.id, "laptop")
    head, claims, _ = jwt.split(".")
    foreign = SigningKey.load(tmp_path / "key.pem").sign(Credential("j", bench.user.id, "", 0, 2_000_000_000))
    unsigned = "eyJhbGciOiJub25lIn0." + claims + "."
    for wrong in ("", "x", "a.b.c", f"{head}.{claims}.", unsigned, foreign, jwt[:-4] + "AAAA", "é.é.é", "x" * 5000):
        with pytest.raises(ValueError):
            bench.tokens.jwts.owner(wrong, "app")


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key.pem"
    jwt = SigningKey.load(path).sign(Credential("j", 5, "", 0, 2_000_000_000))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert SigningKey.load(path).read(jwt, 0) == ("j", 5)


async def test_a_revoked_session_is_over(bench: TokenBench) -> None:
    for which in ("access_token", "refresh_token"):
        issued = await bench.open()
        await bench.tokens.revoke(getattr(issued, which), replace(bench.client, client_id="x"))
        bench.tokens.principal(issued.access_token)
        await bench.tokens.revoke(getattr(issued, which), bench.client)
        await bench.tokens.revoke(getattr(issued, which), bench.client)
        with pytest.raises(TokenInvalid):
            bench.tokens.principal(issued.access_token)
        with pytest.raises(TokenInvalid):
            await bench.tokens.renew(issued.refresh_token, bench.client, None, Lifetimes())
        assert bench.store.by_id == {}


async def test_a_renewal_that_the_disk_refuses_leaves_the_old_tokens(bench: TokenBench) -> None:
    old = await bench.open()
    bench.store.disk_full = True
    with pytest.raises(OSError):
        await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    with pytest.raises(OSError):
        await bench.open()
    bench.tokens.principal(old.access_token)
    bench.store.disk_full = False
    await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())


async def test_sessions_of_those_who_are_gone_end(bench: TokenBench) -> None:
    """Neither a user nor a client that the configuration does not name any more has a token that works."""
    issued = await bench.open()
    users = MemoryAccounts()
    await seed(users, replace(CONFIG, account=replace(CONFIG.account, extensions=())), CountingIds(), QuickPasswords())
    clients = MemoryAccounts()
    clients.now = replace(bench.directory, clients=())
    jwt = await bench.tokens.jwts.issue(bench.user.id, "laptop")
    for store in (users, clients):
        bench.store.by_id[issued.session.session_id] = issued.session
        bench.accounts = await Accounts.load(store)
        again = bench.restarted()
        await again.load()
        with pytest.raises(TokenInvalid):
            again.principal(issued.access_token)
        assert bench.store.by_id == {}
    bench.accounts = await Accounts.load(users)
    again = bench.restarted()
    await again.load()
    with pytest.raises(ValueError, match="gone"):
        again.jwts.owner(jwt, "app")


async def test_a_permission_taken_from_the_client_is_taken_from_its_sessions(bench: TokenBench) -> None:
    issued = await bench.open()
    fewer = replace(bench.client, scopes=("ReadAccounts",))
    await bench.accounts.change(lambda: ([fewer], []))
    assert bench.tokens.principal(issued.access_token).scopes == frozenset()
    again = bench.restarted()
    await again.load()
    assert again.principal(issued.access_token).scopes == frozenset()
    await bench.accounts.change(lambda: ([bench.client], []))
    assert bench.tokens.principal(issued.access_token).scopes == {"RingOut"}


async def test_a_change_of_the_directory_counts_at_once(bench: TokenBench) -> None:
    changes: list[tuple[Any, Any]] = [
        (replace(bench.client, enabled=False), bench.client),
        (replace(bench.user, enabled=False), bench.user),
        (replace(bench.client, account_id=1), bench.client),
        (replace(bench.accounts.account(bench.user.account_id), enabled=False),) * 2,
    ]
    for changed, before in changes:
        issued = await bench.open()
        await bench.accounts.change(lambda changed=changed: ([changed], []))
        with pytest.raises(TokenInvalid):
            bench.tokens.principal(issued.access_token)
        with pytest.raises(TokenInvalid):
            await bench.tokens.renew(issued.refresh_token, bench.client, None, Lifetimes())
        if changed is not before:
            await bench.accounts.change(lambda before=before: ([before], []))
            bench.tokens.principal(issued.access_token)
    await bench.tokens.remove_expired()
    assert bench.store.by_id == {}


async def test_what_a_permission_includes(bench: TokenBench) -> None:
    scopes = ("EditExtensions", "openid")
    issued = await bench.tokens.open_session(bench.client, bench.user, scopes, Lifetimes(), "")
    assert bench.tokens.principal(issued.access_token).scopes >= {"EditExtensions", "ReadAccounts", "openid"}
    narrower = await bench.tokens.renew(issued.refresh_token, bench.client, ("ReadAccounts",), Lifetimes())
    assert bench.tokens.principal(narrower.access_token).scopes == {"ReadAccounts"}


async def test_all_sessions_of_a_user_can_be_ended(bench: TokenBench) -> None:
    mine = [await bench.open() for _ in range(3)]
    colleague = bench.accounts.extension_by_number("102")
    other = await bench.tokens.open_session(bench.client, colleague, ("RingOut",), Lifetimes(), "")
    assert await bench.tokens.close_sessions(bench.user.id) == 3
    for issued in mine:
        with pytest.raises(TokenInvalid):
            bench.tokens.principal(issued.access_token)
    bench.tokens.principal(other.access_token)
    assert len(bench.store.by_id) == 1


async def test_the_books_of_personal_jwts(bench: TokenBench) -> None:
    anybodys = await bench.tokens.jwts.issue(bench.user.id, "laptop")
    bench.clock.pass_seconds(1)
    bound = await bench.tokens.jwts.issue(bench.user.id, "crm", client_id="crm")
    assert [c.label for c in bench.tokens.jwts.of_user(bench.user.id)] == ["laptop", "crm"]
    assert bench.tokens.jwts.of_user(1) == []
    assert bench.tokens.jwts.owner(bound, "crm") == bench.user
    with pytest.raises(ValueError, match="another client"):
        bench.tokens.jwts.owner(bound, "app")
    laptop = bench.tokens.jwts.of_user(bench.user.id)[0]
    await bench.tokens.jwts.remove(laptop.jti)
    await bench.tokens.jwts.remove(laptop.jti)  # a second time: nothing happens
    with pytest.raises(ValueError, match="revoked"):
        bench.tokens.jwts.owner(anybodys, "app")
    assert [c.label for c in bench.store.jwts] == ["crm"]


async def test_a_token_for_one_connection(bench: TokenBench) -> None:
    issued = await bench.open()
    principal = bench.tokens.principal(issued.access_token)
    token, seconds = bench.tokens.issue_ws_token(principal)
    assert seconds == 30
    assert bench.tokens.take_ws_token(token) == principal
    for wrong in (token, "", issued.access_token):
        with pytest.raises(TokenInvalid):
            bench.tokens.take_ws_token(wrong)
    late, _ = bench.tokens.issue_ws_token(principal)
    bench.clock.pass_seconds(30)
    with pytest.raises(TokenInvalid):
        bench.tokens.take_ws_token(late)
    orphan, _ = bench.tokens.issue_ws_token(principal)
    await bench.tokens.revoke(issued.access_token, bench.client)
    with pytest.raises(TokenInvalid):
        bench.tokens.take_ws_token(orphan)


async def test_tokens_for_connections_are_not_kept_without_end(bench: TokenBench) -> None:
    principal = bench.tokens.principal((await bench.open()).access_token)
    tokens = [bench.tokens.issue_ws_token(principal)[0] for _ in range(10_001)]
    with pytest.raises(TokenInvalid):
        bench.tokens.take_ws_token(tokens[0])
    assert bench.tokens.take_ws_token(tokens[1]) == principal
    assert bench.tokens.take_ws_token(tokens[-1]) == principal
