"""`ringout sandbox`: the real server and a small telephone world around it, on loopback."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ringout import logs
from ringout.cli.credentials import sandbox_login_file
from ringout.cli.failures import OK, UNREACHABLE, USAGE, CommandFailed
from ringout.cli.serve import run
from ringout.config import HttpConfig, SipConfig
from ringout.config_rules import FORMS

if TYPE_CHECKING:
    from ringout.app import Server
    from ringout.config import Config
    from ringout.sandbox.account import Login

_HTTP_PORT = 8080
_SIP_PORT = 5060
_REPORTS = 8  # of the phones that are kept: the sample needs two

JsonOption = Annotated[bool, Parameter(name="--json", negative=(), help="Print one line of JSON when ready, no more.")]
HttpOption = Annotated[
    str | None, Parameter(name="--http", help="HOST:PORT of the API, on loopback; port 0 is any free one.")
]
SipOption = Annotated[
    str | None, Parameter(name="--sip", help="HOST:PORT of SIP, on loopback; port 0 is any free one.")
]
RedirectOption = Annotated[
    tuple[str, ...],
    Parameter(
        name="--redirect-uri",
        negative=(),
        help="Where the login page may send a browser back to; may be given several times.",
    ),
]
DataOption = Annotated[
    Path | None,
    Parameter(name="--data", help="Directory that keeps numbers and credentials; default: a temporary one."),
]


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Where a server listens."""

    http: HttpConfig
    sip: SipConfig


def sandbox(
    *,
    json: JsonOption = False,
    http: HttpOption = None,
    sip: SipOption = None,
    data: DataOption = None,
    redirect_uri: RedirectOption = ("http://localhost:8000/callback",),
) -> int:
    """Starts the server with simulated phones, one for each thing a phone can do, until SIGTERM or SIGINT.

    Without addresses it takes 127.0.0.1:8080 and :5060, or free ports when those are taken.
    """
    http_host, http_port = _loopback("--http", http, _HTTP_PORT, (socket.SOCK_STREAM,))
    sip_host, sip_port = _loopback("--sip", sip, _SIP_PORT, (socket.SOCK_STREAM, socket.SOCK_DGRAM))
    if ":" in sip_host:
        raise CommandFailed("--sip needs an IPv4 loopback address: that is where the phones live.", USAGE)
    addresses = [_Addresses(HttpConfig(http_host, http_port), _sip_config(sip_host, sip_port))]
    if http is None or sip is None:
        free = HttpConfig(http_host, 0 if http is None else http_port)
        addresses.append(_Addresses(free, _sip_config(sip_host, 0 if sip is None else sip_port)))
    for uri in redirect_uri:
        if complaint := FORMS["clients.redirect_uris"](uri):
            raise CommandFailed(f"--redirect-uri {uri} {complaint[0]}; write {complaint[1]}.", USAGE)
    logs.configure("warning", "sandbox")
    with tempfile.TemporaryDirectory(prefix="ringout-sandbox-") as temporary:
        run(_sandbox(json, addresses, data or Path(temporary), redirect_uri))
    return OK


async def _sandbox(as_json: bool, addresses: Sequence[_Addresses], data: Path, redirect_uris: tuple[str, ...]) -> None:
    from ringout.cli.sandbox_page import show_page, show_sample

    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    reports: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_REPORTS)

    def report(call: dict[str, Any]) -> None:
        if not reports.full():
            reports.put_nowait(call)

    async with AsyncExitStack() as running:
        server, login, world_ended = await _start(running, addresses, data, report, redirect_uris)
        if as_json:
            sys.stdout.buffer.write(login.encode() + b"\n")
            sys.stdout.flush()
            await _first(asked.wait(), world_ended.wait())
        else:
            show_page(login, server.sip_listeners)
            await _first(asked.wait(), show_sample(login, reports))
            await _first(asked.wait(), world_ended.wait())
        if not asked.is_set():
            raise CommandFailed("the process of the simulated phones has ended unexpectedly.", UNREACHABLE)


async def _start(
    running: AsyncExitStack,
    addresses: Sequence[_Addresses],
    data: Path,
    report: Callable[[dict[str, Any]], None],
    redirect_uris: tuple[str, ...],
) -> tuple[Server, Login, asyncio.Event]:
    """Phones, then server, then the login files; running takes them down in reverse."""
    from ringout.net.tasks import Tasks
    from ringout.sandbox.account import LOGIN_FILE, Login, load_secrets, sandbox_config, write_login
    from ringout.sandbox.numbers import EXTENSION, MAIN_NUMBER
    from ringout.sandbox.world import World, WorldFailed

    tasks = Tasks()
    running.push_async_callback(tasks.stop)
    world = World("127.0.0.1", tasks, report)
    running.push_async_callback(world.close)
    try:
        await world.start()
    except WorldFailed as error:
        raise CommandFailed(str(error), UNREACHABLE) from error
    known = load_secrets(data)
    server = await _start_server(
        [
            sandbox_config(data, each.http, each.sip, world.trunks, known, redirect_uris=redirect_uris)
            for each in addresses
        ]
    )
    running.push_async_callback(server.stop)
    user = server.user(EXTENSION)
    login = Login(
        url=server.http_url,
        client_id=known.client_id,
        client_secret=known.client_secret,
        jwt=known.jwt or await server.issue_jwt(EXTENSION),
        username=MAIN_NUMBER,
        extension=EXTENSION,
        password=known.password,
        account_id=str(user.account_id),
        extension_id=str(user.id),
        redirect_uri=redirect_uris[0],
    )
    write_login(data / LOGIN_FILE, login)
    shared = sandbox_login_file()
    _leave_login(shared, login)
    running.callback(_remove_login, shared, login)
    return server, login, world.ended


async def _start_server(configs: Sequence[Config]) -> Server:
    """By the first configuration whose addresses are free: between looking at a port and taking it another sandbox may
    have taken it. Raises StartFailed."""
    from ringout.app import Server, StartFailed

    for config in configs[:-1]:
        server = Server(config)
        try:
            await server.start()
        except StartFailed as error:
            if not (isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE):
                raise
        else:
            return server
    server = Server(configs[-1])
    await server.start()
    return server


def _leave_login(file: Path, login: Login) -> None:
    from ringout.sandbox.account import write_login

    try:
        write_login(file, login)
    except OSError as error:  # no home to write to: `ringout call` will need RINGOUT_*
        logs.get("sandbox").warning("login not left for other commands", file=str(file), why=str(error))


def _remove_login(file: Path, login: Login) -> None:
    """Takes the login away unless a later sandbox has put its own there."""
    try:
        if file.read_bytes().strip() == login.encode():
            file.unlink()
    except OSError:
        pass


async def _first(*waits: Any) -> None:
    """Returns when one of the coroutines does, and cancels the others. Raises what that one raised."""
    async with AsyncExitStack() as stack:
        from ringout.net.tasks import Tasks

        tasks = Tasks()
        stack.push_async_callback(tasks.stop)
        started = [tasks.start(wait, "sandbox") for wait in waits]
        done, _ = await asyncio.wait(started, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


def _loopback(option: str, address: str | None, usual_port: int, kinds: tuple[int, ...]) -> tuple[str, int]:
    """(IP, port) of the option, or 127.0.0.1 and the usual port when that is free, else any free one (0)."""
    if address is None:
        return "127.0.0.1", usual_port if all(_is_free(kind, usual_port) for kind in kinds) else 0
    host, _, port = address.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        if not ipaddress.ip_address(host).is_loopback:
            raise CommandFailed(f"{option} {address} is not on loopback; a sandbox never listens elsewhere.", USAGE)
        if not 0 <= int(port) <= 65535:
            raise ValueError
    except ValueError as error:
        raise CommandFailed(f"{option} {address} is not HOST:PORT, for example 127.0.0.1:8080.", USAGE) from error
    return host, int(port)


def _sip_config(host: str, port: int) -> SipConfig:
    return SipConfig((f"udp:{host}:{port}", f"tcp:{host}:{port}"))


def _is_free(kind: int, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
