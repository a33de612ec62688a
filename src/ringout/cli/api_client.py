"""The few API requests that the command line makes, on the standard library's HTTP client."""

from __future__ import annotations

import base64
import ipaddress
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any, TypeVar

import msgspec

from ringout.cli.credentials import Credentials
from ringout.cli.failures import REFUSED, UNREACHABLE, CommandFailed, Later
from ringout.cli.shared_login import NotShared, SharedLogin
from ringout.domain.ring_out import string_id

_SECONDS = 15.0
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_USER = "/restapi/v1.0/account/~/extension/~"
_JSON, _STREAM = {"Accept": "application/json"}, "text/event-stream"
STREAM_SECONDS = 30.0  # of silence: the server breaks it every 10
_TOKEN_SECONDS = 600.0  # no access token lives for less
_LOGINS = 2  # for one request, after the first
_ENDED_LOGIN = (
    "the server has ended this login, because one user has too many at the same time; commands share one where "
    "XDG_STATE_HOME, or ~/.local/state, can be written."
)

T = TypeVar("T")


class Gone(CommandFailed):
    """404: the server knows no such RingOut, or has forgotten it after its end."""


class LoggedOut(CommandFailed):
    """401: the access token is over, or the server has ended its session."""


def opener(url: str) -> urllib.request.OpenerDirector:
    """Of requests to that server."""
    # A proxy of the environment is for the world outside, not for a server on this machine.
    direct = [urllib.request.ProxyHandler({})] if is_loopback(url) else []
    return urllib.request.build_opener(*direct)


class Connection:
    """A server and who we are there. Every method raises CommandFailed with the server's own words."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self._url = url
        self._opener = opener(url)
        self._basic = f"Basic {base64.b64encode(f'{client_id}:{client_secret}'.encode()).decode()}"
        self.token = ""  # that requests carry

    def log_in(self, form: dict[str, str]) -> str:
        """The access token that these fields give; requests carry it from now on."""
        with self._post_form("/restapi/oauth/token", form) as answer:
            self.token = str(_decoded(answer.read()).get("access_token", ""))
        return self.token

    def log_out(self) -> None:
        """Ends the session: a user has few, and who logs in again and again would end those of other programs."""
        try:
            self._post_form("/restapi/oauth/revoke", {"token": self.token}).close()
        except CommandFailed:
            pass  # it ends by itself in an hour

    def request(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        """The JSON object of the answer; {} when it has none."""
        with self.open(method, path, body) as answer:
            try:
                return _decoded(answer.read())
            except (OSError, HTTPException) as error:
                raise self._unreachable(error) from error

    def open(self, method: str, path: str, body: bytes | None, accept: Mapping[str, str] = _JSON) -> HTTPResponse:
        """The answer, to be read and closed. accept: headers that say what it may be."""
        headers = {"Authorization": f"Bearer {self.token}", **accept}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self._open(urllib.request.Request(self._url + path, body, headers, method=method))

    def _post_form(self, path: str, form: dict[str, str]) -> HTTPResponse:
        """In the name of the application."""
        headers = {"Authorization": self._basic, "Content-Type": "application/x-www-form-urlencoded", **_JSON}
        return self._open(urllib.request.Request(self._url + path, urllib.parse.urlencode(form).encode(), headers))

    def _open(self, request: urllib.request.Request) -> HTTPResponse:
        seconds = STREAM_SECONDS if request.get_header("Accept") == _STREAM else _SECONDS
        try:
            answer: HTTPResponse = self._opener.open(request, timeout=seconds)
            return answer
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code, _decoded(error.read()), error.headers.get("Retry-After")) from error
        except (OSError, HTTPException) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> CommandFailed:
        if isinstance(error, HTTPException):
            return CommandFailed(f"what answers at {self._url} is no HTTP server.", UNREACHABLE)
        reason = getattr(error, "reason", error)
        why = getattr(reason, "strerror", None) or str(reason)
        return CommandFailed(f"no server answers at {self._url} ({why}).", UNREACHABLE)


class ApiClient:
    """One logged-in user. Every method raises CommandFailed with the server's own words. login: shared with other
    commands; None = one of its own, which ends with the with block."""

    def __init__(self, credentials: Credentials, login: SharedLogin | None = None) -> None:
        self.url = credentials.url
        self._connection = Connection(credentials.url, credentials.client_id, credentials.client_secret)
        self._credentials = credentials
        self._shared = login
        self._own_since: float | None = None  # monotonic
        self._get_token()

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(self, *_: object) -> None:
        if self._own_since is not None:
            self._connection.log_out()

    def _get_token(self, refused: str = "") -> None:
        """refused: the token that the server does not take any more."""
        if self._shared is not None:
            try:
                self._connection.token = self._shared.token(self._log_in, refused)
                return
            except NotShared:
                self._shared = None
        if self._own_since is not None and time.monotonic() - self._own_since < _TOKEN_SECONDS:
            raise CommandFailed(_ENDED_LOGIN, REFUSED)  # the same again would end one of another command, and so on
        self._log_in()
        self._own_since = time.monotonic()

    def _log_in(self) -> str:
        """Not to be renewed: that is no harder than to log in again, and a session that nobody renews ends itself."""
        known = self._credentials
        form = {"refresh_token_ttl": "0"}
        if known.jwt:
            form |= {"grant_type": _JWT_GRANT, "assertion": known.jwt}
        else:
            form |= {"grant_type": "password", "username": known.username, "password": known.password}
            if known.extension:
                form["extension"] = known.extension
        return self._connection.log_in(form)

    def _with_token(self, ask: Callable[[], T]) -> T:
        """What ask gives, with another login if that is what it needs."""
        for _ in range(_LOGINS):
            try:
                return ask()
            except LoggedOut:
                self._get_token(self._connection.token)
        try:
            return ask()
        except LoggedOut as error:
            raise CommandFailed(_ENDED_LOGIN, REFUSED) from error

    def _request(self, method: str, path: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
        body = None if fields is None else msgspec.json.encode(fields)
        return self._with_token(lambda: self._connection.request(method, path, body))

    def home_country(self) -> str:
        """In which the user's national numbers are read. ISO 3166, upper case."""
        found = self._request("POST", "/restapi/v1.0/number-parser/parse", {"originalStrings": ["0"]})
        return str(found["homeCountry"]["isoCode"])

    def default_phone(self) -> tuple[str, bool | None] | None:
        """The phone that is rung when a request names none: its number, or the name of one that registers with the
        server, and whether that one is there now (None = it is not of this kind). None = the user has no phone."""
        records = self._request("GET", f"{_USER}/forwarding-number?perPage=100")["records"]
        phone = next((record for record in records if record.get("default")), records[0] if records else None)
        if phone is None:
            return None
        if phone.get("phoneNumber"):
            return str(phone["phoneNumber"]), None
        devices = self._request("GET", f"{_USER}/device?perPage=100")["records"]
        there = {device["id"] for device in devices if device["status"] == "Online"}
        return str(phone.get("label", "")), phone["device"]["id"] in there

    def place(
        self, to: str, from_: str | None, caller_id: str | None, prompt: bool | None, post_dial: str = ""
    ) -> dict[str, Any]:
        """Places a RingOut; its first status. post_dial: digits for the callee once the two are joined."""
        fields: dict[str, Any] = {"to": {"phoneNumber": to}}
        if from_ is not None:
            fields["from"] = {"phoneNumber": from_}
        if caller_id is not None:
            fields["callerId"] = {"phoneNumber": caller_id}
        if prompt is not None:
            fields["playPrompt"] = prompt
        if post_dial:
            fields["postDial"] = post_dial
        return self._request("POST", f"{_USER}/ringout", fields)

    def get(self, ring_out_id: str) -> dict[str, Any]:
        return self._request("GET", _path(ring_out_id))

    def cancel(self, ring_out_id: str) -> None:
        self._request("DELETE", _path(ring_out_id))

    def follow(self, ring_out_id: str, last_event_id: str) -> HTTPResponse:
        """The event stream of one RingOut, to be read and closed; silence of STREAM_SECONDS is a TimeoutError."""
        text_id = string_id(int(ring_out_id)) if ring_out_id.isdigit() else ring_out_id
        accept = {"Accept": _STREAM} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        return self._with_token(lambda: self._connection.open("GET", f"{_path(text_id)}/events", None, accept))


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(body) if body else {}
    except msgspec.DecodeError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _refusal(status: int, body: dict[str, Any], retry_after: str | None) -> CommandFailed:
    words = str(body.get("message") or body.get("error_description") or f"HTTP {status}").rstrip(".")
    again = f" Try again in {retry_after} s." if retry_after else ""
    says = (
        f"the server cannot do that now: {words}.{again}" if status >= 500 else f"the server refuses: {words}.{again}"
    )
    exit_code = UNREACHABLE if status >= 500 else REFUSED
    if status in (429, 503):
        return Later(says, exit_code, float(retry_after) if retry_after and retry_after.isdigit() else None)
    return {401: LoggedOut, 404: Gone}.get(status, CommandFailed)(says, exit_code)


def _path(ring_out_id: str) -> str:
    twin = "ringout" if ring_out_id.isdigit() else "ring-out"
    return f"{_USER}/{twin}/{urllib.parse.quote(ring_out_id, safe='')}"


def is_loopback(url: str) -> bool:
    """Whether the server is on this machine."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
