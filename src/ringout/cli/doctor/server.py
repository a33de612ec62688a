"""The server from here: is it there, does it keep secrets secret, does its clock agree, does it know us."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ringout.cli.api_client import ApiClient, is_loopback, opener
from ringout.cli.credentials import Credentials, find_credentials, sandbox_login_file
from ringout.cli.doctor.finding import Finding, Repair, ok, unknown, wrong
from ringout.cli.failures import REFUSED, CommandFailed

_SECONDS = 10.0
_LONGEST_ANSWER = 65536  # bytes
CLOCK_SECONDS = 30.0  # apart; the shortest-lived secrets hold for two minutes
_DAYS_LEFT = 14  # of a certificate; who renews them by itself does so earlier


@dataclass(frozen=True, slots=True)
class _Health:
    """An answer to GET /healthz. at: this machine's wall clock in the middle of the exchange; date: the server's."""

    status: int
    body: dict[str, Any]
    at: float
    date: str


def look(url: str | None, local: str | None, environ: Mapping[str, str], wall: Callable[[], float]) -> list[Finding]:
    """local: URL of the server on this machine, for who has no login of a user; None = there is none. wall: seconds
    since 1970."""
    try:
        credentials = find_credentials(url, environ)
    except CommandFailed as failure:
        says = failure.sentence
        if (server := url or local) is None:
            return [wrong("server", "it is not known", f"{says[:1].upper()}{says[1:]}")]
        return [*_server(Credentials(server, ""), environ, wall), unknown("token", says.rstrip("."))]
    found = _server(credentials, environ, wall)
    return [*found, *_logged_in(credentials)] if len(found) > 1 else found


def _server(credentials: Credentials, environ: Mapping[str, str], wall: Callable[[], float]) -> list[Finding]:
    """One finding alone says that nothing else can be asked."""
    try:
        health = _ask(credentials.url, wall)
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message.rstrip(".")
        return [
            wrong("tls", f"the certificate of {credentials.url} is not to be trusted: {why}", "Renew it on the server.")
        ]
    except (OSError, http.client.HTTPException, ValueError) as error:
        return [_unreachable(credentials, environ, error)]
    return [_health(credentials.url, health), _tls(credentials.url, wall()), _clock(health)]


def _ask(url: str, wall: Callable[[], float]) -> _Health:
    """Raises OSError, HTTPException; ValueError for what is no answer of RingOut's."""
    before, started = wall(), time.monotonic()
    request = urllib.request.Request(f"{url}/healthz", headers={"Accept": "application/json"})
    try:
        with opener(url).open(request, timeout=_SECONDS) as answer:
            status, headers, body = answer.status, answer.headers, answer.read(_LONGEST_ANSWER)
    except urllib.error.HTTPError as error:
        with error:
            status, headers, body = error.code, error.headers, error.read(_LONGEST_ANSWER)
    except urllib.error.URLError as error:
        raise (error.reason if isinstance(error.reason, OSError) else OSError(str(error.reason))) from error
    at = before + (time.monotonic() - started) / 2
    return _Health(status, msgspec.json.decode(body, type=dict[str, Any]), at, headers.get("Date", ""))


def _unreachable(credentials: Credentials, environ: Mapping[str, str], error: Exception) -> Finding:
    url = credentials.url
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        why = error.strerror or str(error)
    else:
        why = "what answers there is not RingOut"
    left = sandbox_login_file(environ)
    if isinstance(error, ConnectionRefusedError) and "RINGOUT_CLIENT_ID" not in environ and _is_of(left, url):
        repair = Repair(f"{left} was removed.", lambda: left.unlink(missing_ok=True))
        return wrong("server", f"the sandbox that left its login in {left} is gone", f"Remove {left}.", repair)
    return wrong("server", f"{url} does not answer ({why})", "Start it, or correct the URL.")


def _is_of(login: Any, url: str) -> bool:
    try:
        return bool(msgspec.json.decode(login.read_bytes()).get("url") == url)
    except (OSError, msgspec.DecodeError, AttributeError):
        return False


def _health(url: str, health: _Health) -> Finding:
    if health.status == 200:
        live = health.body.get("liveCalls", 0)
        return ok("server", f"{url} takes calls, {live} {'is' if live == 1 else 'are'} live")
    if health.body.get("status") == "draining":
        return wrong("server", f"{url} is shutting down and takes no calls", "Start it again once it is down.")
    if health.body.get("status") == "no-media":
        step = "Start rtpengine, or correct [[media.rtpengine]]: the log says which one does not answer."
        return wrong("server", f"{url} takes no calls, since none of its media engines is up", step)
    return wrong("server", f"{url}/healthz answers {health.status}", "Correct the URL: it ends before /restapi.")


def _tls(url: str, now: float) -> Finding:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        if is_loopback(url):
            return ok("tls", "none is needed: the server is on this machine")
        step = "Put a proxy with TLS in front of the server, and use its https: URL."
        return wrong("tls", f"logins and tokens cross the network in clear text to {host}", step)
    try:
        with (
            socket.create_connection((host, parts.port or 443), timeout=_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate, version = secured.getpeercert() or {}, secured.version()
    except OSError as error:  # by way of a proxy of the environment it worked
        return unknown("tls", f"the certificate cannot be looked at from here ({error.strerror or error})")
    until = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    days = int((until - now) / 86400)
    if days < _DAYS_LEFT:
        return wrong("tls", f"the certificate ends in {days} days", "Renew it on the server.")
    return ok("tls", f"{version}, the certificate holds for {days} days")


def _clock(health: _Health) -> Finding:
    try:
        server = parsedate_to_datetime(health.date)
    except ValueError:
        return unknown("clock", "the server does not say what time it has")
    server_time = (server if server.tzinfo else server.replace(tzinfo=UTC)).timestamp() + 0.5  # it is cut to seconds
    apart = health.at - server_time
    if abs(apart) <= CLOCK_SECONDS:
        return ok("clock", "this machine and the server agree")
    order = "ahead of" if apart > 0 else "behind"
    here, there = (datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S") for at in (health.at, server_time))
    says = f"this machine ({here} UTC) is {abs(apart):.0f} s {order} the server ({there} UTC)"
    return wrong("clock", says, "Turn time synchronisation on where the time is wrong: `timedatectl set-ntp true`.")


def _logged_in(credentials: Credentials) -> list[Finding]:
    try:
        with ApiClient(credentials) as client:
            found = ok("token", f"the server gives one, for a user in {client.home_country()}")
            return [found, _phones(client)]
    except CommandFailed as failure:
        step = "Make a new login with `ringout admin jwts create EXTENSION`, and set RINGOUT_JWT."
        return [wrong("token", failure.sentence.rstrip("."), step if failure.exit_code == REFUSED else "Try again.")]


def _phones(client: ApiClient) -> Finding:
    try:
        phone = client.default_phone()
    except CommandFailed as failure:
        return unknown("phone", failure.sentence.rstrip("."))
    if phone is None:
        step = "Add one in the dialer, or with `ringout admin forwarding-numbers add EXTENSION NUMBER`."
        return wrong("phone", "you have no phone that could be rung", step)
    name, is_there = phone
    if is_there is False:
        step = "Start it, look at its account and password, or choose another default phone in the dialer."
        return wrong("phone", f"{name} is rung first, and it is not registered", step)
    return ok("phone", f"{name} is rung first")
