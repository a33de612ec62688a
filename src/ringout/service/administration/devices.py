"""The devices of a user: phones that register here."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from ringout.config_phone_rules import DEVICE, DEVICE_PASSWORD
from ringout.domain.account import Device, DeviceType, Extension
from ringout.domain.errors import DuplicateValue, NotFound, UnusableValue
from ringout.service import devices as rules
from ringout.service import field_checks
from ringout.service.administration import checks
from ringout.service.administration.parts import Administration, Listing, Where, refuse_from_config
from ringout.service.administration.secrets import SECRET, new_password
from ringout.service.administration.users import AdminPassword
from ringout.service.device_secrets import with_password

LONGEST_NAME = 60


class AdminPlace(Struct, rename="camel"):
    """Where a device has registered. via: transport:IP:port that it is reached by; address: as it names itself."""

    via: str
    address: str
    agent: str


class AdminDevice(Struct, rename="camel", omit_defaults=True):
    """A phone that registers here. password: only in the answer that follows its making."""

    id: str
    username: str
    name: str
    type: DeviceType
    online: bool
    enabled: bool
    from_config: bool
    computer: str
    places: tuple[AdminPlace, ...]
    password: Annotated[str, Meta(description="Shown this once.", extra=SECRET)] | None = None


class AdminDeviceCreation(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A new device; it becomes one of the user's phones. Without a password one is made up."""

    name: Annotated[str, Meta(description="What the user calls it.")] = ""
    username: Annotated[str, Meta(description="For its SIP address and login; made up when empty.")] = ""
    type: Annotated[DeviceType, Meta(description="SoftPhone, OtherPhone or HardPhone.")] = DeviceType.OTHER
    password: Annotated[str, Meta(description="12 characters or more.", extra=SECRET)] = ""


class AdminDeviceChange(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is named changes."""

    name: Annotated[str, Meta(description="What the user calls it.")] | UnsetType = UNSET
    enabled: Annotated[bool, Meta(description="Whether it may register.")] | UnsetType = UNSET


def shown(admin: Administration, device: Device, password: str | None = None) -> AdminDevice:
    bindings = admin.registrations.bindings(device.username)
    return AdminDevice(
        id=device.id,
        username=device.username,
        name=device.name or device.username,
        type=device.type,
        online=bool(bindings),
        enabled=device.enabled,
        from_config=device.from_config,
        computer=device.computer,
        places=tuple(
            AdminPlace(":".join((b.flow.transport, *map(str, b.flow.remote))), b.uri, b.agent) for b in bindings
        ),
        password=password,
    )


async def list_devices(admin: Administration, where: Where) -> Listing:
    return Listing(admin.user(where).devices, lambda device: shown(admin, device))


async def add_device(admin: Administration, where: Where, body: AdminDeviceCreation) -> AdminDevice:
    device_id, number_id = (str(admin.accounts.new_id(admin.ids)) for _ in range(2))
    username = _username(body.username.strip() or device_id)
    if body.type is DeviceType.WEB:
        raise UnusableValue("type", body.type, "Browser phones are made by their applications.")
    password = _password(body.password) if body.password else new_password(admin.ids)
    device = Device(device_id, username, _name(body.name) or username, body.type)
    device = with_password(device, password)

    def change(user: Extension) -> Extension:
        checks.refuse_more(len(user.devices), rules.MOST, "devices of this user")
        if admin.accounts.device(username) is not None:
            raise DuplicateValue("username", username)
        return rules.with_device(user, device, number_id)

    await admin.change_user(where, change)
    return shown(admin, device, None if body.password else password)


async def update_device(admin: Administration, where: Where, body: AdminDeviceChange) -> AdminDevice:
    fields: dict[str, Any] = checks.given(body)
    if "name" in fields:
        fields["name"] = _name(fields["name"])

    def change(user: Extension) -> Extension:
        device = _find(user, where["device"])
        if "name" in fields:
            refuse_from_config(device, "this device")
        return rules.with_device(user, replace(device, **fields), "")

    user = await admin.change_user(where, change)
    device = _find(user, where["device"])
    if not device.enabled:
        admin.registrations.forget(device.username)
    return shown(admin, device)


async def set_device_password(admin: Administration, where: Where, body: AdminPassword) -> AdminDevice:
    """Whoever has registered with the old one is out."""
    password = new_password(admin.ids) if body.generate and not body.password else _password(body.password)

    def change(user: Extension) -> Extension:
        device = _find(user, where["device"])
        refuse_from_config(device, "the password of this device")
        if device.type is DeviceType.WEB:
            raise UnusableValue("device", device.username, "Its application is told the password; remove it instead.")
        return rules.with_device(user, with_password(device, password), "")

    device = _find(await admin.change_user(where, change), where["device"])
    admin.registrations.forget(device.username)
    return shown(admin, device, None if body.password else password)


async def remove_device(admin: Administration, where: Where) -> None:
    gone: list[Device] = []

    def change(user: Extension) -> Extension:
        device = _find(user, where["device"])
        refuse_from_config(device, "this device")
        gone.append(device)
        return rules.without_device(user, device.id)

    await admin.change_user(where, change)
    admin.registrations.forget(gone[-1].username)


def _find(user: Extension, named: str) -> Device:
    """By id or user name."""
    for device in user.devices:
        if named in (device.id, device.username):
            return device
    raise NotFound("device")


def _name(text: str) -> str:
    return field_checks.line(text, "name", LONGEST_NAME)


def _username(text: str) -> str:
    if not DEVICE.fullmatch(text):
        raise UnusableValue("username", text, "It has letters, digits, dots, dashes and underscores, 64 at most.")
    return text


def _password(text: str) -> str:
    if not DEVICE_PASSWORD.fullmatch(text):
        raise UnusableValue("password", "", "It has 12 to 128 letters, digits and signs of ASCII.")
    return text
