"""The certificates of SIP over TLS, and the contexts that are made of them (RFC 3261 section 26.2)."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ringout.sip.errors import SipError
from ringout.sip.uri import SipUri

_NAME_MISMATCH: Final = 62  # X509_V_ERR_HOSTNAME_MISMATCH


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files and what is demanded of peers. certificate: ours, with its chain; None = we listen for nobody and show
    nothing. key: None = it stands in certificate's file. ca: who may sign peers' certificates; None = whom the system
    trusts. verify: the servers that we connect to. client_certificates: whoever connects to us must show one."""

    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None
    verify: bool = True
    client_certificates: bool = False

    @property
    def paths(self) -> list[Path]:
        return [path for path in (self.certificate, self.key, self.ca) if path is not None]


class OtherDomain(OSError):
    """The certificate is good, and for other SIP domains than the one that was asked for."""


class Tls:
    """All contexts, made anew when a file has changed. A connection keeps the certificate that it began with.

    client: demands a certificate of the name connected to. client_of_any_name: of anybody whom we trust; who uses it
    must look at the certificate's SIP domains. server: None = we have no certificate."""

    def __init__(self, files: TlsFiles) -> None:
        """Reads the files. Raises OSError that names the one that is no good."""
        self._files = files
        self._seen = self._looks()
        self.client, self.client_of_any_name, self.server = self._make_all()

    def reload(self, *, forced: bool = False) -> bool:
        """True: new contexts are in force. Raises OSError for files that are no good, and the old ones stay until the
        files change once more. forced: also when the files look as they did."""
        looks = self._looks()
        if looks == self._seen and not forced:
            return False
        self._seen = looks
        self.client, self.client_of_any_name, self.server = self._make_all()
        return True

    def _make_all(self) -> tuple[ssl.SSLContext, ssl.SSLContext, ssl.SSLContext | None]:
        of_any_name = self._make_client()
        of_any_name.check_hostname = False
        return self._make_client(), of_any_name, self._make_server()

    def _looks(self) -> list[tuple[int, int, int] | None]:
        """What tells a file from its successor: also one that a link leads to, and one moved into its place."""
        looks: list[tuple[int, int, int] | None] = []
        for path in self._files.paths:
            try:
                status = path.stat()
            except OSError:
                looks.append(None)
            else:
                looks.append((status.st_mtime_ns, status.st_ino, status.st_size))
        return looks

    def _make_client(self) -> ssl.SSLContext:
        context = self._make(ssl.Purpose.SERVER_AUTH)
        if not self._files.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self._files.certificate is not None:
            self._show_certificate(context)  # to a server that demands one: mutual TLS
        return context

    def _make_server(self) -> ssl.SSLContext | None:
        if self._files.certificate is None:
            return None
        context = self._make(ssl.Purpose.CLIENT_AUTH)
        self._show_certificate(context)
        if self._files.client_certificates:
            if self._files.ca is None:
                context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _make(self, purpose: ssl.Purpose) -> ssl.SSLContext:
        """TLS 1.2 and later, with the library's choice of ciphers."""
        ca = self._files.ca
        try:
            context = ssl.create_default_context(purpose, cafile=ca)
        except (OSError, ValueError) as error:
            raise OSError(f"cannot use {ca} as certificate authorities: {_why(error)}") from error
        context.options |= ssl.OP_NO_RENEGOTIATION
        return context

    def _show_certificate(self, context: ssl.SSLContext) -> None:
        certificate, key = self._files.certificate, self._files.key
        assert certificate is not None
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as error:
            and_key = f" with the key {key}" if key else ""
            raise OSError(f"cannot use the certificate {certificate}{and_key}: {_why(error)}") from error


def sip_domains(certificate: Mapping[str, Any] | None) -> set[str]:
    """Of its URI entries, in lower case (RFC 5922 section 7.1): `sip:`, and no user. certificate: as getpeercert gives
    it, None or empty when it was not verified."""
    domains = set()
    for kind, text in (certificate or {}).get("subjectAltName", ()):
        if kind == "URI" and "@" not in text:
            try:
                uri = SipUri.parse(text)
            except SipError:
                continue
            if uri.scheme == "sip":
                domains.add(uri.host.lower())
    return domains


def is_name_mismatch(error: OSError) -> bool:
    """The certificate is good, and has no entry of a host for the name."""
    return isinstance(error, ssl.SSLCertVerificationError) and error.verify_code == _NAME_MISMATCH


def _no_password() -> str:
    """Else the library would ask for one at the terminal, and the server would wait for ever."""
    raise ValueError("the key is encrypted; store it without a passphrase and readable by this user alone")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).lower().replace("_", " ")
    return getattr(error, "strerror", None) or str(error)
