import asyncio
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.service import CountingIds, MemoryAccounts, MemoryTokens, SetClock
from fakes.web import CONFIG, signing_key
from ringout.domain.account import Client, Credential
from ringout.domain.errors import TokenExpired, TokenInvalid
from ringout.service.accounts import Accounts
from ringout.service.passwords import Passwords
from ringout.service.ports import Directory
from ringout.service.seed import seed
from ringout.service.signing import SigningKey
from ringout.service.tokens import Lifetimes, Tokens


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
    await seed(store, CONFIG, CountingIds(), Passwords())
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


async def test_a_renewal_kills_both_old_tokens(bench: Bench) -> None:
    old = await bench.open()
    new = await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())
    assert new.session.session_id == old.session.session_id
    bench.tokens.principal(new.access_token)
    with pytest.raises(TokenInvalid):
        bench.tokens.principal(old.access_token)
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes())


async def test_of_two_renewals_at_once_one_wins(bench: Bench) -> None:
    old = await bench.open()
    twice = [bench.tokens.renew(old.refresh_token, bench.client, None, Lifetimes()) for _ in range(2)]
    results = await asyncio.gather(*twice, return_exceptions=True)
    assert [type(r) for r in results].count(TokenInvalid) == 1


async def test_a_renewal_needs_the_same_client_in_time_and_no_new_scope(bench: Bench) -> None:
    issued = await bench.open()
    with pytest.raises(TokenInvalid):
        await bench.tokens.renew(issued.refresh_token, replace(bench.client, client_id="x"), None, Lifetimes())
    with pytest.raises(TokenInvalid):
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


async def test_the_oldest_sessions_die(bench: Bench) -> None:
    first = await bench.open()
    for _ in range(100):
        last = await bench.open()
    with pytest.raises(TokenInvalid):
        bench.tokens.principal(first.access_token)
    bench.tokens.principal(last.access_token)
    assert len(bench.store.by_id) == 100


async def test_a_personal_jwt_names_its_user_until_it_expires(bench: Bench) -> None:
    jwt = await bench.tokens.issue_jwt(bench.user.id, "laptop", lifetime_seconds=60)
    assert bench.tokens.jwt_owner(jwt) == bench.user
    again = bench.restarted()
    with pytest.raises(ValueError, match="revoked"):
        again.jwt_owner(jwt)
    await again.load()
    assert again.jwt_owner(jwt) == bench.user
    bench.clock.pass_seconds(60)
    with pytest.raises(ValueError, match="expired"):
        bench.tokens.jwt_owner(jwt)


async def test_jwts_that_this_server_did_not_sign(bench: Bench, tmp_path: Path) -> None:
    jwt = await bench.tokens.issue_jwt(bench.user.id, "laptop")
    head, claims, _ = jwt.split(".")
    foreign = SigningKey.load(tmp_path / "key.pem").sign(Credential("j", bench.user.id, "", 0, 2_000_000_000))
    unsigned = "eyJhbGciOiJub25lIn0." + claims + "."
    for wrong in ("", "x", "a.b.c", f"{head}.{claims}.", unsigned, foreign, jwt[:-4] + "AAAA", "é.é.é", "x" * 5000):
        with pytest.raises(ValueError):
            bench.tokens.jwt_owner(wrong)


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
    await seed(users, replace(CONFIG, account=replace(CONFIG.account, extensions=())), CountingIds(), Passwords())
    clients = MemoryAccounts()
    clients.now = replace(bench.directory, clients=())
    jwt = await bench.tokens.issue_jwt(bench.user.id, "laptop")
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
        again.jwt_owner(jwt)


async def test_a_permission_taken_from_the_client_is_taken_from_its_sessions(bench: Bench) -> None:
    issued = await bench.open()
    accounts = MemoryAccounts()
    fewer = replace(bench.client, scopes=("ReadAccounts",))
    accounts.now = replace(bench.directory, clients=(fewer,))
    bench.accounts = await Accounts.load(accounts)
    again = bench.restarted()
    await again.load()
    assert again.principal(issued.access_token).scopes == frozenset()
