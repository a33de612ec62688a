"""What a phone of one's own may be: devices that register, SIP addresses, and how these settings must agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringout.config import Config
from ringout.toml_lines import KeyPath

# The administration's requests for the same things must look like this as well.
DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DEVICE_PASSWORD = re.compile(r"[ -~]{12,128}")  # a shorter one is guessed, and phones differ in how they hash others
_PORT = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
# Without password, headers and control characters, and with no parameter but the transport.
SIP_PHONE = re.compile(
    r"[Ss][Ii][Pp][Ss]?:((?:[A-Za-z0-9_.!~*'()&=+$,/-]|%(?:[2-689A-Fa-f][0-9A-Fa-f]|7[0-9A-Ea-e])){1,64})"
    rf"@([A-Za-z0-9](?:[A-Za-z0-9.-]{{0,250}}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{{2,45}}\])(?::(?:{_PORT}))?"
    r"(?:;transport=(?:[Uu][Dd][Pp]|[Tt][Cc][Pp]|[Tt][Ll][Ss]))?"
)

Complaint = tuple[KeyPath, str, str]  # path, what is wrong, what to write instead


def phone_complaints(config: Config) -> Iterator[Complaint]:
    """About devices, and phones that are SIP addresses."""
    phones = config.phones
    if phones.min_expires_seconds > phones.max_expires_seconds:
        yield (
            ("phones", "min_expires_seconds"),
            "is longer than max_expires_seconds",
            "min_expires_seconds = 60 and max_expires_seconds = 3600",
        )
    if not phones.digest:
        yield ("phones", "digest"), "is empty", '["SHA-256", "MD5"], or one of them'
    hosts = {host.lower().strip("[]") for host in phones.hosts}
    names: set[str] = set()
    for position, extension in enumerate(config.account.extensions):
        here: KeyPath = ("account", "extensions", position)
        for text in extension.forwarding_numbers:
            match = SIP_PHONE.fullmatch(text)
            if match and match[2].lower().strip("[]") not in hosts:
                yield (
                    (*here, "forwarding_numbers"),
                    f'"{text}" is at a host that [phones] hosts does not name',
                    f'hosts = ["{match[2]}"] in [phones], or a phone elsewhere',
                )
        for index, device in enumerate(extension.devices):
            if device.username in names:
                yield (
                    (*here, "devices", index, "username"),
                    f'"{device.username}" stands here for the second time',
                    "a user name of its own for each device of all users",
                )
            names.add(device.username)
            if not DEVICE_PASSWORD.fullmatch(device.password):
                yield (
                    (*here, "devices", index, "password"),
                    "is too short, too long, or has other than ASCII characters",
                    "12 to 128 of letters, digits and signs",
                )
