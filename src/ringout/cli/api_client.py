"""The few API requests that the command line makes, on the standard library's HTTP client."""

from __future__ import annotations

import base64
import http.client
import ipaddress
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import msgspec

from ringout.cli.credentials import Credentials
from ringout.cli.failures import REFUSED, UNREACHABLE, CommandFailed

_SECONDS = 15.0
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_RING_OUTS = "/restapi/v1.0/account/~/extension/~"


class Gone(CommandFailed):
    """404: the server knows no such RingOut, or has forgotten it after its end."""


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
        basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._authorization = self._basic = f"Basic {basic}"
        self._token = ""

    def log_in(self, form: dict[str, str]) -> None:
        """From now on requests carry the token that these fields give."""
        body = urllib.parse.urlencode(form).encode()
        token = self.request("POST", "/restapi/oauth/token", body, "application/x-www-form-urlencoded")
        self._token = token.get("access_token", "")
        self._authorization = f"Bearer {self._token}"

    def log_out(self) -> None:
        """Ends the session: a user has few, and who logs in again and again would end those of other programs."""
        self._authorization = self._basic
        body = urllib.parse.urlencode({"token": self._token}).encode()
        try:
            self.request("POST", "/restapi/oauth/revoke", body, "application/x-www-form-urlencoded")
        except CommandFailed:
            pass  # it ends by itself in an hour

    def request(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> dict[str, Any]:
        """The JSON object of the answer; {} when it has none."""
        headers = {"Authorization": self._authorization, "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            request = urllib.request.Request(self._url + path, body, headers, method=method)
            with self._opener.open(request, timeout=_SECONDS) as response:
                return _decoded(response.read())
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code, _decoded(error.read()), error.headers.get("Retry-After")) from error
        except http.client.HTTPException as error:
            raise CommandFailed(f"what answers at {self._url} is no HTTP server.", UNREACHABLE) from error
        except OSError as error:
            reason = getattr(error, "reason", error)
            why = getattr(reason, "strerror", None) or str(reason)
            raise CommandFailed(f"no server answers at {self._url} ({why}).", UNREACHABLE) from error


class ApiClient:
    """One logged-in user, logged out at the end of a with block. Every method raises CommandFailed with the server's
    own words."""

    def __init__(self, credentials: Credentials) -> None:
        self.url = credentials.url
        self._connection = Connection(credentials.url, credentials.client_id, credentials.client_secret)
        if credentials.jwt:
            form = {"grant_type": _JWT_GRANT, "assertion": credentials.jwt}
        else:
            form = {"grant_type": "password", "username": credentials.username, "password": credentials.password}
            if credentials.extension:
                form["extension"] = credentials.extension
        self._connection.log_in(form)

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.log_out()

    def home_country(self) -> str:
        """In which the user's national numbers are read. ISO 3166, upper case."""
        body = msgspec.json.encode({"originalStrings": ["0"]})
        found = self._connection.request("POST", "/restapi/v1.0/number-parser/parse", body, "application/json")
        return str(found["homeCountry"]["isoCode"])

    def default_phone(self) -> tuple[str, bool | None] | None:
        """The phone that is rung when a request names none: its number, or the name of one that registers with the
        server, and whether that one is there now (None = it is not of this kind). None = the user has no phone."""
        records = self._connection.request("GET", f"{_RING_OUTS}/forwarding-number?perPage=100")["records"]
        phone = next((record for record in records if record.get("default")), records[0] if records else None)
        if phone is None:
            return None
        if phone.get("phoneNumber"):
            return str(phone["phoneNumber"]), None
        devices = self._connection.request("GET", f"{_RING_OUTS}/device?perPage=100")["records"]
        there = {device["id"] for device in devices if device["status"] == "Online"}
        return str(phone.get("label", "")), phone["device"]["id"] in there

    def place(
        self, to: str, from_: str | None, caller_id: str | None, prompt: bool | None, post_dial: str = ""
    ) -> dict[str, Any]:
        """Places a RingOut; its first status. post_dial: digits for the callee once the two are joined."""
        body: dict[str, Any] = {"to": {"phoneNumber": to}}
        if from_ is not None:
            body["from"] = {"phoneNumber": from_}
        if caller_id is not None:
            body["callerId"] = {"phoneNumber": caller_id}
        if prompt is not None:
            body["playPrompt"] = prompt
        if post_dial:
            body["postDial"] = post_dial
        return self._connection.request("POST", f"{_RING_OUTS}/ringout", msgspec.json.encode(body), "application/json")

    def get(self, ring_out_id: str) -> dict[str, Any]:
        return self._connection.request("GET", _path(ring_out_id))

    def cancel(self, ring_out_id: str) -> None:
        self._connection.request("DELETE", _path(ring_out_id))


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(body) if body else {}
    except msgspec.DecodeError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _refusal(status: int, body: dict[str, Any], retry_after: str | None) -> CommandFailed:
    words = str(body.get("message") or body.get("error_description") or f"HTTP {status}").rstrip(".")
    again = f" Try again in {retry_after} s." if retry_after else ""
    if status >= 500:
        return CommandFailed(f"the server cannot do that now: {words}.{again}", UNREACHABLE)
    kind = Gone if status == 404 else CommandFailed
    return kind(f"the server refuses: {words}.{again}", REFUSED)


def _path(ring_out_id: str) -> str:
    twin = "ringout" if ring_out_id.isdigit() else "ring-out"
    return f"{_RING_OUTS}/{twin}/{urllib.parse.quote(ring_out_id, safe='')}"


def is_loopback(url: str) -> bool:
    """Whether the server is on this machine."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
