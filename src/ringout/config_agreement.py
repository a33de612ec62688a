"""How settings must agree that are right one by one and wrong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ringout.config import Config, SipConfig, TrunkConfig
from ringout.config_phone_rules import Complaint, phone_complaints
from ringout.toml_lines import KeyPath

_URI = re.compile(
    r"(?P<scheme>sips?):(?:[^@]*@)?(?P<host>\[[^\]]*\]|[^:;\[\]@]*)(?::(?P<port>[0-9]+))?(?:;transport=(?P<transport>\w+))?",
    re.IGNORECASE,
)
_LONGEST_PEM = 16 * 1024 * 1024  # a file of all authorities of a system has a few hundred KB
_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}")


def agreement_complaints(config: Config) -> Iterator[Complaint]:
    """Complaints about settings that are right one by one and wrong together."""
    yield from _media_complaints(config)
    yield from _rtpengine_complaints(config)
    yield from _sip_complaints(config)
    yield from _ports_twice(config)
    yield from _twice(("trunks",), [trunk.name for trunk in config.trunks], "name")
    yield from _twice(("clients",), [client.client_id for client in config.clients], "client_id")
    yield from _twice(("rates",), [rate.prefix for rate in config.rates], "prefix")
    for position, trunk in enumerate(config.trunks):
        yield from _trunk_complaints(("trunks", position), trunk)
    yield from _account_complaints(config)
    yield from phone_complaints(config)


def _media_complaints(config: Config) -> Iterator[Complaint]:
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


def _trunk_complaints(here: KeyPath, trunk: TrunkConfig) -> Iterator[Complaint]:
    if not trunk.gateways:
        yield (*here, "gateways"), "is empty", 'at least one, e.g. ["sip:gw1.carrier.example"]'
    if (trunk.password is None) != (trunk.username is None):
        missing = "username" if trunk.username is None else "password"
        yield here, f"{missing} is missing", "username and password together, or neither"
    if trunk.register and trunk.username is None and trunk.register_as is None:
        yield (*here, "register"), "says not as whom", "username and password, or register_as as well"
    if len(set(trunk.identity_headers)) < len(trunk.identity_headers):
        yield (*here, "identity_headers"), "names a header twice", "each header once"
    if not trunk.register and (trunk.registrar or trunk.register_as or trunk.register_contacts):
        yield here, "says how to register and not that it shall", "register = true as well"


def _account_complaints(config: Config) -> Iterator[Complaint]:
    if config.account.balance is not None and not config.rates:
        yield (
            ("account", "balance"),
            "is given and no rate is, so every call would be refused",
            '[[rates]] with prefix = "+" and units_per_minute below it, or no balance',
        )
    extensions = config.account.extensions
    yield from _twice(("account", "extensions"), [one.extension for one in extensions], "extension")
    for position, extension in enumerate(extensions):
        if extension.ring_by_default and extension.ring in (None, "first"):
            yield (
                ("account", "extensions", position, "ring_by_default"),
                "says when several phones ring, and ring does not say that they shall",
                'ring = "in-order" or ring = "at-once" as well',
            )


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
        yield from _twice(("media", "rtpengine"), [getattr(one, key) for one in instances], key)
    if config.media.digits_listen in [instance.control for instance in instances]:
        yield (
            ("media", "digits_listen"),
            f'"{config.media.digits_listen}" is where an rtpengine listens itself',
            'another port, and the same in its dtmf-log-dest, e.g. "127.0.0.1:22223"',
        )


def _sip_complaints(config: Config) -> Iterator[Complaint]:
    sip = config.sip
    if sip.t1_seconds > sip.t2_seconds:
        yield ("sip", "t1_seconds"), "is longer than t2_seconds", "t1_seconds = 0.5 and t2_seconds = 4.0"
    if 0 < sip.session_expires_seconds < 90:
        yield (
            ("sip", "session_expires_seconds"),
            f"{sip.session_expires_seconds} is shorter than RFC 4028 allows",
            "at least 90, better 1800; 0 for no session timers",
        )
    if not sip.listen:
        yield ("sip", "listen"), "is empty", 'at least one listener, e.g. ["udp:192.0.2.10:5060"]'
    for position, listener in enumerate(sip.listen):
        if listener in sip.listen[:position] and not listener.endswith(":0"):
            yield ("sip", "listen"), f'names "{listener}" twice', "each listener once"
    yield from _unreachable(config)
    yield from _tls_complaints(sip)


def _tls_complaints(sip: SipConfig) -> Iterator[Complaint]:
    secure = [text for text in sip.listen if text.startswith(("tls:", "wss:"))]
    if secure and sip.tls_certificate is None:
        yield (
            ("sip", "tls_certificate"),
            f'is missing, and "{secure[0]}" needs one',
            "the PEM file of this server's certificate with its chain, and tls_key with its key",
        )
    if sip.tls_key is not None and sip.tls_certificate is None:
        yield ("sip", "tls_key"), "stands alone", "tls_certificate as well"
        return
    for name in ("tls_certificate", "tls_key", "tls_ca"):
        path = getattr(sip, name)
        if path is not None and (
            complaint := _pem_complaint(name, path, with_key=sip.tls_key is None and bool(secure))
        ):
            yield ("sip", name), *complaint


def _pem_complaint(name: str, path: Path, *, with_key: bool) -> tuple[str, str] | None:
    """with_key: the certificate's file must hold the key as well."""
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_PEM)
    except FileNotFoundError:
        return f"there is no file {path}", "the path of a PEM file"
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return f"{path} cannot be read ({why})", "the path of a PEM file that the server's user may read"
    has_key = b" PRIVATE KEY-----" in content
    if name == "tls_key":
        if b"-----BEGIN ENCRYPTED " in content or b"Proc-Type: 4,ENCRYPTED" in content:
            return f"the key in {path} has a passphrase", "a file with the key in clear, for the server's user alone"
        return None if has_key else (f"there is no key in {path}", "a PEM file with -----BEGIN PRIVATE KEY-----")
    if not re.search(rb"-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----", content):
        return f"there is no certificate in {path}", "a PEM file with -----BEGIN CERTIFICATE-----"
    if name == "tls_certificate" and with_key and not has_key:
        return f"there is no key in {path}, and no tls_key", "tls_key with the PEM file of its key as well"
    return None


def _ports_twice(config: Config) -> Iterator[Complaint]:
    """Places where two of our own would listen."""
    http, admin, media = config.http, config.admin, config.media
    if admin.port and (admin.host, admin.port) == (http.host, http.port):
        yield ("admin", "port"), f"{admin.port} is that of [http] as well", "another one, e.g. port = 8081"
    rtp_hosts = (media.address, media.address6) if media.engine == "embedded" else ()
    for listener in config.sip.listen:
        transport, _, rest = listener.partition(":")
        host, _, text = rest.rpartition(":")
        port = int(text) if text.isdigit() else 0
        among_rtp = transport == "udp" and host.strip("[]") in rtp_hosts and media.first_port <= port <= media.last_port
        if port and among_rtp:
            what = f'"{listener}" is among the media ports {media.first_port} to {media.last_port}'
            yield ("sip", "listen"), what, "a port beside [media] first_port to last_port"
        for name, place in (("http", (http.host, http.port)), ("admin", (admin.host, admin.port))):
            if port and transport != "udp" and (host, port) == place:
                yield ("sip", "listen"), f'"{listener}" is the place of [{name}]', "another port, e.g. 5060"


def _unreachable(config: Config) -> Iterator[Complaint]:
    """Whom none of our listeners serves. Our Contact names the listener, and the peer may want to reach us there."""
    for position, trunk in enumerate(config.trunks):
        for setting, uris in (("gateways", trunk.gateways), ("registrar", (trunk.registrar or "",))):
            yield from _without_listener(config, ("trunks", position, setting), uris)
    for position, extension in enumerate(config.account.extensions):
        here = ("account", "extensions", position, "forwarding_numbers")
        yield from _without_listener(config, here, extension.forwarding_numbers)


def _without_listener(config: Config, path: KeyPath, uris: tuple[str, ...]) -> Iterator[Complaint]:
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


def _twice(table: KeyPath, names: list[str], key: str) -> Iterator[Complaint]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield (*table, position, key), f'"{name}" stands here for the second time', f"each {key} once"
