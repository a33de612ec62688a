"""What somebody has probably meant who wrote something else: the nearest right value, to be told beside the mistake."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

IsRight = Callable[[str], bool]

_NEAR = 0.65  # of difflib's ratio: as "address" is to "public_address"
_LISTENER = re.compile(r"(?:(?P<transport>[A-Za-z]+):)?(?P<host>.*?)(?::(?P<port>[0-9]+))?")
_PORTS = {"tls": "5061", "ws": "80", "wss": "443"}


def first_right(candidates: Iterable[str], is_right: IsRight) -> str | None:
    """The first of them that would be taken, in quotes."""
    return next((f'"{candidate}"' for candidate in candidates if is_right(candidate)), None)


def choice(value: str, allowed: Iterable[str]) -> str | None:
    """The one that differs in capitals or a letter, in quotes."""
    by_small = {one.lower(): one for one in allowed}
    near = [value.lower()] if value.lower() in by_small else difflib.get_close_matches(value.lower(), by_small, 2, 0.8)
    return f'"{by_small[near[0]]}"' if len(near) == 1 else None


def numbers(value: str) -> Iterator[str]:
    """Of E.164: without what people write between the digits, with + for 00."""
    bare = re.sub(r"[\s().\-/]|^tel:", "", value)
    yield bare
    yield re.sub(r"^00", "+", bare)
    yield f"+{bare}" if len(bare) > 10 else ""  # fewer digits have no country code


def gateways(value: str) -> Iterator[str]:
    """Without user, in small letters, with a scheme, IPv6 in brackets, from the form of a listener."""
    text = value.strip().lower()
    scheme, _, rest = text.partition(":")
    yield text
    if scheme in ("udp", "tcp", "tls"):
        yield f"sip:{rest}" if scheme == "udp" else f"sip:{rest};transport={scheme}"
    if scheme in ("sip", "sips"):
        yield f"{scheme}:{rest.rpartition('@')[2]}"
        yield f"{scheme}:{_bracketed(rest)}"
    yield f"sip:{_bracketed(text)}"
    yield f"sip:{text}"


def listeners(value: str) -> Iterator[str]:
    """In small letters, with a transport and a port, IPv6 in brackets, 0.0.0.0 for a star."""
    match = _LISTENER.fullmatch(value.strip())
    if match is None:
        return
    transport = (match["transport"] or "udp").lower()
    transport = "udp" if transport == "sip" else "tls" if transport == "sips" else transport
    host, port = match["host"].replace("*", "0.0.0.0"), match["port"] or _PORTS.get(transport, "5060")
    yield f"{transport}:{host}:{port}"
    yield f"{transport}:{_bracketed(host)}:{port}"


def network(value: str) -> Iterator[str]:
    """Without the bits of one host in it."""
    try:
        yield str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        return


def _bracketed(host: str) -> str:
    return f"[{host.strip('[]')}]"


# --- names of settings -----------------------------------------------------------------------------------------------


def near_setting(key: str, hints: Mapping[str, Any]) -> str | None:
    """The setting of the same table that is spelt nearly so."""
    near = difflib.get_close_matches(key, hints, 1, _NEAR)
    return near[0] if near else None


def setting_words(key: str, hints: Mapping[str, Any], near: str | None, table: Iterable[str], root: type) -> str:
    """What to write instead of a name that is no setting of its table. table: its path; root: of the whole
    configuration."""
    elsewhere = [table for table, names in _tables(root, "") if key in names]
    if near is not None:
        kind = hints[near]
        return f"[[{'.'.join([*table, near])}]]" if _is_list_of_tables(kind) else near
    if elsewhere:
        return f"it below {' or '.join(elsewhere)}"
    return "one of " + ", ".join(hints)


def _tables(kind: type, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The header and the settings of every table below."""
    for key, hint in get_type_hints(kind).items():
        here = f"{name}.{key}" if name else key
        if isinstance(hint, type) and is_dataclass(hint):
            yield f"[{here}]", get_type_hints(hint)
            yield from _tables(hint, here)
        elif _is_list_of_tables(hint):
            inner = get_args(hint)[0]
            yield f"[[{here}]]", get_type_hints(inner)
            yield from _tables(inner, here)


def _is_list_of_tables(hint: Any) -> bool:
    return get_origin(hint) is tuple and is_dataclass(get_args(hint)[0])
