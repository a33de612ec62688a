"""POST /restapi/oauth/token and /restapi/oauth/revoke."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from ringout.domain.errors import GrantRefused
from ringout.service.client_logins import ClientLogin
from ringout.service.tokens import IssuedTokens
from ringout.web import schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.errors import UnsupportedMediaType
from ringout.web.message import JSON, NO_STORE, Answer, Request
from ringout.web.oauth_bodies import Nothing, RevokeForm, RevokeQuery, TokenForm, TokenInfo

FORM = "application/x-www-form-urlencoded"
_ESCAPED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
_MOST_FIELDS = 50
_HEADERS = (JSON, NO_STORE, (b"pragma", b"no-cache"))  # RFC 6749 section 5.1


async def token(api: Api, request: Request) -> Answer:
    form = await _form(request)
    login = read_client(request.header(b"authorization"), form)
    issued = await api.services.grants.grant(login, described(form, TokenForm), request.address)
    id_token = api.services.identity.token(issued, request.base_url(api.public_url))
    return Answer(200, schemas.encode(_shown(issued, id_token)), _HEADERS)


async def revoke(api: Api, request: Request) -> Answer:
    shown = request.query().get("token", "")
    form = await _form(request, may_be_empty=bool(shown))
    if shown:
        form.setdefault("token", shown)
    login = read_client(request.header(b"authorization"), form)
    await api.services.grants.revoke(login, described(form, RevokeForm), request.address)
    return Answer(200, b"{}", _HEADERS)  # SDKs read the body as JSON


async def _form(request: Request, *, may_be_empty: bool = False) -> dict[str, str]:
    if may_be_empty and request.media_type != FORM and not await request.body():
        return {}
    if request.media_type != FORM:
        raise UnsupportedMediaType
    return read_form(await request.body())


def read_form(raw: bytes, errors: str = "replace") -> dict[str, str]:
    """Each parameter once (RFC 6749 sections 3.1 and 3.2). errors: what becomes of bytes that are not UTF-8, as in
    bytes.decode. Raises GrantRefused."""
    try:
        fields = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors=errors, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise GrantRefused("invalid_request", "CMN-104", "Cannot parse request") from error
    form = dict(fields)
    if len(form) != len(fields):
        raise GrantRefused("invalid_request", "OAU-111", "A parameter is given more than once")
    return form


def described(form: Mapping[str, str], type_: type[msgspec.Struct]) -> dict[str, str]:
    """The fields of a form that our OpenAPI document has; others are ignored (RFC 6749 sections 3.1 and 3.2)."""
    return {name: form[name] for name in type_.__struct_encode_fields__ if name in form}


def read_client(authorization: str, form: dict[str, str]) -> ClientLogin | None:
    """From HTTP Basic, from the form, or from both as @rc-ex/core does it. Raises GrantRefused when the two differ,
    and for a way to log in that we do not offer."""
    if form.get("client_assertion") or form.get("client_assertion_type"):
        raise GrantRefused(
            "invalid_client",
            "OAU-151",
            "Authorization method not supported",
            "client_assertion_type",
            client_rejected=True,
        )
    in_form = form.get("client_id") or None
    secret_in_form = form.get("client_secret") or None
    if not authorization:
        return ClientLogin(in_form, secret_in_form) if in_form else None
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
    if secret_in_form is not None and not hmac.compare_digest(_bytes(secret_in_form), _bytes(secret)):
        raise _bad_header()
    return ClientLogin(client_id, secret or None)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(part: str) -> str:
    """RFC 6749 section 2.3.1 form-encodes both parts of Basic, and many clients do not: what holds a percent sign and
    only whole escapes is taken for encoded, all else as it stands."""
    return unquote_plus(part) if "%" in part and _ESCAPED.fullmatch(part) else part


def _bad_header() -> GrantRefused:
    return GrantRefused("invalid_client", "OAU-123", "Invalid Authorization header", client_rejected=True)


def _shown(issued: IssuedTokens, id_token: str | None) -> TokenInfo:
    session = issued.session
    is_renewable = bool(issued.refresh_token) and issued.refresh_seconds > 0
    return TokenInfo(
        access_token=issued.access_token,
        token_type="bearer",
        expires_in=issued.access_seconds,
        scope=" ".join(session.scopes),
        session_id=session.session_id,
        endpoint_id=session.endpoint_id,
        owner_id=str(session.extension_id),
        refresh_token=issued.refresh_token if is_renewable else None,
        refresh_token_expires_in=issued.refresh_seconds if is_renewable else None,
        id_token=id_token,
    )


TOKEN = Operation(
    "getToken",
    token,
    "Logs in. Grants: urn:ietf:params:oauth:grant-type:jwt-bearer (assertion), authorization_code (code, redirect_uri, "
    "code_verifier), refresh_token, password (username, extension, password) and, for the administration, "
    "client_credentials. The client shows itself by HTTP Basic or in the form; a public client by its client_id.",
    answer=TokenInfo,
    body=TokenForm,
    media_type=FORM,
    refusals=(401,),
    login=False,
    group=Group.AUTH,
)
REVOKE = Operation(
    "revokeToken",
    revoke,
    "Logs out. Ends the session that the token, access or refresh, belongs to. 200 also for a token nobody knows.",
    answer=Nothing,
    body=RevokeForm,
    query=RevokeQuery,
    media_type=FORM,
    refusals=(401,),
    login=False,
)
