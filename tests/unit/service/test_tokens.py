import asyncio
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.passwords import QuickPasswords
from fakes.service import CountingIds, MemoryAccounts, MemoryTokens, SetClock
from fakes.web import CONFIG, signing_key
from ringout.domain.account import Client, Credential, Session
from ringout.domain.errors import InsufficientScope, TokenExpired, TokenInvalid
from ringout.service.accounts import Accounts
from ringout.service.ports import Directory
from ringout.service.seed import seed
from ringout.service.signing import SigningKey
from ringout.service.tokens import MOST_SESSIONS_OF_A_USER, Lifetimes, Tokens


class Bench:
    def __init__(self, accounts: Accounts, directory: Directory) -> None:
        self.directory = directory
        self.clock, self.store, self.accounts, self.ids = SetClock(), MemoryTokens(), accounts, CountingIds()
        self.user = accounts.extension_by_number("101")
        client = accounts.client("app")
        assert client is not None
        self.client: Client = client
        self.tokens = self.restarted()

    def restarted(self) -> Tokens:
        return Tokens(self.store, self.accounts, self.clock, self.ids, signing_key())

    async def open(self):
        return await self.tokens.open_session(self.client, self.user, ("RingOut",), Lifetimes(), "")


@pytest.fixture
async def bench() -> Bench:
    store = MemoryAccounts()
    await seed(store, CONFIG, CountingIds(), QuickPasswords())
    return Bench(await Accounts.load(store), store.now)


async def test_an_access_token_says_who_asks(bench: Bench) -> None:
    issued = await bench.open()
    principal = bench.tokens.principal(issued.access_token)
    assert (principal.extension_id, principal.account_id) == (bench.user.id, bench.user.account_id)
    assert principal.scopes == {"RingOut"}
    for wrong in ("", "x", issued.refresh_token, issued.access_token + "x", "\udce9"):
        with pytest.raises(TokenInvalid):
            bench.tokens.principal(wrong)


async def test_an_access_token_expires(bench: Bench) -> None:
    issued = await bench.open()
    bench.clock.pass_seconds(3599)
    bench.tokens.principal(issued.access_token)
    bench.clock.pass_seconds(1)
    with pytest.raises(TokenExpired):
        bench.tokens.principal(issued.access_token)


async def test_nothing_in_clear_is_stored_or_printed(bench: Bench) -> None:
    issued = await bench.open()
    for token in (issued.access_token, issued.refresh_token):
        assert token not in repr(bench.store.by_id)
        assert token not in repr(issued)


async def test_a_renewal_kills_the_old_access_token_at_once(bench: Bench) -> None:
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
    bench: Bench, unused_seconds: float, used_seconds: float | None, is_given_again: bool, restarts: bool
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


async def test_the_grace_of_unused_tokens_ends_after_an_hour(bench: Bench) -> None:
    old = await bench.open()
    new = await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    bench.clock.pass_seconds(3600)
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    with pytest.raises(TokenInvalid):  # the replay has ended the session
        await bench.tokens.renew(new.refresh_token, bench.client, None, Lifetimes())


async def test_the_grace_outlasts_a_short_lived_token_that_nobody_has_seen(bench: Bench) -> None:
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


async def test_the_grace_outlasts_no_session(bench: Bench) -> None:
    old = await bench.open()
    await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes(access=600, refresh=60))
    bench.clock.pass_seconds(600)
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())


async def test_a_replay_after_the_grace_ends_the_session_even_generations_later(bench: Bench) -> None:
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


async def test_the_sweep_takes_back_the_means_to_make_tokens_again(bench: Bench) -> None:
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


async def test_of_two_renewals_at_once_both_get_the_same_tokens(bench: Bench) -> None:
    old = await bench.open()
    twice = [bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes()) for _ in range(2)]
    one, other = await asyncio.gather(*twice)
    assert (one.access_token, one.refresh_token) == (other.access_token, other.refresh_token)
    assert len(bench.store.by_id) == 1


async def test_logged_out_during_a_renewal(bench: Bench) -> None:
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


async def test_a_renewal_needs_the_same_client_in_time_and_no_new_scope(bench: Bench) -> None:
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


async def test_sessions_survive_a_restart(bench: Bench) -> None:
    issued = await bench.open()
    again = bench.restarted()
    await again.load()
    assert again.principal(issued.access_token) == bench.tokens.principal(issued.access_token)
    await again.renew(issued.refresh_token, bench.client, None, Lifetimes())


async def test_of_more_than_five_sessions_the_oldest_dies(bench: Bench) -> None:
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


async def test_a_clients_own_session(bench: Bench) -> None:
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


async def test_a_client_without_refresh_tokens(bench: Bench) -> None:
    with_them = await bench.open()
    bench.client = replace(bench.client, refresh_tokens=False)
    issued = await bench.open()
    assert (issued.refresh_token, issued.session.refresh_sha256) == ("", b"")
    for token in ("", with_them.refresh_token):
        with pytest.raises(TokenInvalid):
            await bench.tokens.renew(token, bench.client, None, Lifetimes())


async def test_a_personal_jwt_names_its_user_until_it_expires(bench: Bench) -> None:
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


async def test_jwts_that_this_server_did_not_sign(bench: Bench, tmp_path: Path) -> None:
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


async def test_a_revoked_session_is_over(bench: Bench) -> None:
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


async def test_a_renewal_that_the_disk_refuses_leaves_the_old_tokens(bench: Bench) -> None:
    old = await bench.open()
    bench.store.disk_full = True
    with pytest.raises(OSError):
        await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    with pytest.raises(OSError):
        await bench.open()
    bench.tokens.principal(old.access_token)
    bench.store.disk_full = False
    await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())


async def test_sessions_of_those_who_are_gone_end(bench: Bench) -> None:
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


async def test_a_permission_taken_from_the_client_is_taken_from_its_sessions(bench: Bench) -> None:
    issued = await bench.open()
    fewer = replace(bench.client, scopes=("ReadAccounts",))
    await bench.accounts.change(lambda: ([fewer], []))
    assert bench.tokens.principal(issued.access_token).scopes == frozenset()
    again = bench.restarted()
    await again.load()
    assert again.principal(issued.access_token).scopes == frozenset()
    await bench.accounts.change(lambda: ([bench.client], []))
    assert bench.tokens.principal(issued.access_token).scopes == {"RingOut"}


async def test_a_change_of_the_directory_counts_at_once(bench: Bench) -> None:
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


async def test_what_a_permission_includes(bench: Bench) -> None:
    scopes = ("EditExtensions", "openid")
    issued = await bench.tokens.open_session(bench.client, bench.user, scopes, Lifetimes(), "")
    assert bench.tokens.principal(issued.access_token).scopes >= {"EditExtensions", "ReadAccounts", "openid"}
    narrower = await bench.tokens.renew(issued.refresh_token, bench.client, ("ReadAccounts",), Lifetimes())
    assert bench.tokens.principal(narrower.access_token).scopes == {"ReadAccounts"}


async def test_all_sessions_of_a_user_can_be_ended(bench: Bench) -> None:
    mine = [await bench.open() for _ in range(3)]
    colleague = bench.accounts.extension_by_number("102")
    other = await bench.tokens.open_session(bench.client, colleague, ("RingOut",), Lifetimes(), "")
    assert await bench.tokens.close_sessions(bench.user.id) == 3
    for issued in mine:
        with pytest.raises(TokenInvalid):
            bench.tokens.principal(issued.access_token)
    bench.tokens.principal(other.access_token)
    assert len(bench.store.by_id) == 1


async def test_the_books_of_personal_jwts(bench: Bench) -> None:
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


async def test_a_token_for_one_connection(bench: Bench) -> None:
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


async def test_tokens_for_connections_are_not_kept_without_end(bench: Bench) -> None:
    principal = bench.tokens.principal((await bench.open()).access_token)
    tokens = [bench.tokens.issue_ws_token(principal)[0] for _ in range(10_001)]
    with pytest.raises(TokenInvalid):
        bench.tokens.take_ws_token(tokens[0])
    assert bench.tokens.take_ws_token(tokens[1]) == principal
    assert bench.tokens.take_ws_token(tokens[-1]) == principal
