"""`ringout config check`, and how every command that needs a configuration reads one."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringout.cli.failures import OK, USAGE, CommandFailed
from ringout.config import Config, SipConfig
from ringout.config_file import ConfigMistakes, load_config

ConfigOption = Annotated[
    Path | None,
    Parameter(
        name="--config",
        env_var="RINGOUT_CONFIG",
        help="TOML file; default: ringout.toml of the working directory, else the built-in defaults.",
    ),
]


def read_config(file: Path | None) -> Config:
    """The configuration of file and environment. Raises CommandFailed that names every mistake on a line of its own."""
    try:
        return load_config(file, os.environ)
    except ConfigMistakes as error:
        count = len(error.mistakes)
        head = f"the configuration has {'a mistake' if count == 1 else f'{count} mistakes'}:"
        raise CommandFailed("\n  ".join([head, *map(str, error.mistakes)]), USAGE) from error


def default_file() -> Path | None:
    """`ringout.toml` of the working directory, when there is one."""
    here = Path("ringout.toml")
    return here if here.exists() else None


def check(config: ConfigOption = None) -> int:
    """Says whether a configuration can be used: every mistake with its line and what to write instead."""
    file = config or default_file()
    read = read_config(file)
    _try_certificates(read.sip)
    name = file if file else "The default configuration"
    trunks = len(read.trunks)
    print(f"{name} is right: {trunks} {'trunk' if trunks == 1 else 'trunks'}, SIP on {', '.join(read.sip.listen)}.")
    if not read.trunks:
        print("It has no trunk, so no number can be called yet.")
    if not read.account.extensions or not read.clients:
        print("It describes no user or no application: `ringout admin init` makes them in the database.")
    for note in _notes(read):
        print(note)
    return OK


def _try_certificates(sip: SipConfig) -> None:
    """Raises CommandFailed that names the file which TLS cannot be spoken with."""
    from ringout.net.tls import Tls, TlsFiles  # imported late: other commands need no TLS

    try:
        Tls(TlsFiles(sip.tls_certificate, sip.tls_key, sip.tls_ca, sip.tls_verify, sip.tls_client_certificates))
    except OSError as error:
        instead = "Write the names of PEM files that belong together, the key's without a passphrase"
        raise CommandFailed(f"[sip] {error}. {instead}.", USAGE) from error


def _own_addresses(config: Config) -> Iterator[tuple[str, str]]:
    """(IP or name, setting), each address once."""
    found = {config.http.host: "[http] host"}
    if config.admin.port:
        found.setdefault(config.admin.host, "[admin] host")
    for listener in config.sip.listen:
        found.setdefault(listener.partition(":")[2].rpartition(":")[0].strip("[]"), "[sip] listen")
    if config.media.engine == "embedded":
        found.setdefault(config.media.address, "[media] address")
        if config.media.address6:
            found.setdefault(config.media.address6, "[media] address6")
    yield from found.items()


def _is_ours(host: str) -> bool:
    """False for an IP of no interface of this machine; of a name nobody is asked."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        return True
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            return error.errno != errno.EADDRNOTAVAIL
    return True


def _notes(config: Config) -> Iterator[str]:
    """What can be meant so, and is a surprise to who has not."""
    for host, setting in _own_addresses(config):
        if not _is_ours(host):
            yield f"{host} ({setting}) is no address of this machine: no server that is started here can use it."
    if config.media.engine == "embedded":
        if any(listener.startswith(("ws:", "wss:")) for listener in config.sip.listen):
            yield 'Phones in browsers cannot be rung: that needs [media] engine = "rtpengine".'
        if config.media.rtpengine:
            yield 'No [[media.rtpengine]] is used: [media] engine is "embedded".'
    elif not config.phones.reached_at:
        for listener in config.sip.listen:
            host = listener.partition(":")[2].rpartition(":")[0]
            if listener.startswith("wss:") and host not in ("0.0.0.0", "[::]"):
                yield f'Browsers are told "{listener}": the certificate must name that, or [phones] reached_at a name.'
    if not config.sip.tls_verify:
        yield "No gateway's certificate is looked at ([sip] tls_verify = false): whoever is on the way can listen in."
    for trunk in config.trunks:
        clear = [uri for uri in trunk.gateways if not uri.startswith("sips:") and not uri.endswith(";transport=tls")]
        if trunk.media != "rtp" and clear:
            yield f'The keys of the audio of "{trunk.name}" are sent in clear text: {clear[0]} is not reached by TLS.'
