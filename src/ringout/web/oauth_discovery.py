"""What OpenID Connect clients ask for, and the token for a WebSocket."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import msgspec

from ringout.domain import scopes as permissions
from ringout.domain.account import Grant
from ringout.service.grants import REFRESH
from ringout.web import schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.login_pages import LANGUAGES
from ringout.web.message import JSON, Answer, Request
from ringout.web.oauth_bodies import (
    ChallengeMethod,
    Claim,
    ClientLoginMethod,
    Display,
    JsonWebKey,
    JsonWebKeys,
    OpenIdConfiguration,
    UserInfo,
    WsToken,
)

_CLIENT_LOGINS: list[ClientLoginMethod] = list(get_args(ClientLoginMethod))


async def configuration(api: Api, request: Request) -> Answer:
    base = request.base_url(api.public_url)
    oauth = f"{base}/restapi/oauth"
    body = OpenIdConfiguration(
        issuer=base,
        authorization_endpoint=f"{oauth}/authorize",
        token_endpoint=f"{oauth}/token",
        revocation_endpoint=f"{oauth}/revoke",
        userinfo_endpoint=f"{oauth}/userinfo",
        jwks_uri=f"{oauth}/jwks",
        scopes_supported=list(permissions.IDENTITY),
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=[*(grant.value for grant in Grant), REFRESH],
        prompt_values_supported=["login", "sso", "consent", "none", "select_account"],
        subject_types_supported=["public"],
        userinfo_signing_alg_values_supported=["none"],
        id_token_signing_alg_values_supported=["RS256"],
        token_endpoint_auth_methods_supported=_CLIENT_LOGINS,
        revocation_endpoint_auth_methods_supported=_CLIENT_LOGINS,
        code_challenge_methods_supported=list(get_args(ChallengeMethod)),
        display_values_supported=list(get_args(Display)),
        claims_supported=list(get_args(Claim)),
        ui_locales_supported=list(LANGUAGES),
    )
    return Answer(200, schemas.encode(body), (JSON,))


async def keys(api: Api, request: Request) -> Answer:
    key = msgspec.convert(api.services.identity.public_key(), JsonWebKey)
    return Answer(200, schemas.encode(JsonWebKeys([key])), (JSON,))


async def user_info(api: Api, request: Request) -> Answer:
    principal = request.principal
    claims = api.services.identity.claims(principal.extension_id, principal.scopes)
    return schemas.answer(msgspec.convert(claims, UserInfo))


async def ws_token(api: Api, request: Request) -> Answer:
    token, seconds = api.services.tokens.issue_ws_token(request.principal)
    scheme, _, place = request.base_url(api.public_url).partition("://")
    uri = f"{'wss' if scheme == 'https' else 'ws'}://{place}/ws"
    return schemas.answer(WsToken(uri, token, seconds))


CONFIGURATION = Operation(
    "readOpenIdConfiguration", configuration, "Where everything of OAuth and OpenID Connect is.",
    OpenIdConfiguration, login=False,
)  # fmt: skip
KEYS = Operation("authJwks", keys, "The public keys that ID tokens are signed with.", JsonWebKeys, login=False)
_USER_INFO = Operation(
    "authUserInfo",
    user_info,
    "Who the user of the token is. E-mail address and name need the scopes email and profile, or ReadAccounts.",
    UserInfo,
    group=Group.AUTH,
)
USER_INFO = {"GET": _USER_INFO, "POST": replace(_USER_INFO, name="authUserInfo2")}
WS_TOKEN = Operation(
    "authWsToken",
    ws_token,
    "A token that opens one WebSocket connection within 30 seconds.",
    WsToken,
    permission=permissions.WEB_SOCKET,
    group=Group.AUTH,
)
