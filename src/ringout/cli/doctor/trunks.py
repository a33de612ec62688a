"""The way out, as the server sees it: the administration asks each gateway."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ringout.cli.config_check import default_file, read_config
from ringout.cli.doctor.finding import Finding, Verdict, ok, unknown, wrong
from ringout.cli.failures import REFUSED, CommandFailed
from ringout.config import http_url

_ON_THE_SERVER = "Run `ringout doctor` on the server, in the folder of its ringout.toml."


def local_url(config: Path | None) -> str | None:
    """The API of the server whose data is here; None = there is none, or its configuration is broken."""
    try:
        read = read_config(config or default_file())
    except CommandFailed:
        return None
    return http_url(read.http.host, read.http.port) if read.database.exists() and read.http.port else None


def look(config: Path | None, environ: Mapping[str, str]) -> list[Finding]:
    """Of the server whose configuration is here, or whose administration RINGOUT_ADMIN_URL names."""
    try:
        read = read_config(config or default_file())
    except CommandFailed as failure:
        return [wrong("settings", failure.sentence.rstrip("."), "Correct the configuration.")]
    url = environ.get("RINGOUT_ADMIN_URL")
    if not url and not read.database.exists():
        return [unknown("trunk", "no server has its data here", _ON_THE_SERVER)]
    # Imported late: these take half a second, and more than every system has.
    from ringout.cli.admin_backend import Call, carry_out
    from ringout.service.administration.operations import OPERATIONS

    operation = next(one for one in OPERATIONS if one.name == "adminListTrunks")
    try:
        gateways = carry_out(Call(operation, {}, {}), read, url, environ)
    except CommandFailed as failure:
        if failure.exit_code == REFUSED and not url:
            return [wrong("trunk", f"no server is running on {read.data_dir}", "Run `ringout serve`.")]
        return [unknown("trunk", failure.sentence.rstrip("."), _ON_THE_SERVER)]
    if not gateways:
        return [wrong("trunk", "the server has no trunk", "Describe one as [[trunks]] in its configuration.")]
    return [found for gateway in gateways for found in judge(gateway)]


def judge(gateway: Mapping[str, Any]) -> list[Finding]:
    """gateway: a record of `ringout admin trunks list`."""
    name, code = _name(gateway), gateway.get("code")
    if not gateway["address"] and gateway.get("state") == "down":
        step = "Check the name, and the name servers that the server asks. It asks again by itself."
        return [wrong("trunk", f"{name} is a name that DNS does not know", step), *_registration(name, gateway)]
    if not gateway["address"]:
        step = "Add a listener of its transport and address family to [sip] listen."
        return [wrong("trunk", f"no SIP listener of ours reaches {name}", step), *_registration(name, gateway)]
    nat = _nat(name, gateway)
    if not gateway["answers"]:
        step = "Check its address, and that the firewall lets SIP out and back in."
        if _is_by_tls(gateway["gateway"]):
            step = "Check its address and certificate: the server's log says why there is no TLS with it."
        down = ", and calls go by others while there are any" if gateway.get("state") == "down" else ""
        found = [wrong("trunk", f"{name} does not answer{down}", step)]
        if gateway.get("registered") is False:  # by whatever name the network's silence goes
            found.append(wrong("registered", f"{name} does not know us, since it does not answer", step))
        # What it sees of us is not known; what it is told is.
        return [*found, *([nat] if nat.verdict is Verdict.WRONG else [])]
    found = [*_registration(name, gateway), nat]
    if code == 503:
        return [wrong("trunk", f"{name} answers that it is out of service (503)", "Ask whoever runs it."), *found]
    return [ok("trunk", f"{name} answers (SIP {code}, {gateway['milliseconds']:.0f} ms)"), *found]


def _is_by_tls(uri: str) -> bool:
    return uri.startswith("sips:") or uri.endswith(";transport=tls")


def _name(gateway: Mapping[str, Any]) -> str:
    """With the address where that says more than the URI: a domain leads to several."""
    name, address = f"{gateway['trunk']} {gateway['gateway']}", gateway["address"]
    return name if not address or address in name else f"{name} ({address})"


def _registration(name: str, gateway: Mapping[str, Any]) -> list[Finding]:
    if gateway.get("registered") is None:
        return []
    if gateway["registered"]:
        return [ok("registered", f"{name} knows us")]
    step = "Check username, password, register_as and registrar of that trunk."
    return [wrong("registered", f"{name} does not know us ({gateway.get('registrarSays')})", step)]


def _nat(name: str, gateway: Mapping[str, Any]) -> Finding:
    signalling, media, seen_as = gateway["signalling"], gateway["media"], gateway.get("seenAs")
    if _is_global(gateway["address"]):
        for what, ours in (("[sip] listen", signalling), ("[media] address", media)):
            if not _is_global(ours):
                says = f"{name} is on the internet and is told the private address {ours}, which it cannot send to"
                step = f"Set [sip] public_address to the NAT's address, or give {what} one that it can send to."
                return wrong("nat", says, step)
    if seen_as and seen_as != signalling:
        says = f"{name} sees us as {seen_as}, and is told {signalling}"
        return wrong("nat", says, f'Write public_address = "{seen_as}" in [sip].')
    return ok("nat", f"{name} can send to {' and '.join(dict.fromkeys((signalling, media)))}")


def _is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
