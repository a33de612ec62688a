"""What the two roles may do, as RingCentral's user permissions. Scopes of applications are another matter: both must
allow a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ringout.domain.account import Extension
from ringout.domain.errors import PermissionRequired


class Reach(StrEnum):
    """Whose things a permission covers."""

    SELF = "Self"
    ALL_EXTENSIONS = "AllExtensions"
    ACCOUNT = "Account"


@dataclass(frozen=True, slots=True)
class Role:
    """id: as in RingCentral's predefined roles, decimal digits."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Permission:
    """reach: smallest first."""

    id: str
    reach: tuple[Reach, ...]


ADMINISTRATOR, STANDARD = Role("1", "Super Admin"), Role("2", "Standard")

_OWN = (Reach.SELF,)
_EVERYBODY = (Reach.SELF, Reach.ALL_EXTENSIONS)
_COMPANY = (Reach.ACCOUNT,)
_OF_ALL: dict[str, tuple[Reach, ...]] = {
    "EditCallerIDSettings": _OWN,
    "EditPresenceStatus": _OWN,
    "EditUserAnsweringRules": _OWN,
    "EditUserCredentials": _OWN,
    "EditUserForwardingFlipNumbers": _OWN,
    "EditUserInfo": _OWN,
    "InternationalCalls": _OWN,
    "ReadCallLog": _OWN,
    "ReadCallerIDSettings": _OWN,
    "ReadCompanyAnsweringRules": _COMPANY,
    "ReadCompanyInfo": _COMPANY,
    "ReadCompanyPhoneNumbers": _COMPANY,
    "ReadExtensionGrant": _OWN,
    "ReadExtensions": _EVERYBODY,
    "ReadPresenceStatus": _EVERYBODY,
    "ReadUserAnsweringRules": _OWN,
    "ReadUserDevices": _OWN,
    "ReadUserForwardingFlipNumbers": _OWN,
    "ReadUserInfo": _OWN,
    "ReadUserPhoneNumbers": _OWN,
}
_OF_ADMINISTRATORS: dict[str, tuple[Reach, ...]] = {
    "EditCompanyInfo": _COMPANY,
    "FullCompanyCallLog": _COMPANY,
    "ReadCompanyDevices": _COMPANY,
}
_NEEDS_INTERNATIONAL = "InternationalCalls"


def role(extension: Extension) -> Role:
    return ADMINISTRATOR if extension.admin else STANDARD


def granted(extension: Extension) -> list[Permission]:
    """By id."""
    table = {**_OF_ALL, **(_OF_ADMINISTRATORS if extension.admin else {})}
    return [
        Permission(name, reach)
        for name, reach in sorted(table.items())
        if name != _NEEDS_INTERNATIONAL or extension.international
    ]


def find(extension: Extension, permission_id: str, *, of_colleague: bool = False) -> Permission | None:
    """That permission, when the user has it; of_colleague: towards another user of the account."""
    for permission in granted(extension):
        if permission.id == permission_id:
            covers = not of_colleague or permission.reach != _OWN
            return permission if covers else None
    return None


def demand(extension: Extension, permission_id: str) -> None:
    """Raises PermissionRequired."""
    if find(extension, permission_id) is None:
        raise PermissionRequired(permission_id)
