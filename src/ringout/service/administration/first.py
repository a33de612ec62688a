"""The first account: everything that a person needs to place a call, made in one step or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from msgspec import Struct

from ringout.domain.account import Account, Client, Extension, Grant, PhoneType
from ringout.domain.errors import Conflict
from ringout.service import forwarding_numbers as phone_rules
from ringout.service.administration.accounts import AdminAccountCreation, new_account
from ringout.service.administration.clients import AdminClientCreation, new_client
from ringout.service.administration.parts import Administration
from ringout.service.administration.secrets import new_password
from ringout.service.administration.users import AdminUserCreation, new_user
from ringout.service.forwarding_numbers import WantedPhone


class FirstAccount(Struct, rename="camel", kw_only=True):
    """What is asked for. phone: "" = the user has none yet. password_grant: the application may log users in by their
    passwords."""

    main_number: str
    country: str = "us"
    language: str = "en"
    company: str = ""
    extension: str = "101"
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    international: bool = False
    password_grant: bool = False


class FirstSecrets(Struct, rename="camel"):
    """What was made, with every secret in clear: the only time."""

    account_id: str
    main_number: str
    extension_id: str
    extension: str
    phone: str | None
    password: str
    client_id: str
    client_secret: str
    jwt: str
    admin_client_id: str
    admin_client_secret: str


@dataclass(frozen=True, slots=True)
class _Made:
    """The records, and the secrets of those that have one."""

    account: Account
    user: Extension
    client: Client
    administrator: Client
    password: str
    client_secret: str
    administrator_secret: str


async def make_first_account(
    admin: Administration,
    wanted: FirstAccount,
    blocked: tuple[str, ...],
    leave_login: Callable[[str, str], None],
) -> FirstSecrets:
    """An account, a user, an application with a JWT of the user, and a client for the administration. blocked: prefixes
    that the account may not call. leave_login: keeps the id and the secret of the last one for later commands; an
    OSError of it goes through. Raises Conflict when there is an account already, a Refused that names the field."""
    refuse_second_account(admin)
    made = await _make(admin, wanted, blocked)
    # What nobody can use without the account comes first, so that a crash in between leaves nothing in the way of the
    # next attempt: a login of no client, then a JWT of no user.
    leave_login(made.administrator.client_id, made.administrator_secret)
    jwt = await admin.tokens.jwts.issue(made.user.id, "first")

    def decide() -> tuple[tuple[Account | Extension | Client, ...], tuple[()]]:
        refuse_second_account(admin)
        return (made.account, made.user, made.client, made.administrator), ()

    await admin.accounts.change(decide)
    return FirstSecrets(
        account_id=str(made.account.id),
        main_number=made.account.main_number,
        extension_id=str(made.user.id),
        extension=made.user.number,
        phone=made.user.default_phone,
        password=made.password,
        client_id=made.client.client_id,
        client_secret=made.client_secret,
        jwt=jwt,
        admin_client_id=made.administrator.client_id,
        admin_client_secret=made.administrator_secret,
    )


def refuse_second_account(admin: Administration) -> None:
    """Raises Conflict when there is an account."""
    if admin.accounts.accounts():
        raise Conflict("There is an account already; `ringout admin accounts list` shows it.")


async def _make(admin: Administration, wanted: FirstAccount, blocked: tuple[str, ...]) -> _Made:
    described = AdminAccountCreation(
        main_number=wanted.main_number,
        country=wanted.country,
        language=wanted.language,
        company=wanted.company,
        international=wanted.international,
    )
    account = new_account(admin, described, blocked)
    password = new_password(admin.ids)
    person = AdminUserCreation(
        extension=wanted.extension,
        first_name=wanted.first_name,
        last_name=wanted.last_name,
        email=wanted.email,
        admin=True,
        password=password,
    )
    user, _ = await new_user(admin, account, person)
    if wanted.phone:
        phone = WantedPhone(wanted.phone, type=PhoneType.MOBILE)
        user = phone_rules.add(user, account, phone, str(admin.accounts.new_id(admin.ids)))
    client, client_secret = await new_client(admin, AdminClientCreation(name="First application"))
    if wanted.password_grant:
        client = replace(client, grants=(*client.grants, Grant.PASSWORD))
    administrator, administrator_secret = await new_client(admin, AdminClientCreation(name="ringout admin", admin=True))
    assert client_secret  # neither client is public
    assert administrator_secret
    return _Made(account, user, client, administrator, password, client_secret, administrator_secret)
