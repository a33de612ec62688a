"""What a setting may be, beyond its type: ranges, forms, and how settings must agree with one another."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Any

import phonenumbers

from ringout.config import Config
from ringout.logs import LEVELS

RANGES: dict[str, tuple[float, float]] = {
    "http.port": (0, 65535),
    "admin.port": (0, 65535),
    "http.max_body_bytes": (1024, 16 * 1024 * 1024),
    "http.event_streams": (0, 100_000),
    "http.event_streams_of_a_user": (1, 10_000),
    "limits.light": (0, 1_000_000),
    "limits.medium": (0, 1_000_000),
    "limits.heavy": (0, 1_000_000),
    "limits.auth": (0, 1_000_000),
    "sip.t1_seconds": (0.01, 10),
    "sip.t2_seconds": (0.01, 60),
    "sip.t4_seconds": (0.01, 60),
    "sip.max_message_bytes": (2048, 1024 * 1024),
    "media.first_port": (1024, 65535),
    "media.last_port": (1024, 65535),
    "media.workers": (1, 64),
    "media.spare_pairs": (2, 16384),
    "media.silence_seconds": (0, 86400),
    "call.caller_ring_seconds": (0.1, 600),
    "call.callee_ring_seconds": (0.1, 600),
    "call.prompt_attempts": (1, 10),
    "call.prompt_wait_seconds": (0.1, 60),
    "call.max_call_seconds": (0.1, 7 * 86400),
    "call.max_live_calls": (1, 100_000),
    "call.keep_results_seconds": (0, 30 * 86400),
    "call.keep_log_days": (0, 3650),
    "call.drain_seconds": (0, 86400),
    "trunks.gateway_timeout_seconds": (0.1, 180),
    "account.balance": (0, 10**15),
    "rates.units_per_minute": (0, 10**9),
}

# The administration's requests for the same things must look like this as well.
EXTENSION = re.compile(r"[0-9]{1,8}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
LONGEST_EMAIL = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets
EMAIL = re.compile(
    rf"(?=.{{3,{LONGEST_EMAIL}}}\Z)"
    r"[^\s@<>\",;:\\()\[\]]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*"
)
RUN_IN_BROWSERS = ("javascript", "data", "vbscript", "about", "blob", "file")  # schemes no login may be sent to

_E164 = re.compile(r"\+[1-9][0-9]{4,14}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\]")
_GATEWAY = re.compile(r"sip:(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:(?P<port>[0-9]{1,5}))?(;transport=(udp|tcp))?")


def _matches(pattern: str, what: str, instead: str) -> Callable[[str], tuple[str, str] | None]:
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else (what, instead)


def _one_of(*allowed: str) -> Callable[[str], tuple[str, str] | None]:
    listed = ", ".join(f'"{value}"' for value in allowed)
    return lambda value: None if value in allowed else ("is not one of the values it can take", f"one of {listed}")


def _number(value: str) -> tuple[str, str] | None:
    if _E164.fullmatch(value):
        return None
    return "is not a phone number in E.164 form", 'a + and 5 to 15 digits with the country code, e.g. "+16505550100"'


def _listen(value: str) -> tuple[str, str] | None:
    transport, _, rest = value.partition(":")
    host, _, port = rest.rpartition(":")
    if transport in ("udp", "tcp") and _HOST.fullmatch(host) and port.isdigit() and int(port) <= 65535:
        return None
    return (
        "is not a listener",
        'transport:host:port with udp or tcp, e.g. "udp:192.0.2.10:5060" (port 0 = any free one)',
    )


def _gateway(value: str) -> tuple[str, str] | None:
    match = _GATEWAY.fullmatch(value)
    if match and 1 <= int(match["port"] or 5060) <= 65535:
        return None
    return "is not a gateway", 'sip:host[:port][;transport=tcp], e.g. "sip:gw1.carrier.example:5060"'


def _address(value: str) -> tuple[str, str] | None:
    try:
        usable = not ipaddress.ip_address(value).is_unspecified
    except ValueError:
        usable = False
    return None if usable else ("is not an IP address that phones can send to", 'e.g. "192.0.2.10"')


def _country(value: str) -> tuple[str, str] | None:
    # One without a numbering plan has no national numbers, no calling code and no id.
    if value.islower() and value.upper() in phonenumbers.SUPPORTED_REGIONS:
        return None
    return "is not a country of ISO 3166 in lower case", 'e.g. "us"'


def _caller_id(value: str) -> tuple[str, str] | None:
    if value in ("main", "current", "blocked") or _E164.fullmatch(value):
        return None
    return "names no caller ID", '"main", "current", "blocked", or a number such as "+16505550100"'


_host = _matches(_HOST.pattern, "is not a host name or IP address", 'e.g. "127.0.0.1"')

FORMS: dict[str, Callable[[str], tuple[str, str] | None]] = {
    "node": _matches(r"[A-Za-z0-9._-]{1,64}", "is not a name of a node", "letters, digits, dot, dash and underscore"),
    "log_level": _one_of(*LEVELS),
    "http.host": _host,
    "admin.host": _host,
    "http.public_url": _matches(
        r"https?://[A-Za-z0-9.\[\]:-]+(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?",
        "is not an absolute URL without a slash at its end",
        'e.g. "https://ringout.example"',
    ),
    "sip.listen": _listen,
    "sip.user_agent": _matches(r"[A-Za-z0-9._!%*+`'~/() -]{1,64}", "cannot be sent as User-Agent", 'e.g. "RingOut"'),
    "media.address": _address,
    "call.language": _matches(LANGUAGE.pattern, "is not a language", 'e.g. "en", "es", "fr", "de"'),
    "call.country": _country,
    "account.main_number": _number,
    "account.numbers": _number,
    "account.blocked": _matches(PREFIX.pattern, "is not a prefix of E.164 numbers", 'e.g. "+1900", "+882"'),
    "account.extensions.email": _matches(rf"|{EMAIL.pattern}", "is not an e-mail address", 'e.g. "ann@example.com"'),
    "account.extensions.extension": _matches(
        EXTENSION.pattern, "is not an extension", 'one to eight digits, e.g. "101"'
    ),
    "account.extensions.forwarding_numbers": _number,
    "account.extensions.caller_ids": _number,
    "account.extensions.caller_id": _caller_id,
    "trunks.name": _matches(r"[A-Za-z0-9._-]{1,64}", "is not a name", "letters, digits, dot, dash and underscore"),
    "trunks.gateways": _gateway,
    "rates.prefix": _matches(r"\+[0-9]{0,15}", "is not a prefix of E.164 numbers", 'e.g. "+" for all, "+1", "+4420"'),
    "trunks.prefixes": _matches(
        r"\+[0-9]{0,15}", "is not a prefix of E.164 numbers", 'e.g. "+" for all, "+1", "+4420"'
    ),
    "trunks.number_format": _one_of("+e164", "e164", "national"),
    "trunks.number_prefix": _matches(r"[0-9*#+]{0,16}", "cannot be dialled", 'digits, e.g. "9"'),
    "trunks.from_domain": _host,
    "clients.client_id": _matches(
        r"(?!ringout-dialer$)[\x21-\x39\x3b-\x7e]{1,128}",  # that one is built in
        "is not a client id",
        "1 to 128 visible characters, no colon, and not the dialer's own",
    ),
    "clients.redirect_uris": _matches(
        rf"(?!(?i:{'|'.join(RUN_IN_BROWSERS)}):)"
        r"[A-Za-z][A-Za-z0-9+.-]*:[!$-;=?-\[\]_a-z~]+",
        "is not a URI that a browser can be sent to",
        'a whole URI without a fragment, e.g. "https://crm.example/callback"',
    ),
    "clients.scopes": _matches(r"[A-Za-z]{1,64}", "is not an application permission", 'e.g. "RingOut"'),
}

Complaint = tuple[tuple[str | int, ...], str, str]  # path, what is wrong, what to write instead


def value_complaints(rule: str, path: tuple[str | int, ...], value: Any) -> Iterator[Complaint]:
    """Complaints about one value of the right type. rule: its dotted path without list positions."""
    if isinstance(value, tuple):
        for item in value:
            yield from value_complaints(rule, path, item)
    elif rule in RANGES:
        low, high = RANGES[rule]
        if not low <= value <= high:
            yield path, f"{value:g} is out of range", f"a number from {low:g} to {high:g}"
    elif isinstance(value, str):
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            yield path, "holds a control character", "the same text on one line, without line breaks and tabs"
        elif rule in FORMS and (complaint := FORMS[rule](value)):
            yield path, f'"{value}" {complaint[0]}', complaint[1]


def agreement_complaints(config: Config) -> Iterator[Complaint]:
    """Complaints about settings that are right one by one and wrong together."""
    media = config.media
    if media.first_port % 2:
        yield ("media", "first_port"), f"{media.first_port} is odd", "an even port: RTP takes it and RTCP the next"
    if media.last_port - media.first_port < 3:
        yield (
            ("media", "last_port"),
            f"{media.first_port}-{media.last_port} has no room for one call",
            "four ports for each live call at least, e.g. 20000 to 29999",
        )
    if media.prompts is not None and not media.prompts.is_dir():
        yield ("media", "prompts"), f"there is no directory {media.prompts}", "a directory of LANGUAGE/NAME.wav"
    if config.sip.t1_seconds > config.sip.t2_seconds:
        yield ("sip", "t1_seconds"), "is longer than t2_seconds", "t1_seconds = 0.5 and t2_seconds = 4.0"
    if not config.sip.listen:
        yield ("sip", "listen"), "is empty", 'at least one listener, e.g. ["udp:192.0.2.10:5060"]'
    yield from _twice("trunks", [trunk.name for trunk in config.trunks], "name")
    yield from _twice("clients", [client.client_id for client in config.clients], "client_id")
    yield from _twice("rates", [rate.prefix for rate in config.rates], "prefix")
    if config.account.balance is not None and not config.rates:
        yield (
            ("account", "balance"),
            "is given and no rate is, so every call would be refused",
            '[[rates]] with prefix = "+" and units_per_minute below it, or no balance',
        )
    for position, trunk in enumerate(config.trunks):
        if not trunk.gateways:
            yield ("trunks", position, "gateways"), "is empty", 'at least one, e.g. ["sip:gw1.carrier.example"]'
        if (trunk.password is None) != (trunk.username is None):
            missing = "username" if trunk.username is None else "password"
            yield ("trunks", position), f"{missing} is missing", "username and password together, or neither"
    seen: set[str] = set()
    for position, extension in enumerate(config.account.extensions):
        if extension.extension in seen:
            yield (
                ("account", "extensions", position, "extension"),
                f'"{extension.extension}" stands here for the second time',
                "each extension once",
            )
        seen.add(extension.extension)


def _twice(table: str, names: list[str], key: str) -> Iterator[Complaint]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield (table, position, key), f'"{name}" stands here for the second time', "a name of its own for each"
