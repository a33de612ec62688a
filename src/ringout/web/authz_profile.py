"""The user's permissions: what the role allows, beside what the application may."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from msgspec import Struct

from ringout.domain.errors import MissingParameter, NotFound
from ringout.service import user_permissions
from ringout.service.user_permissions import Permission, Reach, Role
from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.reading import read_query


class UserPermissionInfo(Struct, rename="camel"):
    """A permission. Roles are fixed: nothing of them is for administrators to change."""

    id: str
    site_compatible: Literal["Independent"]
    read_only: bool
    assignable: bool


class EffectiveRoleInfo(Struct):
    """The role that gives a permission."""

    id: str
    domain: str


class ActivePermissionInfo(Struct, rename="camel"):
    """One permission that the user has. scopes: whose things it covers."""

    permission: UserPermissionInfo
    effective_role: EffectiveRoleInfo
    scopes: list[Reach]


class AuthProfileResource(Struct):
    """What the user may do."""

    uri: str
    permissions: list[ActivePermissionInfo]


class AuthProfileCheckResource(Struct, omit_defaults=True):
    """Whether the user may do that; details: when so."""

    uri: str
    successful: bool
    details: ActivePermissionInfo | None = None


class AuthProfileQuery(Struct, rename="camel"):
    """targetExtensionId: towards that user of the account."""

    target_extension_id: str = "~"


class AuthProfileCheckQuery(Struct, rename="camel"):
    """permissionId: for example ReadCallLog."""

    permission_id: str | None = None
    target_extension_id: str = "~"


async def read_profile(api: Api, request: Request) -> Answer:
    extension = api.services.accounts.extension(request.principal.extension_id)
    query = read_query(request, AuthProfileQuery)
    of_colleague = _is_colleague(api, request, query.target_extension_id)
    role = user_permissions.role(extension)
    held = [
        _active(permission, role)
        for permission in user_permissions.granted(extension)
        if not of_colleague or user_permissions.find(extension, permission.id, of_colleague=True)
    ]
    uri = f"{links.extension_uri(api, request)}/authz-profile"
    return schemas.answer(AuthProfileResource(uri, held))


async def check_permission(api: Api, request: Request) -> Answer:
    extension = api.services.accounts.extension(request.principal.extension_id)
    query = read_query(request, AuthProfileCheckQuery)
    if query.permission_id is None:
        raise MissingParameter("permissionId")
    of_colleague = _is_colleague(api, request, query.target_extension_id)
    found = user_permissions.find(extension, query.permission_id, of_colleague=of_colleague)
    details = None if found is None else _active(found, user_permissions.role(extension))
    asked = urlencode([(name, value) for name, value in request.query_fields() if name != "access_token"])
    uri = f"{links.extension_uri(api, request)}/authz-profile/check?{asked}"
    return schemas.answer(AuthProfileCheckResource(uri, found is not None, details))


def _is_colleague(api: Api, request: Request, target: str) -> bool:
    """Whether that id is another user's of the account. Raises NotFound for nobody's."""
    if target in ("~", str(request.principal.extension_id)):
        return False
    colleagues = api.services.accounts.extensions(request.principal.account_id)
    if not any(str(colleague.id) == target for colleague in colleagues):
        raise NotFound("targetExtensionId")
    return True


def _active(permission: Permission, role: Role) -> ActivePermissionInfo:
    info = UserPermissionInfo(permission.id, "Independent", read_only=True, assignable=False)
    return ActivePermissionInfo(info, EffectiveRoleInfo(role.id, "Account"), list(permission.reach))


PROFILE = {
    "GET": Operation(
        "readAuthorizationProfile",
        read_profile,
        "What the user's role allows.",
        AuthProfileResource,
        query=AuthProfileQuery,
        group=Group.MEDIUM,
    )
}
CHECK = {
    "GET": Operation(
        "checkUserPermission",
        check_permission,
        "Whether the user's role allows one thing.",
        AuthProfileCheckResource,
        query=AuthProfileCheckQuery,
        group=Group.LIGHT,
    )
}
