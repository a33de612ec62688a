"""Carries an operation of the administration out: on the data directory, or by a server that is using it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_args
from urllib.parse import quote

import msgspec

from ringout.cli.api_client import Connection, Gone
from ringout.cli.failures import REFUSED, UNREACHABLE, USAGE, CommandFailed
from ringout.config import Config, http_url
from ringout.domain.errors import RingOutError
from ringout.private_file import write_private
from ringout.service.administration.operations import AdminOperation
from ringout.service.administration.parts import Administration
from ringout.storage.errors import StorageInUse
from ringout.web import problems

T = TypeVar("T")

LOGIN_FILE = "admin-client.json"
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One command. names: those of the path; fields: of the body or the query, by their JSON names."""

    operation: AdminOperation
    names: Mapping[str, str]
    fields: dict[str, Any]


class AdminLogin(msgspec.Struct, frozen=True):
    """A client of the administration."""

    client_id: str
    client_secret: str


def carry_out(call: Call, config: Config, url: str | None, environ: Mapping[str, str] = os.environ) -> Any:
    """What the operation gives, as JSON has it: an object, the records of a list, or None. url: of a server's
    administration; None = the data directory when no server is using it, else that server. Raises CommandFailed."""
    url = url or environ.get("RINGOUT_ADMIN_URL")
    if url:
        return _ask_server(call, url.rstrip("/"), find_login(config.data_dir, environ))
    if not config.database.exists():
        why = "`ringout admin init` makes an account there"
        if config.account.extensions:
            why = "the first `ringout serve` brings what the configuration describes into it"
        raise CommandFailed(f"there is no database in {config.data_dir}: {why}.", USAGE)
    try:
        return run(with_data(config, lambda admin: _on_data(call, admin)))
    except StorageInUse:
        return _ask_server(call, _url_of_server(config), find_login(config.data_dir, environ))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Raises CommandFailed for what is refused and for what the disk refuses; StorageInUse goes through."""
    try:
        return asyncio.run(work)
    except StorageInUse:
        raise
    except RingOutError as error:
        raise CommandFailed(f"refused: {words(error)}", REFUSED) from error
    except OSError as error:
        raise CommandFailed(f"{error}.", UNREACHABLE) from error


def words(error: RingOutError) -> str:
    """The sentence that the API says of it."""
    sentence = str(msgspec.json.decode(problems.answer_error(error).body)["message"])
    return sentence if sentence.endswith(".") else f"{sentence}."


async def with_data(config: Config, work: Callable[[Administration], Awaitable[T]]) -> T:
    """What work makes of the data directory. Raises StorageInUse."""
    from ringout.app import open_administration  # imported late: a server's parts take half a second

    async with open_administration(config) as admin:
        return await work(admin)


async def _on_data(call: Call, admin: Administration) -> Any:
    operation = call.operation
    struct = operation.body or operation.query
    given = [_read(call.fields, struct)] if struct else []
    found = await operation.use(admin, call.names, *given)
    if operation.is_list:
        found = [found.show(record) for record in found.records]
    return msgspec.to_builtins(found)


def _read(fields: dict[str, Any], kind: Any) -> Any:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        found = re.fullmatch(r"(?P<what>.*?)(?: - at `\$\.(?P<field>\w+).*)?", str(error), re.DOTALL)
        assert found
        field = f"{found['field']}: " if found["field"] else ""
        choices = _choices(kind, found["field"])
        one_of = f". One of {', '.join(choices)}" if choices else ""
        raise CommandFailed(f"{field}{found['what']}{one_of}.", USAGE) from error


def _choices(kind: Any, name: str | None) -> list[str]:
    """The values that a field of a struct may have, when they are a few words. name: in JSON."""
    hints = [field.type for field in msgspec.structs.fields(kind) if field.encode_name == name]
    while hints:
        hint = hints.pop()
        if isinstance(hint, type) and issubclass(hint, Enum):
            return [str(choice.value) for choice in hint]
        hints += get_args(hint)
    return []


# --- a running server ----------------------------------------------------------------------------------------------


def _ask_server(call: Call, url: str, login: AdminLogin) -> Any:
    operation = call.operation
    if operation.body:
        _read(call.fields, operation.body)  # the same sentence as without a server
    connection = Connection(url, login.client_id, login.client_secret)
    connection.log_in({"grant_type": "client_credentials"})
    path = "/admin/v1" + operation.path.format_map({name: quote(text, safe="~") for name, text in call.names.items()})
    try:
        return _ask(connection, call, path)
    except Gone as gone:
        if "Invalid URI" not in gone.sentence:
            raise
        raise CommandFailed(
            f"there is no administration at {url}: its address is `[admin] host` and `port` of the server's "
            "configuration, not that of the API.",
            USAGE,
        ) from gone


def _ask(connection: Connection, call: Call, path: str) -> Any:
    operation = call.operation
    if operation.is_list:
        return _whole_list(connection, path, call.fields if operation.query else None)
    body = msgspec.json.encode(call.fields) if operation.body else None
    found = connection.request(operation.method, path, body)
    return found if operation.answer else None


def _whole_list(connection: Connection, path: str, query: dict[str, Any] | None) -> list[Any]:
    if query is not None:
        chosen = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
        records: list[Any] = connection.request("GET", f"{path}?{chosen}")["records"]
        return records
    records, page, pages = [], 1, 1
    while page <= pages:
        found = connection.request("GET", f"{path}?page={page}&perPage={_PAGE}")
        records += found["records"]
        page, pages = page + 1, found["paging"]["totalPages"]
    return records


def _url_of_server(config: Config) -> str:
    admin = config.admin
    if not admin.port:
        raise CommandFailed(
            f"a server is using {config.data_dir} and its administration is not on a known port: stop it, or give it "
            "`[admin] port = 8081` in its configuration and start it again.",
            UNREACHABLE,
        )
    return http_url(admin.host, admin.port)


def find_login(data_dir: Path, environ: Mapping[str, str]) -> AdminLogin:
    """From the environment, else what `ringout admin init` left in the data directory. Raises CommandFailed."""
    client_id, secret = (environ.get(f"RINGOUT_ADMIN_CLIENT_{part}", "") for part in ("ID", "SECRET"))
    if client_id and secret:
        return AdminLogin(client_id, secret)
    try:
        return msgspec.json.decode((data_dir / LOGIN_FILE).read_bytes(), type=AdminLogin)
    except (OSError, msgspec.DecodeError) as error:
        raise CommandFailed(
            "no login for the administration of a running server: set RINGOUT_ADMIN_CLIENT_ID and "
            "RINGOUT_ADMIN_CLIENT_SECRET; `ringout admin clients create --admin` makes them while no server runs.",
            USAGE,
        ) from error


def leave_login(data_dir: Path, client_id: str, client_secret: str) -> None:
    """Writes the login where only its owner can read it, whole or not at all. Raises OSError."""
    write_private(data_dir / LOGIN_FILE, msgspec.json.encode(AdminLogin(client_id, client_secret)) + b"\n")
