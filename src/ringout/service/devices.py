"""The devices of users: phones that register here, and how an application makes one for its user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ringout.domain.account import Device, DeviceType, Extension, ForwardingNumber, PhoneType, Principal
from ringout.domain.dialer import DIALER
from ringout.domain.errors import NotFound
from ringout.service import forwarding_numbers as numbers
from ringout.service import user_permissions
from ringout.service.accounts import Accounts
from ringout.service.device_secrets import DeviceSecrets, with_password
from ringout.service.ports import IdSource, Registrations
from ringout.sip.bindings import Binding

MOST = 20  # of one user
_LONGEST_COMPUTER = 100


class NoRegistrations:
    """The port Registrations where no server runs: nobody is there."""

    def is_registered(self, username: str) -> bool:
        return False

    def bindings(self, username: str) -> list[Binding]:
        return []

    def forget(self, username: str) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A device for an application, with the password that it registers with."""

    device: Device
    owner: Extension
    password: str = field(repr=False)


class Devices:
    """Use cases of devices. Raises KeyError for an unknown extension, OSError when the disk refuses."""

    def __init__(self, accounts: Accounts, ids: IdSource, secrets: DeviceSecrets, registrations: Registrations) -> None:
        self._accounts = accounts
        self._ids = ids
        self._secrets = secrets
        self._registrations = registrations

    def is_online(self, device: Device) -> bool:
        return self._registrations.is_registered(device.username)

    def of_account(self, principal: Principal) -> Sequence[tuple[Extension, Device]]:
        """Everybody's, by the users' ids. Raises PermissionRequired unless an administrator asks."""
        user_permissions.demand(self._accounts.extension(principal.extension_id), "ReadCompanyDevices")
        users = sorted(self._accounts.extensions(principal.account_id), key=lambda extension: extension.id)
        return [(user, device) for user in users for device in user.devices]

    def find(self, principal: Principal, device_id: str) -> tuple[Extension, Device]:
        """One's own, or an administrator's colleague's. Raises NotFound("deviceId") or PermissionRequired."""
        user = self._accounts.extension(principal.extension_id)
        own = user.device(device_id)
        if own is not None:
            return user, own
        for extension, device in self.of_account(principal):
            if device.id == device_id:
                return extension, device
        raise NotFound("deviceId")

    async def provision(self, principal: Principal, name: str, computer: str) -> Provisioned:
        """The device by which that application is its user's phone: one for each application and user, so that a user
        with ten browsers has one phone in ten places. name: of the application; the dialer's phone is called as the
        dialer says, in its user's language."""
        new_id = str(self._accounts.new_id(self._ids))
        number_id = str(self._accounts.new_id(self._ids))
        salt = self._ids.token()
        client_id = principal.client_id
        computer = "".join(c for c in computer if c.isprintable())[:_LONGEST_COMPUTER]
        if client_id == DIALER.client_id:
            name = computer or name

        def change(extension: Extension) -> Extension:
            known = _of_client(extension, client_id)
            if known is not None:
                if computer in ("", known.computer):
                    return extension
                return with_device(extension, replace(known, computer=computer), number_id)
            made = Device(new_id, new_id, name or "Browser", DeviceType.WEB, client_id=client_id, salt=salt)
            made = replace(made, computer=computer)
            return with_device(extension, with_password(made, self._secrets.derived(made)), number_id)

        extension = self._accounts.extension(principal.extension_id)
        if change(extension) != extension:
            extension = await self._accounts.change_extension(principal.extension_id, change)
        device = _of_client(extension, client_id)
        assert device is not None
        return Provisioned(device, extension, self._secrets.derived(device))


def _of_client(extension: Extension, client_id: str) -> Device | None:
    return next((d for d in extension.devices if d.client_id == client_id and d.type is DeviceType.WEB), None)


# --- the rules, from one Extension to the next ---------------------------------------------------------------------


def with_device(extension: Extension, device: Device, number_id: str) -> Extension:
    """With that device, in the place of the one with its id. A new one is a phone of the user's as well, with that id,
    while the list has room."""
    others = tuple(known for known in extension.devices if known.id != device.id)
    if len(others) < len(extension.devices):
        devices = tuple(device if known.id == device.id else known for known in extension.devices)
        return replace(extension, devices=devices)
    phones = extension.forwarding_numbers
    if len(phones) < numbers.MOST:
        label = numbers.unused_label(device.name or device.username, phones)
        flip = numbers.lowest_free_flip(phones)
        phones = (*phones, ForwardingNumber(number_id, "", label, PhoneType.PHONE_LINE, flip, device.id))
    return replace(extension, devices=(*others, device), forwarding_numbers=phones)


def without_device(extension: Extension, device_id: str) -> Extension:
    """Without it, as a phone too."""
    gone = {phone.id for phone in extension.forwarding_numbers if phone.device_id == device_id}
    return replace(
        extension,
        devices=tuple(known for known in extension.devices if known.id != device_id),
        forwarding_numbers=tuple(phone for phone in extension.forwarding_numbers if phone.id not in gone),
        default_forwarding_id=None if extension.default_forwarding_id in gone else extension.default_forwarding_id,
    )
