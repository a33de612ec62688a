"""What OpenID Connect clients ask for, and the token for a WebSocket."""

from __future__ import annotations

import msgspec

from ringout.domain import scopes as permissions
from ringout.domain.account import Grant
from ringout.web import schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.login_pages import LANGUAGES
from ringout.web.message import JSON, NO_STORE, Answer, Request
from ringout.web.oauth_bodies import JsonWebKey, JsonWebKeys, OpenIdConfiguration, UserInfo, WsToken

_CLIENT_LOGINS = ["client_secret_basic", "client_secret_post", "none"]


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
        grant_types_supported=[*(grant.value for grant in Grant), "refresh_token"],
        prompt_values_supported=["login", "sso", "consent", "none", "select_account"],
        subject_types_supported=["public"],
        userinfo_signing_alg_values_supported=["none"],
        id_token_signing_alg_values_supported=["RS256"],
        token_endpoint_auth_methods_supported=_CLIENT_LOGINS,
        revocation_endpoint_auth_methods_supported=_CLIENT_LOGINS,
        code_challenge_methods_supported=["plain", "S256"],
        display_values_supported=["page", "popup", "touch", "mobile"],
        claims_supported=[
            *("sub", "iss", "aud", "iat", "exp", "auth_time", "nonce"),
            *("account_id", "email", "email_verified", "given_name", "family_name"),
        ],
        ui_locales_supported=list(LANGUAGES),
    )
    return Answer(200, schemas.encode(body), (JSON,))


async def keys(api: Api, request: Request) -> Answer:
    key = msgspec.convert(api.services.tokens.public_key(), JsonWebKey)
    return Answer(200, schemas.encode(JsonWebKeys([key])), (JSON,))


async def user_info(api: Api, request: Request) -> Answer:
    principal = request.principal
    claims = api.services.tokens.claims(principal.extension_id, principal.scopes)
    return Answer(200, schemas.encode(msgspec.convert(claims, UserInfo)), (JSON, NO_STORE))


async def ws_token(api: Api, request: Request) -> Answer:
    token, seconds = api.services.tokens.issue_ws_token(request.principal)
    scheme, _, place = request.base_url(api.public_url).partition("://")
    uri = f"{'wss' if scheme == 'https' else 'ws'}://{place}/ws"
    return Answer(200, schemas.encode(WsToken(uri, token, seconds)), (JSON, NO_STORE))


CONFIGURATION = Operation(
    "readOpenIdConfiguration", configuration, "Where everything of OAuth and OpenID Connect is.",
    OpenIdConfiguration, login=False,
)  # fmt: skip
KEYS = Operation("authJwks", keys, "The public keys that ID tokens are signed with.", JsonWebKeys, login=False)
USER_INFO = Operation(
    "authUserInfo",
    user_info,
    "Who the user of the token is. E-mail address and name need the scopes email and profile, or ReadAccounts.",
    UserInfo,
    group=Group.AUTH,
)
WS_TOKEN = Operation(
    "authWsToken",
    ws_token,
    "A token that opens one WebSocket connection within 30 seconds.",
    WsToken,
    permission=permissions.WEB_SOCKET,
    group=Group.AUTH,
)
