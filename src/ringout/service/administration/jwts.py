"""Personal JWTs: credentials with which an application logs in as a user without asking anybody."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ringout.domain.account import Credential
from ringout.domain.errors import NotFound, UnusableValue
from ringout.service import field_checks
from ringout.service.administration import checks
from ringout.service.administration.parts import Administration, Listing, Where
from ringout.service.administration.secrets import SECRET
from ringout.service.times import iso

MOST_JWTS = 100  # of one user
_DAY = 86_400
_MOST_DAYS = 3650


class AdminJwt(Struct, rename="camel", omit_defaults=True):
    """A personal JWT. jwt: the credential itself, only in the answer that follows its making. client: the only one
    that may show it; absent = any."""

    id: str
    user: str
    label: str
    creation_time: str
    expiration_time: str
    client: str | None = None
    jwt: Annotated[str, Meta(description="Shown this once.", extra=SECRET)] | None = None


class AdminJwtCreation(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A JWT to issue."""

    label: Annotated[str, Meta(description="What it is for.")] = ""
    client: Annotated[str, Meta(description="Client id of the only application that may use it; empty = any.")] = ""
    days: Annotated[int, Meta(description="How long it is good, 1 to 3650.")] = _MOST_DAYS


async def list_jwts(admin: Administration, where: Where) -> Listing:
    user = admin.user(where)
    return Listing(admin.tokens.jwts.of_user(user.id), lambda credential: _shown(credential, user.number))


async def create_jwt(admin: Administration, where: Where, body: AdminJwtCreation) -> AdminJwt:
    user = admin.user(where)
    label = field_checks.line(body.label, "label")
    if not 1 <= body.days <= _MOST_DAYS:
        raise UnusableValue("days", str(body.days), f"A number from 1 to {_MOST_DAYS}.")
    if body.client and admin.accounts.client(body.client) is None:
        raise UnusableValue("client", body.client, "There is no such client, or it is disabled.")
    jwts = admin.tokens.jwts
    checks.refuse_more(len(jwts.of_user(user.id)), MOST_JWTS, "JWTs of this user")
    made = await jwts.add(user.id, label, body.days * _DAY, body.client)
    return _shown(made, user.number, jwts.sign(made))


async def delete_jwt(admin: Administration, where: Where) -> None:
    """Sessions that it opened go on; `set_password` ends those."""
    user, jwts = admin.user(where), admin.tokens.jwts
    if not any(credential.jti == where["jwt"] for credential in jwts.of_user(user.id)):
        raise NotFound("jwt")
    await jwts.remove(where["jwt"])


def _shown(credential: Credential, user: str, jwt: str | None = None) -> AdminJwt:
    return AdminJwt(
        credential.jti,
        user,
        credential.label,
        iso(credential.issued_at),
        iso(credential.expires_at),
        credential.client_id or None,
        jwt,
    )
