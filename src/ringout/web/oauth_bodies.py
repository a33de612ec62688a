"""What the OAuth endpoints read and write. Fields are named as the RFCs name them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ringout.domain.scopes import Identity

ClientLoginMethod = Literal["client_secret_basic", "client_secret_post", "none"]
ChallengeMethod = Literal["plain", "S256"]
Display = Literal["page", "popup", "touch", "mobile"]
Claim = Literal[
    "sub", "iss", "aud", "iat", "exp", "auth_time", "nonce",
    "account_id", "email", "email_verified", "given_name", "family_name",
]  # fmt: skip


class TokenInfo(Struct, omit_defaults=True):
    """The tokens of a session. Times in seconds from now."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    scope: Annotated[str, Meta(description="Application permissions, separated by blanks")]
    session_id: str
    endpoint_id: str
    owner_id: Annotated[str, Meta(description="The extension's id; 0 when no user stands behind the token")]
    refresh_token: str | None = None
    refresh_token_expires_in: int | None = None
    id_token: Annotated[str | None, Meta(description="OpenID Connect; only when openid was among the scopes")] = None


class TokenForm(Struct):
    """The form of the token endpoint. Which fields a grant needs: see its description."""

    grant_type: str
    assertion: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    code_verifier: str | None = None
    username: str | None = None
    extension: str | None = None
    password: str | None = None
    refresh_token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    scope: str | None = None
    access_token_ttl: int | None = None
    refresh_token_ttl: int | None = None
    endpoint_id: str | None = None


class RevokeForm(Struct):
    """The form of the revocation endpoint."""

    token: Annotated[str | None, Meta(description="Access or refresh token; may stand in the query instead")] = None
    token_type_hint: Annotated[str | None, Meta(description="Not needed, and not looked at (RFC 7009)")] = None
    client_id: str | None = None
    client_secret: str | None = None


class RevokeQuery(Struct):
    """The same in the query."""

    token: str | None = None


class Nothing(Struct):
    """An empty object."""


class AuthorizeQuery(Struct):
    """An authorization request. Empty values count as absent."""

    client_id: str | None = None
    response_type: Annotated[str | None, Meta(description="code")] = None
    redirect_uri: Annotated[
        str | None, Meta(description="One of those registered, to the letter; may be left out when there is one")
    ] = None
    state: Annotated[str | None, Meta(description="Comes back as it was sent")] = None
    scope: Annotated[str | None, Meta(description="Separated by blanks; all that the client has when left out")] = None
    code_challenge: Annotated[str | None, Meta(description="Required of public clients")] = None
    code_challenge_method: Annotated[str | None, Meta(description="plain (the default) or S256")] = None
    prompt: Annotated[str | None, Meta(description="login, sso, consent, none; `login sso` when left out")] = None
    login_hint: str | None = None
    nonce: str | None = None
    display: Annotated[str | None, Meta(description="page, popup, touch or mobile: one page fits all")] = None
    ui_locales: Annotated[str | None, Meta(description="Languages of the page, best first")] = None
    brand_id: str | None = None
    request: Annotated[str | None, Meta(description="Refused: request_not_supported")] = None
    request_uri: Annotated[str | None, Meta(description="Refused: request_uri_not_supported")] = None


class AuthorizeForm(AuthorizeQuery):
    """The same as a form."""


class UserInfo(Struct, omit_defaults=True):
    """Who the user is (OpenID Connect Core section 5.3)."""

    sub: str
    account_id: str
    email: str | None = None
    email_verified: bool | None = None
    given_name: str | None = None
    family_name: str | None = None


class JsonWebKey(Struct):
    """The public half of an RSA key (RFC 7517)."""

    kty: Literal["RSA"]
    alg: Literal["RS256"]
    use: Literal["sig"]
    kid: str
    n: str
    e: str


class JsonWebKeys(Struct):
    """Those that sign our ID tokens."""

    keys: list[JsonWebKey]


class OpenIdConfiguration(Struct):
    """What an OpenID Connect client asks first (OpenID Connect Discovery section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    scopes_supported: list[Identity]
    response_types_supported: list[Literal["code"]]
    response_modes_supported: list[Literal["query"]]
    grant_types_supported: list[str]
    prompt_values_supported: list[str]
    subject_types_supported: list[Literal["public"]]
    userinfo_signing_alg_values_supported: list[Literal["none"]]
    id_token_signing_alg_values_supported: list[Literal["RS256"]]
    token_endpoint_auth_methods_supported: list[ClientLoginMethod]
    revocation_endpoint_auth_methods_supported: list[ClientLoginMethod]
    code_challenge_methods_supported: list[ChallengeMethod]
    display_values_supported: list[Display]
    claims_supported: list[Claim]
    ui_locales_supported: list[str]
    claims_parameter_supported: bool = False
    request_parameter_supported: bool = False
    request_uri_parameter_supported: bool = False


class WsToken(Struct):
    """How to open a WebSocket."""

    uri: str
    ws_access_token: Annotated[str, Meta(description="Opens one connection")]
    expires_in: int
