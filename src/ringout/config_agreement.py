"""How settings must agree that are right one by one and wrong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ringout.config import Config
from ringout.config_phone_rules import Complaint, phone_complaints

_URI = re.compile(
    r"(?P<scheme>sips?):(?:[^@]*@)?(?P<host>\[[^\]]*\]|[^:;\[\]@]*)(?::(?P<port>[0-9]+))?(?:;transport=(?P<transport>\w+))?",
    re.IGNORECASE,
)
_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}")


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
    if not {"PCMU", "PCMA"} & set(media.codecs):
        yield ("media", "codecs"), "has no codec for the prompts", '"PCMU" or "PCMA" or both, besides whatever else'
    if media.address6 is not None and (":" not in media.address6 or ":" in media.address):
        yield (
            ("media", "address6"),
            "is not an IPv6 address besides an IPv4 one",
            'e.g. "2001:db8::10" with address = "192.0.2.10"',
        )
    if len(set(media.codecs)) < len(media.codecs):
        yield ("media", "codecs"), "names a codec twice", "each codec once"
    if media.prompts is not None and not _is_directory(media.prompts):
        yield ("media", "prompts"), f"there is no directory {media.prompts}", "a directory of LANGUAGE/NAME.wav"
    yield from _rtpengine_complaints(config)
    if config.sip.t1_seconds > config.sip.t2_seconds:
        yield ("sip", "t1_seconds"), "is longer than t2_seconds", "t1_seconds = 0.5 and t2_seconds = 4.0"
    yield from _sip_complaints(config)
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
        if trunk.register and trunk.username is None and trunk.register_as is None:
            yield ("trunks", position, "register"), "says not as whom", "username and password, or register_as as well"
        if len(set(trunk.identity_headers)) < len(trunk.identity_headers):
            yield ("trunks", position, "identity_headers"), "names a header twice", "each header once"
        if not trunk.register and (trunk.registrar or trunk.register_as or trunk.register_contacts):
            yield ("trunks", position), "says how to register and not that it shall", "register = true as well"
    seen: set[str] = set()
    for position, extension in enumerate(config.account.extensions):
        if extension.extension in seen:
            yield (
                ("account", "extensions", position, "extension"),
                f'"{extension.extension}" stands here for the second time',
                "each extension once",
            )
        seen.add(extension.extension)
        if extension.ring_by_default and extension.ring in (None, "first"):
            yield (
                ("account", "extensions", position, "ring_by_default"),
                "says when several phones ring, and ring does not say that they shall",
                'ring = "in-order" or ring = "at-once" as well',
            )
    yield from phone_complaints(config)


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # in a directory that is closed to us
        return False


def _rtpengine_complaints(config: Config) -> Iterator[Complaint]:
    instances = config.media.rtpengine
    if config.media.engine == "rtpengine" and not instances:
        yield (
            ("media", "rtpengine"),
            'is missing, and engine = "rtpengine" needs one',
            '[[media.rtpengine]] with name = "one" and control = "127.0.0.1:22222", or engine = "embedded"',
        )
    for key in ("name", "control"):
        for path, what, instead in _twice("rtpengine", [getattr(one, key) for one in instances], key):
            yield ("media", *path), what, instead
    if config.media.digits_listen in [instance.control for instance in instances]:
        yield (
            ("media", "digits_listen"),
            f'"{config.media.digits_listen}" is where an rtpengine listens itself',
            'another port, and the same in its dtmf-log-dest, e.g. "127.0.0.1:22223"',
        )


def _sip_complaints(config: Config) -> Iterator[Complaint]:
    sip = config.sip
    if 0 < sip.session_expires_seconds < 90:
        yield (
            ("sip", "session_expires_seconds"),
            f"{sip.session_expires_seconds} is shorter than RFC 4028 allows",
            "at least 90, better 1800; 0 for no session timers",
        )
    secure = [text for text in sip.listen if text.startswith(("tls:", "wss:"))]
    if secure and sip.tls_certificate is None:
        yield (
            ("sip", "tls_certificate"),
            f'is missing, and "{secure[0]}" needs one',
            "the PEM file of this server's certificate with its chain, and tls_key with its key",
        )
    for position, listener in enumerate(sip.listen):
        if listener in sip.listen[:position] and not listener.endswith(":0"):
            yield ("sip", "listen"), f'names "{listener}" twice', "each listener once"
    yield from _unreachable(config)
    if sip.tls_key is not None and sip.tls_certificate is None:
        yield ("sip", "tls_key"), "stands alone", "tls_certificate as well"
    for name in ("tls_certificate", "tls_key", "tls_ca"):
        path = getattr(sip, name)
        if path is None:
            continue
        try:
            path.open("rb").close()
        except FileNotFoundError:
            yield ("sip", name), f"there is no file {path}", "the path of a PEM file"
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            yield (
                ("sip", name),
                f"{path} cannot be read ({why})",
                "the path of a PEM file that the server's user may read",
            )


def _unreachable(config: Config) -> Iterator[Complaint]:
    """Whom none of our listeners serves. Our Contact names the listener, and the peer may want to reach us there."""
    for position, trunk in enumerate(config.trunks):
        for setting, uris in (("gateways", trunk.gateways), ("registrar", (trunk.registrar or "",))):
            yield from _without_listener(config, ("trunks", position, setting), uris)
    for position, extension in enumerate(config.account.extensions):
        here = ("account", "extensions", position, "forwarding_numbers")
        yield from _without_listener(config, here, extension.forwarding_numbers)


def _without_listener(config: Config, path: tuple[str | int, ...], uris: tuple[str, ...]) -> Iterator[Complaint]:
    """At most one complaint, about the first of those that are SIP URIs."""
    for uri in uris:
        needs = _needs(uri)
        if needs and not any(_serves(listener, *needs) for listener in config.sip.listen):
            transport, version = needs
            address = "[2001:db8::10]" if version == 6 else "192.0.2.10"
            family = f" on IPv{version}" if version else ""
            yield (
                path,
                f'"{uri}" is reached by {transport.upper()}{family}, and [sip] listen has no listener of it',
                f'"{transport}:" with host and port in listen as well, '
                f'e.g. "{transport}:{address}:{5061 if transport == "tls" else 5060}"',
            )
            return


def _needs(uri: str) -> tuple[str, int] | None:
    """(transport, 4 or 6, 0 = either) by which that URI is reached for sure; None for those that DNS decides on, and
    for what is no SIP URI."""
    match = _URI.fullmatch(uri)
    if match is None:
        return None
    host, version = match["host"], 0
    if host.startswith("["):
        version = 6
    elif _IPV4.fullmatch(host):
        version = 4
    if match["scheme"].lower() == "sips":
        return "tls", version
    if match["transport"]:
        return match["transport"].lower(), version
    return ("udp", version) if version or match["port"] else None  # RFC 3263 section 4.1


def _serves(listener: str, transport: str, version: int) -> bool:
    own, _, rest = listener.partition(":")
    host = rest.rpartition(":")[0]
    if own != transport:
        return False
    if not version or not (host.startswith("[") or _IPV4.fullmatch(host)):
        return True
    return (version == 6) == host.startswith("[")


def _twice(table: str, names: list[str], key: str) -> Iterator[Complaint]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield (table, position, key), f'"{name}" stands here for the second time', f"a {key} of its own for each"
