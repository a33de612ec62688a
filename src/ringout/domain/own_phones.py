"""What one phone of a user is: a number that a trunk reaches, a device that registers here, or a SIP address."""

from __future__ import annotations

from urllib.parse import unquote

from ringout.config_phone_rules import SIP_PHONE
from ringout.domain.account import Extension, ForwardingNumber
from ringout.domain.plan import Phone


def phone_of(forwarding: ForwardingNumber, extension: Extension) -> Phone | None:
    """The way to ring it; None: its device is gone or disabled."""
    if forwarding.number:
        return Phone(number=forwarding.number, label=forwarding.label)
    if forwarding.address:
        return Phone(address=forwarding.address, label=forwarding.label)
    device = extension.device(forwarding.device_id)
    if device is None or not device.enabled:
        return None
    return Phone(device=device.username, label=forwarding.label or device.name)


def is_address(text: str) -> bool:
    """Whether that is meant to be a SIP address."""
    return text.strip().lower().startswith(("sip:", "sips:"))


def parts_of(address: str) -> tuple[str, str] | None:
    """(user part without escapes, host) of a SIP address that a phone may have; None: it cannot be one. host: lower
    case, IPv6 without brackets."""
    match = SIP_PHONE.fullmatch(address)
    if match is None:
        return None
    return unquote(match[1]), match[2].strip("[]").lower()
