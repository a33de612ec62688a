"""`ringout config check`, and how every command that needs a configuration reads one."""

from __future__ import annotations

import os
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


def _notes(config: Config) -> Iterator[str]:
    """What can be meant so, and is a surprise to who has not."""
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
