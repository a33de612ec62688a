"""On whose behalf a request acts, and whether it may."""

from __future__ import annotations

from ringout.domain import scopes
from ringout.domain.account import Principal
from ringout.domain.errors import (
    AnotherExtension,
    AuthorizationUnsupported,
    ExtensionLoginNeeded,
    InsufficientScope,
    NotFound,
    TokenMissing,
)
from ringout.service.tokens import Tokens
from ringout.web.message import Request


def authenticate(request: Request, tokens: Tokens, *, in_query: bool) -> Principal:
    """From the Authorization header (scheme in any case: SDKs send `bearer`), else, if in_query, from ?access_token=.
    Raises TokenMissing, AuthorizationUnsupported, TokenInvalid or TokenExpired."""
    header = request.header(b"authorization")
    if header:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthorizationUnsupported
        return tokens.principal(token.strip())
    shown = request.query().get("access_token") if in_query else None
    if shown:
        return tokens.principal(shown)
    raise TokenMissing


def authorize(principal: Principal, request: Request, permission: str | None) -> None:
    """A user must stand behind the token, the ids of the path must be the asker's own or ~, and the token must carry
    the permission. Raises ExtensionLoginNeeded, NotFound, AnotherExtension or InsufficientScope."""
    if principal.extension_id == 0 and permission != scopes.ADMIN:
        raise ExtensionLoginNeeded
    account_id = request.path_params.get("accountId", "~")
    if account_id != "~" and account_id != str(principal.account_id):
        raise NotFound("accountId")
    extension_id = request.path_params.get("extensionId", "~")
    if extension_id != "~" and extension_id != str(principal.extension_id):
        # The same answer whether that extension exists or not: nobody learns who is there.
        raise AnotherExtension if _is_id(extension_id) else NotFound("extensionId")
    if permission is not None and permission not in principal.scopes:
        raise InsufficientScope(permission)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit()
