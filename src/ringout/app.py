"""The composition root: the only place that knows every part, makes the real clocks, and orders start and stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from ringout import logs
from ringout.config import Config, SipConfig, http_url, phone_hosts
from ringout.domain.account import Extension
from ringout.engine.node import Node
from ringout.engine.registered_phones import RegisteredPhones
from ringout.media.embedded import EmbeddedMedia
from ringout.media.rtpengine.engine import RtpengineMedia
from ringout.net.addresses import PublicAddress
from ringout.net.connection import MOST_CONNECTIONS, ConnectionSettings
from ringout.net.http_connection import HttpLimits
from ringout.net.http_server import HttpServer, most_connections
from ringout.net.random_ids import RandomIds
from ringout.net.resolver import Resolver
from ringout.net.sip_driver import SipDriver, SipDriverSettings
from ringout.net.tasks import Tasks
from ringout.net.tls import TlsFiles
from ringout.service.accounts import Accounts
from ringout.service.administration.parts import Administration
from ringout.service.authorization import Authorization
from ringout.service.browser_logins import BrowserLogins
from ringout.service.call_log import CallLog
from ringout.service.codes import Codes
from ringout.service.company import Company
from ringout.service.device_secrets import REALM, DeviceSecrets
from ringout.service.devices import Devices
from ringout.service.extensions import Extensions
from ringout.service.forwarding_numbers import ForwardingNumbers
from ringout.service.funds import Funds
from ringout.service.grants import Grants
from ringout.service.identity import Identity
from ringout.service.logins import Logins
from ringout.service.passwords import Passwords
from ringout.service.presence import Presence
from ringout.service.ring_lists import RingLists
from ringout.service.ring_out_events import RingOutEvents
from ringout.service.ring_outs import RingOuts
from ringout.service.seed import seed
from ringout.service.signing import SigningKey
from ringout.service.sip_servers import SipServers
from ringout.service.tokens import Tokens
from ringout.sip.bindings import Intervals
from ringout.sip.events import Event
from ringout.sip.gatekeeper import Gatekeeper
from ringout.sip.registrar import Registrar
from ringout.sip.timers import TimerValues
from ringout.sip.user_agent import ALLOWED_METHODS, UserAgent, UserAgentSettings
from ringout.storage.sqlite import SqliteStorage, open_storage
from ringout.web.admin_routes import make_admin_app
from ringout.web.api import Services
from ringout.web.routes import make_app

log = logs.get("server")

_SWEEP_SECONDS = 15.0
_ADMIN_CONNECTIONS = 64  # at one time; few people administer


def _spare_the_collector() -> None:
    """What the start has made stays for good, and calls leave few cycles behind: collecting rarely, and never all of
    it, takes 3 % off the CPU of a call and milliseconds off the slowest answers."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


class StartFailed(Exception):
    """The server cannot start as configured. One plain sentence."""


class NobodyToServe(StartFailed):
    """There is no account, neither in the configuration nor in the database."""


class SystemClock:
    """The event loop's time and the wall's."""

    __slots__ = ("monotonic",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.monotonic = loop.time

    def wall(self) -> float:
        return time.time()


@dataclass(frozen=True, slots=True)
class _Logins:
    """The use cases that need storage and no calls."""

    accounts: Accounts
    extensions: Extensions
    tokens: Tokens
    identity: Identity
    grants: Grants
    authorization: Authorization
    funds: Funds
    device_secrets: DeviceSecrets


def sip_driver_settings(sip: SipConfig) -> SipDriverSettings:
    """Of the section [sip]."""
    return SipDriverSettings(
        ConnectionSettings(
            max_message_bytes=sip.max_message_bytes,
            keep_alive_seconds=sip.keep_alive_seconds,
            # A quarter of the files that this process may have open: HTTP may take half, and calls need some as well.
            most_connections=min(MOST_CONNECTIONS, most_connections() // 2),
            origins=sip.websocket_origins,
        ),
        TlsFiles(sip.tls_certificate, sip.tls_key, sip.tls_ca, sip.tls_verify, sip.tls_client_certificates),
        PublicAddress(sip.public_address, sip.local_networks),
    )


class Server:
    """One node: everything from the sockets to the database. Make it inside the running loop."""

    def __init__(self, config: Config) -> None:
        self._config = config
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._clock = SystemClock(loop)
        self._ids = RandomIds()
        self._tasks = Tasks()
        self._running = AsyncExitStack()
        self._asked_to_stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._node: Node
        self._services: _Logins
        self._administration: Administration
        self._driver: SipDriver
        self._phones: RegisteredPhones
        self.http_url = ""
        self.admin_url: str | None = None  # None = that listener is off

    @property
    def sip_listeners(self) -> Sequence[tuple[str, str, int]]:
        """(transport, host, port) as really bound."""
        return self._driver.listeners

    async def start(self) -> None:
        """Storage, media, SIP, recovery of what a crash left, and only then the API. Raises StartFailed with nothing
        left running."""
        try:
            await self._start()
        except (OSError, ValueError) as error:
            await self._running.aclose()
            why = str(error).removeprefix(f"[Errno {getattr(error, 'errno', None)}] ")
            raise StartFailed(f"the server cannot start: {why}") from error
        except BaseException:
            await self._running.aclose()
            raise

    async def _start(self) -> None:
        config = self._config
        self._running.push_async_callback(self._tasks.stop)
        storage = await self._open_storage()
        embedded = config.media.engine == "embedded"
        media = EmbeddedMedia(config.media) if embedded else RtpengineMedia(config.media, self._ids)
        self._running.push_async_callback(media.close)
        await media.start()
        user_agent = self._make_user_agent()
        self._driver = SipDriver(user_agent, self._on_sip_event, self._tasks, sip_driver_settings(config.sip))
        self._running.push_async_callback(self._driver.close)
        self._node = Node(
            config,
            self._clock,
            self._ids,
            storage.ring_outs,
            media,
            user_agent,
            self._driver,
            meter=self._services.funds,
            locator=Resolver(config.sip.nameservers, self._tasks),
            phones=await self._open_phones(user_agent, storage),
        )
        await self._node.resolve_gateways()
        await self._driver.start(config.sip.listen)
        self._running.push_async_callback(self._node.close_trunks)
        self._node.open_trunks()
        await self._node.recover()
        await self._open_api(storage)
        _spare_the_collector()
        sip = [":".join(map(str, listener)) for listener in self.sip_listeners]
        log.info("ready", http=self.http_url, admin=self.admin_url, sip=sip)

    async def _open_phones(self, user_agent: UserAgent, storage: SqliteStorage) -> RegisteredPhones:
        """Whoever has registered with an earlier process is there again."""
        settings, secrets = self._config.phones, self._services.device_secrets
        registrar = Registrar(
            user_agent,
            Gatekeeper(self._ids, REALM, secrets.secrets_of, settings.digest),
            Intervals(settings.min_expires_seconds, settings.max_expires_seconds),
            settings.max_places,
        )
        store, driver = storage.registrations, self._driver
        self._phones = RegisteredPhones(
            self._config.node, registrar, secrets.is_known, store, self._clock, self._tasks, driver.flush
        )
        await self._phones.load()
        return self._phones

    async def _open_storage(self) -> SqliteStorage:
        config = self._config
        storage = await open_storage(config.database)
        self._running.push_async_callback(storage.close)
        passwords = Passwords()
        await seed(storage.accounts, config, self._ids, passwords)
        accounts = await Accounts.load(storage.accounts)
        if not accounts.accounts():
            raise NobodyToServe(
                f"there is no account yet in {config.data_dir} and none in the configuration: make one with "
                "`ringout admin init`, then start again."
            )
        key = await asyncio.to_thread(SigningKey.load, config.signing_key)
        tokens = Tokens(storage.tokens, accounts, self._clock, self._ids, key)
        await tokens.load()
        funds = await Funds.load(storage.ledger, storage.ring_outs, self._clock, config)
        await funds.open_accounts(accounts.accounts(), config)
        extensions = Extensions(accounts, passwords, tokens)
        logins, codes = Logins(accounts, passwords, self._clock), Codes(self._clock, self._ids)
        grants = Grants(tokens, accounts, passwords, logins, codes)
        browsers = BrowserLogins(accounts, self._clock, self._ids)
        authorization = Authorization(accounts, logins, codes, browsers)
        identity = Identity(accounts, self._clock, key)
        secrets = DeviceSecrets(accounts, key.secret("devices"))
        self._services = _Logins(accounts, extensions, tokens, identity, grants, authorization, funds, secrets)
        self._administration = Administration(accounts, tokens, funds, passwords, self._ids, hosts=phone_hosts(config))
        return storage

    def _make_user_agent(self) -> UserAgent:
        sip = self._config.sip
        timers = TimerValues(sip.t1_seconds, sip.t2_seconds, sip.t4_seconds)
        return UserAgent(
            self._ids,
            UserAgentSettings(
                timers=timers,
                product=sip.user_agent,
                allow=(*ALLOWED_METHODS, "REGISTER"),
                session_expires=sip.session_expires_seconds,
            ),
        )

    def _on_sip_event(self, event: Event) -> None:
        self._node.on_sip_event(event)

    async def _open_api(self, storage: SqliteStorage) -> None:
        config, services = self._config, self._services
        ring_outs = RingOuts(
            storage.ring_outs, self._node, services.accounts, self._clock, self._ids, config, services.funds
        )
        sweep = self._tasks.start(self._sweep(ring_outs), "sweep of old results")
        self._running.callback(sweep.cancel)
        node = self._node
        connections = most_connections()
        streams = min(config.http.event_streams, connections // 2)  # the other half is for all other requests
        events = RingOutEvents(
            ring_outs, storage.ring_outs, self._clock, self._ids, streams, config.http.event_streams_of_a_user
        )
        services.tokens.watcher = events.look_again
        served = Services(
            ring_outs=ring_outs,
            accounts=services.accounts,
            company=Company(services.accounts),
            extensions=services.extensions,
            presence=Presence(services.accounts, storage.ring_outs),
            tokens=services.tokens,
            identity=services.identity,
            grants=services.grants,
            authorization=services.authorization,
            forwarding_numbers=ForwardingNumbers(services.accounts, self._ids, phone_hosts(config)),
            ring_lists=RingLists(services.accounts, config.call.caller_ring_seconds),
            call_log=CallLog(storage.ring_outs, services.accounts, self._clock),
            events=events,
            funds=services.funds,
            live_calls=lambda: node.live,
            is_draining=lambda: node.draining,
            has_media=lambda: node.media.usable,
            devices=Devices(services.accounts, self._ids, services.device_secrets, self._phones),
            sip_servers=SipServers(config, lambda: self.sip_listeners),
        )
        app = make_app(config, served, self._ids, self._clock)
        http = HttpServer(app, config.http.host, config.http.port, self._tasks, HttpLimits(connections))
        self._running.push_async_callback(http.close)
        self._running.push_async_callback(self._end_streams, events, storage)  # before the listener closes
        await http.start()
        self.http_url = http_url(config.http.host, http.port)
        if config.admin.port is not None:
            await self._open_administration(served, config.admin.host, config.admin.port)

    async def _end_streams(self, events: RingOutEvents, storage: SqliteStorage) -> None:
        """After the ends of the last calls, which whoever listens wants to hear."""
        await storage.ring_outs.finish_writing()
        events.close()

    async def _open_administration(self, served: Services, host: str, port: int) -> None:
        administration = replace(self._administration, trunks=self._node.probe, registrations=self._phones)
        app = make_admin_app(self._config, served, administration, self._ids)
        http = HttpServer(app, host, port, self._tasks, HttpLimits(_ADMIN_CONNECTIONS))
        self._running.push_async_callback(http.close)
        await http.start()
        self.admin_url = http_url(host, http.port)

    async def _sweep(self, ring_outs: RingOuts) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            try:
                await ring_outs.remove_old()
                await self._services.tokens.remove_expired()
            except OSError:
                log.exception("old results could not be removed")  # the next sweep tries again

    # --- the sandbox's questions ---------------------------------------------------------------------------------

    def user(self, extension: str) -> Extension:
        """The configured user with that extension. Raises KeyError."""
        return self._services.accounts.extension_by_number(extension)

    async def issue_jwt(self, extension: str) -> str:
        """A personal JWT for that user."""
        return await self._services.tokens.jwts.issue(self.user(extension).id, "sandbox")

    # --- the end ----------------------------------------------------------------------------------------------------

    def heed_signals(self) -> None:
        """To be called once, before start: SIGTERM or SIGINT ends the server in good order, which takes back
        registrations that the start has already made; a second one makes stop hurry. SIGHUP reads TLS certificates
        anew, unless it says that the terminal of this process has been closed."""
        self._loop.add_signal_handler(signal.SIGHUP, self._on_hangup, os.isatty(0))
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._on_signal)

    async def run_until_signal(self) -> None:
        """Returns once the server has been asked to stop."""
        await self._asked_to_stop.wait()

    def _on_hangup(self, had_terminal: bool) -> None:
        if had_terminal and not os.isatty(0):
            self._on_signal()
        elif self.http_url:  # before that they have just been read, or soon will be
            self._driver.reload_certificates()

    def _on_signal(self) -> None:
        if self._asked_to_stop.is_set():
            self._hurry.set()
        self._asked_to_stop.set()

    async def stop(self) -> None:
        """Drains: the API refuses new calls and still answers, live calls may finish, what is left is hung up."""
        seconds = self._config.call.drain_seconds
        log.info("draining", live=self._node.live, seconds=seconds)
        drain = self._tasks.start(self._node.drain(seconds), "drain")
        hurry = self._tasks.start(self._hurry.wait(), "second signal")
        await asyncio.wait((drain, hurry), return_when=asyncio.FIRST_COMPLETED)
        if not drain.done():
            drain.cancel()
            await asyncio.wait((drain,))
            await self._node.drain(0.0)
        await self._running.aclose()
        log.info("stopped")


@asynccontextmanager
async def open_administration(config: Config) -> AsyncIterator[Administration]:
    """The administration alone, on a data directory that no server is using. Raises OSError, StorageInUse among it."""
    storage = await open_storage(config.database)
    try:
        clock, ids = SystemClock(asyncio.get_running_loop()), RandomIds()
        accounts = await Accounts.load(storage.accounts)
        key = await asyncio.to_thread(SigningKey.load, config.signing_key)
        tokens = Tokens(storage.tokens, accounts, clock, ids, key)
        await tokens.load()
        funds = await Funds.load(storage.ledger, storage.ring_outs, clock, config)
        yield Administration(accounts, tokens, funds, Passwords(), ids, hosts=phone_hosts(config))
    finally:
        await storage.close()
