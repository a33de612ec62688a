"""A whole API in front of a fake call engine."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fakes.asgi import Reply, ask
from fakes.service import (
    CountingIds,
    FakeEngine,
    MemoryAccounts,
    MemoryRegistrations,
    MemoryRingOuts,
    MemoryTokens,
    SetClock,
)
from fakes.trunks import AskedTrunks
from ringout.config import (
    AccountConfig,
    CallConfig,
    ClientConfig,
    Config,
    ExtensionConfig,
    HttpConfig,
    LimitsConfig,
    TrunkConfig,
    phone_hosts,
)
from ringout.domain.account import Extension
from ringout.service.accounts import Accounts
from ringout.service.administration.parts import Administration
from ringout.service.authorization import Authorization
from ringout.service.browser_logins import BrowserLogins
from ringout.service.call_log import CallLog
from ringout.service.codes import Codes
from ringout.service.company import Company
from ringout.service.device_secrets import DeviceSecrets
from ringout.service.devices import Devices
from ringout.service.extensions import Extensions
from ringout.service.forwarding_numbers import ForwardingNumbers
from ringout.service.funds import Funds
from ringout.service.grants import Grants
from ringout.service.identity import Identity
from ringout.service.logins import Logins
from ringout.service.passwords import Passwords
from ringout.service.ports import Directory
from ringout.service.presence import Presence
from ringout.service.ring_lists import RingLists
from ringout.service.ring_out_events import RingOutEvents
from ringout.service.ring_outs import RingOuts
from ringout.service.seed import seed
from ringout.service.signing import SigningKey
from ringout.service.sip_servers import SipServers
from ringout.service.tokens import Lifetimes, Tokens
from ringout.web.api import Services
from ringout.web.routes import make_app

MAIN = "+16505550100"
PHONE = "+16505550111"
OTHER_PHONE = "+16505550122"
SHOWN = "+16505550133"
CLIENT, SECRET = "app", "the secret+of the%app"
PASSWORD = "correct horse"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"

USER = ExtensionConfig("101", PASSWORD, "User", "user@example.com", (PHONE, OTHER_PHONE), (SHOWN,))
COLLEAGUE = ExtensionConfig("102", None, "Colleague", "", ("+16505550144",), (), "blocked")
PHONELESS = ExtensionConfig("103", None, "No phone")

CONFIG = Config(
    node="test",
    http=HttpConfig(),
    limits=LimitsConfig(0, 0, 0, 0),
    call=CallConfig(),
    trunks=(TrunkConfig("all", ("sip:127.0.0.1:5060",)),),
    account=AccountConfig(MAIN, extensions=(USER, COLLEAGUE, PHONELESS)),
    clients=(
        ClientConfig(CLIENT, SECRET, password_grant=True),
        ClientConfig("public", None, scopes=("RingOut",)),
        ClientConfig("reader", "reads", scopes=("ReadAccounts",)),
    ),
)


@cache
def signing_key() -> SigningKey:
    """One key for all tests: making one takes a tenth of a second."""
    return SigningKey.load(Path(tempfile.mkdtemp()) / "key.pem")


# Hashing the passwords anew for every test would take most of its time.
_seeded: dict[tuple[Config, type[Passwords]], Directory] = {}


@dataclass
class WebWorld:
    """The API and everything behind it. Requests carry the user's token unless told otherwise."""

    app: Any
    clock: SetClock
    engine: FakeEngine
    store: MemoryRingOuts
    tokens: Tokens
    token_store: MemoryTokens
    accounts: Accounts
    user: Extension
    bearer: str = ""
    draining: list[bool] = field(default_factory=lambda: [False])
    media: list[bool] = field(default_factory=lambda: [True])
    administration: Administration | None = None
    services: Services | None = None
    registrations: MemoryRegistrations = field(default_factory=lambda: MemoryRegistrations())

    @property
    def home(self) -> str:
        return "/restapi/v1.0/account/~/extension/~"

    async def ask(self, method: str, target: str, body: Any = b"", **headers: str) -> Reply:
        """body: bytes as they are, anything else as JSON. headers: underscores for dashes; "" removes one."""
        named = {"authorization": f"Bearer {self.bearer}"} if self.bearer else {}
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            named["content-type"] = "application/json"
        named.update({k.replace("_", "-"): v for k, v in headers.items()})
        return await ask(self.app, method, target, body, {k: v for k, v in named.items() if v})

    async def place(self, **fields: Any) -> Reply:
        body = {"from": {"phoneNumber": PHONE}, "to": {"phoneNumber": "+14155550199"}, **fields}
        return await self.ask("POST", f"{self.home}/ringout", {k: v for k, v in body.items() if v is not ...})

    async def log_in(self, form: dict[str, str] | str, client: str = "127.0.0.1", **headers: str) -> Reply:
        body = (form if isinstance(form, str) else urlencode(form)).encode()
        named = {"content-type": FORM, **headers}
        return await ask(self.app, "POST", "/restapi/oauth/token", body, named, client=client)

    def end_streams(self) -> None:
        """Whoever listens has heard what there was."""
        assert self.services is not None
        for feed in self.services.events._feeds.values():
            for stream in tuple(feed.streams):
                stream.close()

    def end(self, ring_out_id: int, after_seconds: float = 0.0) -> None:
        """The call is over."""
        old = self.store.rows[ring_out_id]
        self.store.rows[ring_out_id] = replace(old, ended_at=self.clock.wall() + after_seconds)


async def make_world(config: Config = CONFIG, passwords: Passwords | None = None) -> WebWorld:
    """The user 101 is logged in. passwords: None = real ones, which take their time."""
    clock, ids, passwords = SetClock(), CountingIds(), passwords or Passwords()
    token_store = MemoryTokens()
    key = (config, type(passwords))
    if key not in _seeded:
        account_store = MemoryAccounts()
        await seed(account_store, config, ids, passwords)
        _seeded[key] = account_store.now
    accounts = Accounts(MemoryAccounts(_seeded[key]), _seeded[key])
    tokens = Tokens(token_store, accounts, clock, ids, signing_key())
    steps: list[str] = []
    engine, store = FakeEngine(steps), MemoryRingOuts(steps)
    funds = await Funds.load(store.ledger, store, clock, config)
    await funds.open_accounts(accounts.accounts(), config)
    draining, media = [False], [True]
    ring_outs = RingOuts(store, engine, accounts, clock, ids, config, funds)
    streams = (config.http.event_streams, config.http.event_streams_of_a_user)
    logins, codes = Logins(accounts, passwords, clock), Codes(clock, ids)
    device_secrets, registrations = DeviceSecrets(accounts, b"a key"), MemoryRegistrations()
    services = Services(
        ring_outs=ring_outs,
        accounts=accounts,
        company=Company(accounts),
        extensions=Extensions(accounts, passwords, tokens),
        presence=Presence(accounts, store),
        tokens=tokens,
        identity=Identity(accounts, clock, signing_key()),
        grants=Grants(tokens, accounts, passwords, logins, codes),
        authorization=Authorization(accounts, logins, codes, BrowserLogins(accounts, clock, ids)),
        forwarding_numbers=ForwardingNumbers(accounts, ids, phone_hosts(config)),
        ring_lists=RingLists(accounts, config.call.caller_ring_seconds),
        call_log=CallLog(store, accounts, clock),
        events=RingOutEvents(ring_outs, store, clock, ids, *streams),
        funds=funds,
        live_calls=lambda: engine.live,
        is_draining=lambda: draining[0],
        has_media=lambda: media[0],
        devices=Devices(accounts, ids, device_secrets, registrations),
        sip_servers=SipServers(config, lambda: [("udp", "127.0.0.1", 5060), ("wss", "0.0.0.0", 7443)]),
    )
    tokens.watcher = services.events.look_again
    app = make_app(config, services, ids, clock)
    user = accounts.extension_by_number("101")
    world = WebWorld(app, clock, engine, store, tokens, token_store, accounts, user, draining=draining, media=media)
    world.services = services
    world.registrations = registrations
    world.administration = Administration(
        accounts, tokens, funds, passwords, ids, AskedTrunks(), registrations, phone_hosts(config)
    )
    client = next(client for client in accounts.clients() if client.client_id == CLIENT)
    issued = await tokens.open_session(client, user, client.scopes, Lifetimes(), "")
    world.bearer = issued.access_token
    return world
