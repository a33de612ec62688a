"""What one setting may be, beyond its type: ranges and forms. How settings must agree: ringout.config_agreement."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Any

import phonenumbers

from ringout import config_hints as hints
from ringout.config_phone_rules import DEVICE, SIP_PHONE, Complaint
from ringout.logs import LEVELS
from ringout.toml_lines import KeyPath

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
    "sip.session_expires_seconds": (0, 86400),
    "sip.keep_alive_seconds": (0, 3600),
    "media.first_port": (1024, 65535),
    "media.last_port": (1024, 65535),
    "media.workers": (1, 64),
    "media.spare_pairs": (2, 16384),
    "media.silence_seconds": (0, 86400),
    "media.ping_seconds": (0.1, 60),
    "media.rtpengine.weight": (0, 1000),
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
    "trunks.options_seconds": (0, 3600),
    "trunks.options_misses": (1, 100),
    "trunks.register_seconds": (30, 7 * 86400),
    "phones.min_expires_seconds": (10, 3600),
    "phones.max_expires_seconds": (60, 86400),
    "phones.max_places": (1, 100),
    "phones.answer_seconds": (0.5, 60),
    "phones.nat_seconds": (0, 3600),
    "account.balance": (0, 10**15),
    "account.extensions.ring_count": (1, 15),
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
_GATEWAY = re.compile(
    r"(sip:(?=[^;]*(;transport=(udp|tcp|tls))?\Z)|sips:(?=[^;]*(;transport=(tcp|tls))?\Z))"
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:(?P<port>[0-9]{1,5}))?(;transport=[a-z]+)?"
)
_PERSON = r"sips?:[A-Za-z0-9._!~*'()&=+$,%-]{1,64}@([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])"
_NAMESERVER = re.compile(r"(\[(?P<six>[^\]]*)\]|(?P<four>[^:\[\]]*))(:(?P<port>[0-9]{1,5}))?")


_TRANSPORTS = ("udp", "tcp", "tls", "ws", "wss")


def _matches(pattern: str, what: str, instead: str) -> Callable[[str], tuple[str, str] | None]:
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else (what, instead)


def _one_of(*allowed: str) -> Callable[[str], tuple[str, str] | None]:
    listed = ", ".join(f'"{value}"' for value in allowed)
    wrong = "is not one of the values it can take"
    return lambda value: None if value in allowed else (wrong, hints.choice(value, allowed) or f"one of {listed}")


def _number(value: str) -> tuple[str, str] | None:
    if _E164.fullmatch(value):
        return None
    meant = hints.first_right(hints.numbers(value), lambda text: bool(_E164.fullmatch(text)))
    instead = meant or 'a + and 5 to 15 digits with the country code, e.g. "+16505550100"'
    return "is not a phone number in E.164 form", instead


def _listen(value: str) -> tuple[str, str] | None:
    if _is_listener(value):
        return None
    return "is not a listener", hints.first_right(hints.listeners(value), _is_listener) or (
        'transport:host:port with udp, tcp, tls, ws or wss, e.g. "udp:192.0.2.10:5060" (port 0 = any free one)'
    )


def _is_listener(value: str) -> bool:
    transport, _, rest = value.partition(":")
    host, _, port = rest.rpartition(":")
    is_place = bool(_HOST.fullmatch(host)) and port.isdigit() and int(port) <= 65535
    return transport in _TRANSPORTS and is_place and (host in ("0.0.0.0", "[::]") or _is_host(host))


def _gateway(value: str) -> tuple[str, str] | None:
    if _is_gateway(value):
        return None
    meant = hints.first_right(hints.gateways(value), _is_gateway)
    if meant and "@" in value:
        meant += ", and the user in username"
    return "is not a gateway", meant or (
        'sip:host[:port][;transport=tcp|tls] or sips:host[:port], e.g. "sip:carrier.example"'
    )


def _is_gateway(value: str) -> bool:
    match = _GATEWAY.fullmatch(value)
    return bool(match and 1 <= int(match["port"] or 5060) <= 65535 and _is_host(match["host"]))


def _is_host(value: str) -> bool:
    """False for what would be an IP address and is none, such as 192.0.2.300."""
    if not value.startswith("[") and not re.fullmatch(r"[0-9.]+", value):
        return True
    return _address(value.strip("[]")) is None


def _nameserver(value: str) -> tuple[str, str] | None:
    match = _NAMESERVER.fullmatch(value)
    host = (match["six"] or match["four"]) if match else value
    if _address(host) is None and 1 <= int((match["port"] if match else None) or 53) <= 65535:
        return None
    return "is not the address of a name server", 'an IP, with a port unless that is 53, e.g. "192.0.2.53"'


def _address(value: str) -> tuple[str, str] | None:
    try:
        usable = not ipaddress.ip_address(value).is_unspecified
    except ValueError:
        usable = False
    if usable:
        return None
    bare = value.strip("[]")
    instead = f'"{bare}"' if bare != value and _address(bare) is None else 'e.g. "192.0.2.10"'
    return "is not an IP address that phones can send to", instead


def _network(value: str) -> tuple[str, str] | None:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        meant = hints.first_right(hints.network(value), lambda text: _network(text) is None)
        return "is not a network", meant or 'an address and its bits, e.g. "10.0.0.0/8"'
    return None


def _control(value: str) -> tuple[str, str] | None:
    return _ip_and_port("" if value.endswith(":0") else value)


def _ip_and_port(value: str) -> tuple[str, str] | None:
    host, _, port = value.rpartition(":")
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        usable = port.isascii() and port.isdigit() and int(port) <= 65535 and (":" not in host or host[0] == "[")
    except ValueError:
        usable = False
    return None if usable else ("is not an IP address with a port", 'e.g. "127.0.0.1:22222" or "[::1]:22222"')


def _country(value: str) -> tuple[str, str] | None:
    # One without a numbering plan has no national numbers, no calling code and no id.
    if value.islower() and value.upper() in phonenumbers.SUPPORTED_REGIONS:
        return None
    small = value.lower()
    is_known = small.upper() in phonenumbers.SUPPORTED_REGIONS
    return "is not a country of ISO 3166 in lower case", f'"{small}"' if is_known else 'two letters, e.g. "us"'


def _prefix(value: str) -> tuple[str, str] | None:
    if re.fullmatch(r"\+[0-9]{0,15}", value):
        return None
    digits = value.removeprefix("00")
    meant = f'"+{digits}"' if re.fullmatch(r"[1-9][0-9]{0,14}", digits) else 'e.g. "+" for all, "+1", "+4420"'
    return "is not a prefix of E.164 numbers", meant


def _caller_id(value: str) -> tuple[str, str] | None:
    if value in ("main", "current", "blocked") or _E164.fullmatch(value):
        return None
    return "names no caller ID", '"main", "current", "blocked", or a number such as "+16505550100"'


def _own_phone(value: str) -> tuple[str, str] | None:
    if not value.lower().startswith(("sip:", "sips:")):
        complaint = _number(value)
        if complaint is None or complaint[1].startswith('"'):  # it is known what was meant
            return complaint
        meant = hints.first_right([f"sip:{value}"], lambda text: bool(SIP_PHONE.fullmatch(text)))
        return complaint[0], meant or f'{complaint[1]}, or a SIP address, e.g. "sip:ann@pbx.example"'
    if SIP_PHONE.fullmatch(value):
        return None
    return "is not a SIP address of a phone", 'sip:user@host, e.g. "sip:ann@pbx.example"'


def _phone_host(value: str) -> tuple[str, str] | None:
    if _HOST.fullmatch(value):
        return None
    return "is not a host name or IP address", 'one without scheme and port, e.g. "pbx.example"'


def _reached_at(value: str) -> tuple[str, str] | None:
    transport, _, rest = value.partition(":")
    host, _, port = rest.rpartition(":")
    if transport in _TRANSPORTS and _HOST.fullmatch(host) and port.isdigit() and 1 <= int(port) <= 65535:
        return None
    return "is not where phones reach a listener", 'transport:host:port, e.g. "wss:phones.example:443"'


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
    "sip.nameservers": _nameserver,
    "sip.user_agent": _matches(r"[A-Za-z0-9._!%*+`'~/() -]{1,64}", "cannot be sent as User-Agent", 'e.g. "RingOut"'),
    "sip.public_address": _address,
    "sip.local_networks": _network,
    "sip.websocket_origins": _matches(
        r"https?://[A-Za-z0-9.\[\]:-]+",
        "is not the origin of a web page",
        'one without a path, e.g. "https://ringout.example"',
    ),
    "media.address": _address,
    "media.address6": _address,
    "media.codecs": _one_of("PCMU", "PCMA", "G722", "opus"),
    "media.rtp_sources": _network,
    "media.public_address": _address,
    "media.engine": _one_of("embedded", "rtpengine"),
    "media.digits_listen": _ip_and_port,
    "media.rtpengine.name": _matches(
        r"[A-Za-z0-9._-]{1,64}", "is not a name", "letters, digits, dot, dash, underscore"
    ),
    "media.rtpengine.control": _control,
    "media.rtpengine.prompts": _matches(r"/.{0,255}|", "is not a whole path", 'e.g. "/var/lib/ringout/prompts"'),
    "call.language": _matches(LANGUAGE.pattern, "is not a language", 'e.g. "en", "es", "fr", "de"'),
    "call.country": _country,
    "account.main_number": _number,
    "account.numbers": _number,
    "account.blocked": _matches(PREFIX.pattern, "is not a prefix of E.164 numbers", 'e.g. "+1900", "+882"'),
    "account.extensions.email": _matches(rf"|{EMAIL.pattern}", "is not an e-mail address", 'e.g. "ann@example.com"'),
    "account.extensions.extension": _matches(
        EXTENSION.pattern, "is not an extension", 'one to eight digits, e.g. "101"'
    ),
    "account.extensions.forwarding_numbers": _own_phone,
    "account.extensions.devices.username": _matches(
        DEVICE.pattern, "is not a user name of a phone", 'e.g. "ann-desk": letters, digits, dot, dash and underscore'
    ),
    "phones.domain": _phone_host,
    "phones.digest": _one_of("SHA-256", "MD5"),
    "phones.hosts": _phone_host,
    "phones.reached_at": _reached_at,
    "phones.stun": _matches(
        rf"({_HOST.pattern}):[1-9][0-9]{{0,4}}", "is not host:port", 'one without scheme, e.g. "stun.example:3478"'
    ),
    "account.extensions.caller_ids": _number,
    "account.extensions.ring": _one_of("first", "in-order", "at-once"),
    "account.extensions.caller_id": _caller_id,
    "trunks.name": _matches(r"[A-Za-z0-9._-]{1,64}", "is not a name", "letters, digits, dot, dash and underscore"),
    "trunks.gateways": _gateway,
    "trunks.registrar": _gateway,
    "trunks.register_as": _matches(_PERSON, "is no SIP address", 'sip:user@domain, e.g. "sip:acme@carrier.example"'),
    "trunks.register_contacts": _matches(
        rf"{_PERSON}(:[0-9]{{1,5}})?(;transport=(udp|tcp|tls))?",
        "is no SIP address",
        'sip:user@host[:port][;transport=...], e.g. "sip:acme@192.0.2.11:5060"',
    ),
    "rates.prefix": _prefix,
    "trunks.prefixes": _prefix,
    "trunks.country": _country,
    "trunks.identity_headers": _one_of("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"),
    "trunks.number_format": _one_of("+e164", "e164", "national"),
    "trunks.media": _one_of("rtp", "srtp", "srtp-optional"),
    "trunks.number_prefix": _matches(r"[0-9*#+]{0,16}", "cannot be dialled", 'digits, e.g. "9"'),
    "trunks.from_domain": _phone_host,
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


def value_complaints(rule: str, path: KeyPath, value: Any) -> Iterator[Complaint]:
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
