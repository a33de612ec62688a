"""What a device must know to register. Only digests of passwords are stored."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace

from ringout.domain.account import Device, Extension
from ringout.service.accounts import Accounts
from ringout.sip.digest import hash_password
from ringout.sip.gatekeeper import Secrets

REALM = "ringout"  # never changed: what is stored of a password is worth nothing in another
_PURPOSE = "passwords of provisioned devices"


class DeviceSecrets:
    """Whom the registrar admits."""

    def __init__(self, accounts: Accounts, key: bytes) -> None:
        """key: of this server alone; passwords that applications are told are derived from it."""
        self._accounts = accounts
        self._key = key

    def secrets_of(self, username: str) -> Secrets | None:
        """None: there is no such device, or it or its user is disabled."""
        found = self._accounts.device(username)
        if found is None:
            return None
        extension, device = found
        if not (device.enabled and device.ha1_sha256 and self._is_enabled(extension)):
            return None
        return Secrets(device.ha1_sha256, device.ha1_md5)

    def is_known(self, username: str) -> bool:
        return self.secrets_of(username) is not None

    def _is_enabled(self, extension: Extension) -> bool:
        return self._accounts.is_enabled(extension.id)

    def derived(self, device: Device) -> str:
        """The password of a device that an application made for its user: the same each time it asks, 160 bits."""
        digest = hmac.new(self._key, f"{_PURPOSE}\n{device.id}\n{device.salt}".encode(), "sha256").digest()
        return base64.b32encode(digest[:20]).decode().lower()


def with_password(device: Device, password: str) -> Device:
    """Opens with that password from now on."""
    sha256, md5 = (hash_password(algorithm, device.username, REALM, password) for algorithm in ("SHA-256", "MD5"))
    return replace(device, ha1_sha256=sha256, ha1_md5=md5)
