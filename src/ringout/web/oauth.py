"""POST /restapi/oauth/token and /restapi/oauth/revoke."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qsl, unquote_plus

from ringout.domain.errors import GrantRefused
from ringout.service.grants import ClientLogin
from ringout.service.tokens import IssuedTokens
from ringout.web import schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.errors import UnsupportedMediaType
from ringout.web.message import JSON, NO_STORE, Answer, Request

_ESCAPED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
_MOST_FIELDS = 50
_HEADERS = (JSON, NO_STORE, (b"pragma", b"no-cache"))  # RFC 6749 section 5.1


async def token(api: Api, request: Request) -> Answer:
    form = await _form(request)
    issued = await api.services.grants.grant(read_client(request.header(b"authorization"), form), form)
    return Answer(200, schemas.encode(_shown(issued)), _HEADERS)


async def revoke(api: Api, request: Request) -> Answer:
    form = await _form(request)
    await api.services.grants.revoke(read_client(request.header(b"authorization"), form), form)
    return Answer(200, b"{}", _HEADERS)  # SDKs read the body as JSON


async def _form(request: Request) -> dict[str, str]:
    if request.media_type != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType
    return read_form(await request.body())


def read_form(body: bytes) -> dict[str, str]:
    """Each parameter once (RFC 6749 section 3.2). Raises GrantRefused."""
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise GrantRefused("invalid_request", "CMN-104", "Cannot parse request") from error
    form = dict(fields)
    if len(form) != len(fields):
        raise GrantRefused("invalid_request", "OAU-111", "A parameter is given more than once")
    return form


def read_client(authorization: str, form: dict[str, str]) -> ClientLogin | None:
    """From HTTP Basic, from the form, or from both as @rc-ex/core does it. Raises GrantRefused when the two differ."""
    in_form = form.get("client_id") or None
    if not authorization:
        return ClientLogin(in_form, form.get("client_secret") or None) if in_form else None
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise _bad_header()
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise _bad_header() from error
    if not colon:
        raise _bad_header()
    client_id, secret = _decoded(client_id), _decoded(secret)
    if in_form is not None and in_form != client_id:
        raise _bad_header()
    return ClientLogin(client_id, secret or None)


def _decoded(part: str) -> str:
    """RFC 6749 section 2.3.1 form-encodes both parts of Basic, and many clients do not: what holds a percent sign and
    only whole escapes is taken for encoded, all else as it stands."""
    return unquote_plus(part) if "%" in part and _ESCAPED.fullmatch(part) else part


def _bad_header() -> GrantRefused:
    why = "Invalid Authorization header"
    return GrantRefused("invalid_client", "OAU-123", why, client_rejected=True)


def _shown(issued: IssuedTokens) -> schemas.TokenInfo:
    session = issued.session
    return schemas.TokenInfo(
        access_token=issued.access_token,
        token_type="bearer",
        expires_in=session.access_ttl_seconds,
        refresh_token=issued.refresh_token,
        refresh_token_expires_in=session.refresh_ttl_seconds,
        scope=" ".join(session.scopes),
        owner_id=str(session.extension_id),
        endpoint_id=session.endpoint_id,
        session_id=session.session_id,
    )


TOKEN = Operation(
    "getToken",
    token,
    "Logs in: grants urn:ietf:params:oauth:grant-type:jwt-bearer (assertion), password (username, extension, "
    "password) and refresh_token. The client shows itself by HTTP Basic or in the form.",
    answer=schemas.TokenInfo,
    body=schemas.TokenForm,
    media_type="application/x-www-form-urlencoded",
    refusals=(400, 401, 405, 413, 415, 503),
    login=False,
    group=Group.AUTH,
)
REVOKE = Operation(
    "revokeToken",
    revoke,
    "Logs out: ends the session that the token, access or refresh, belongs to. 200 also for a token nobody knows.",
    answer=schemas.Nothing,
    body=schemas.RevokeForm,
    media_type="application/x-www-form-urlencoded",
    refusals=(400, 401, 405, 413, 415, 503),
    login=False,
)
