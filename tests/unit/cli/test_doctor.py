"""What `ringout doctor` makes of each thing that it can find."""

from __future__ import annotations

import http.server
import json
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ringout.cli import user_files
from ringout.cli.doctor import links, server, trunks
from ringout.cli.doctor.finding import Finding, Verdict
from ringout.cli.failures import OK, WRONG, CommandFailed
from ringout.cli.handler.desktop import SCHEMES, Owner
from ringout.cli.main import run

NOW = 1_800_000_000.0
OF_SERVER = {"status": "ok", "liveCalls": 2}


def verdicts(findings: list[Finding]) -> dict[str, str]:
    return {finding.subject: finding.verdict for finding in findings}


def test_wrong_alone_has_a_step() -> None:
    assert str(Finding("tls", Verdict.OK, "it is there")) == "ok       tls        it is there."
    assert str(Finding("tls", Verdict.WRONG, "it is not", "Do this.")) == "wrong    tls        it is not. Do this."


# --- links ----------------------------------------------------------------------------------------------------------


class Desktop:
    step = "choose it"

    def __init__(self, ours: bool) -> None:
        self.ours = ours

    def install(self, command: tuple[str, ...]) -> None:
        self.ours = True

    def uninstall(self) -> None:
        self.ours = False

    def owners(self) -> list[Owner]:
        return [Owner(scheme, "other.desktop", self.ours) for scheme in SCHEMES]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("RINGOUT_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("home")
def test_links_of_others_can_be_repaired() -> None:
    desktop = Desktop(ours=False)
    found = links.look(desktop)
    assert [finding.verdict for finding in found[:4]] == [Verdict.WRONG] * 4
    assert "ringout handler install" in found[0].step
    assert found[0].repair
    found[0].repair.do()
    assert [finding.verdict for finding in links.look(desktop)[:4]] == [Verdict.OK] * 4


def test_where_no_desktop_is_nobody_misses_links(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert verdicts(links.look(Desktop(ours=False))) == {"links": "ok"}


def test_the_login_of_links_is_kept_for_its_owner_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desktop = Desktop(ours=True)
    (login,) = [finding for finding in links.look(desktop) if finding.subject == "login"]
    assert (login.verdict, login.repair) == (Verdict.WRONG, None)
    for name, value in {"URL": "https://ringout.example", "CLIENT_ID": "app", "JWT": "x"}.items():
        monkeypatch.setenv(f"RINGOUT_{name}", value)
    (login,) = [finding for finding in links.look(desktop) if finding.subject == "login"]
    assert login.repair
    login.repair.do()
    file = user_files.login_file()
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_bytes())["jwt"] == "x"
    assert verdicts(links.look(desktop))["login"] == "ok"
    file.chmod(0o644)
    (login,) = [finding for finding in links.look(desktop) if finding.subject == "login"]
    assert login.repair
    login.repair.do()
    assert verdicts(links.look(desktop))["login"] == "ok"


# --- the server -----------------------------------------------------------------------------------------------------

Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that answers every GET alike; its URL."""
    started: list[http.server.HTTPServer] = []

    def start(
        status: int = 200, body: Any = OF_SERVER, ahead_seconds: float = 0.0, tls: ssl.SSLContext | None = None
    ) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return formatdate(NOW + ahead_seconds, usegmt=True)

            def log_message(self, *_: object) -> None: ...

        running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        started.append(running)
        if tls is not None:
            running.socket = tls.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        return f"{'http' if tls is None else 'https'}://127.0.0.1:{running.server_port}"

    yield start
    for running in started:
        running.shutdown()
        running.server_close()


def look(url: str | None, **environ: str) -> list[Finding]:
    """As a machine on which nobody is logged in."""
    return server.look(url, None, environ, lambda: NOW)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(0, "agree"), (29, "agree"), (-29, "agree"), (90, "90 s behind"), (-90, "ahead of"), (86400 * 400, "behind")],
)
def test_clocks(serve: Serve, ahead: float, words: str) -> None:
    found = {finding.subject: finding for finding in look(serve(ahead_seconds=ahead))}
    assert found["clock"].verdict == ("ok" if words == "agree" else "wrong")
    assert words in found["clock"].says
    assert found["server"].verdict == "ok"


@pytest.mark.parametrize(
    ("status", "body", "verdict", "words"),
    [
        (200, OF_SERVER, "ok", "2 are live"),
        (503, {"status": "draining", "liveCalls": 1}, "wrong", "shutting down"),
        (503, {"status": "no-media", "liveCalls": 0}, "wrong", "none of its media engines"),
        (404, {"message": "no"}, "wrong", "answers 404"),
        (200, b"<html>", "wrong", "not RingOut"),
        (200, b"[]", "wrong", "not RingOut"),
        (200, b'{"a": "' + b"x" * 70_000, "wrong", "not RingOut"),
    ],
)
def test_servers(serve: Serve, status: int, body: Any, verdict: str, words: str) -> None:
    found = look(serve(status, body))[0]
    assert (found.subject, found.verdict) == ("server", verdict)
    assert words in found.says


def test_nobody_there() -> None:
    (found, token) = look("http://127.0.0.1:1")
    assert (found.verdict, "Connection refused" in found.says) == ("wrong", True)
    assert token.verdict == "unknown"
    assert verdicts(look(None)) == {"server": "wrong"}


def test_what_a_sandbox_left_behind_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "ringout" / "sandbox.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"url": "http://127.0.0.1:1", "client_id": "x", "jwt": "y"}))
    (found,) = look(None, XDG_STATE_HOME=str(tmp_path))
    assert found.repair
    found.repair.do()
    assert not file.exists()


def test_clear_text_is_for_this_machine_alone() -> None:
    assert server._tls("http://127.0.0.1:8080", NOW).verdict == "ok"
    assert server._tls("http://localhost:8080", NOW).verdict == "ok"
    assert server._tls("http://192.0.2.1:8080", NOW).verdict == "wrong"


def certify(folder: Path, until: datetime, host: str = "127.0.0.1") -> ssl.SSLContext:
    """A certificate that signs itself, in folder/cert.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "RingOut test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(
    ("days", "trusted", "host", "verdict", "words"),
    [
        (90, True, "127.0.0.1", "ok", "holds for 89 days"),
        (5, True, "127.0.0.1", "wrong", "ends in 4 days"),
        (90, False, "127.0.0.1", "wrong", "not to be trusted"),
        (90, True, "127.0.0.2", "wrong", "mismatch"),
    ],
)
def test_certificates(
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    trusted: bool,
    host: str,
    verdict: str,
    words: str,
) -> None:
    now = datetime.now(UTC)
    url = serve(tls=certify(tmp_path, now + timedelta(days=days), host))
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    found = {finding.subject: finding for finding in server.look(url, None, {}, now.timestamp)}
    assert found["tls"].verdict == verdict
    assert words in found["tls"].says


# --- trunks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, {"trunk": "ok", "nat": "ok"}),
        ({"code": 404}, {"trunk": "ok", "nat": "ok"}),
        ({"code": 503}, {"trunk": "wrong", "nat": "ok"}),
        ({"answers": False, "code": None}, {"trunk": "wrong"}),  # nobody knows what it sees of us
        ({"address": ""}, {"trunk": "wrong"}),
        ({"address": "", "state": "down"}, {"trunk": "wrong"}),
        ({"address": "198.41.0.4"}, {"trunk": "ok", "nat": "wrong"}),
        ({"address": "198.41.0.4", "signalling": "199.7.83.42"}, {"trunk": "ok", "nat": "wrong"}),
        ({"address": "198.41.0.4", "signalling": "199.7.83.42", "media": "199.7.83.42"}, {"trunk": "ok", "nat": "ok"}),
        ({"address": "2001:503:ba3e::2:30", "signalling": "fd00::1"}, {"trunk": "ok", "nat": "wrong"}),
        ({"answers": False, "code": None, "state": "down"}, {"trunk": "wrong"}),
        ({"registered": True, "registrarSays": "200 OK"}, {"trunk": "ok", "registered": "ok", "nat": "ok"}),
        ({"registered": False, "registrarSays": "403 No"}, {"trunk": "ok", "registered": "wrong", "nat": "ok"}),
        ({"registered": False, "address": ""}, {"trunk": "wrong", "registered": "wrong"}),
        ({"seenAs": "10.0.0.5"}, {"trunk": "ok", "nat": "ok"}),
        ({"seenAs": "10.9.9.9"}, {"trunk": "ok", "nat": "wrong"}),
    ],
)
def test_gateways(changes: dict[str, Any], found: dict[str, str]) -> None:
    gateway = {
        "trunk": "carrier", "gateway": "sip:gw.example", "address": "10.0.0.9", "answers": True, "code": 200,
        "milliseconds": 12.3, "signalling": "10.0.0.5", "media": "10.0.0.5",
    } | changes  # fmt: skip
    findings = trunks.judge(gateway)
    assert verdicts(findings) == found
    assert all(bool(finding.step) == (finding.verdict is Verdict.WRONG) for finding in findings)


def test_a_gateway_by_tls_may_have_another_reason() -> None:
    gateway = {
        "trunk": "carrier", "gateway": "sip:gw.example;transport=tls", "address": "10.0.0.9", "answers": False,
        "code": None, "milliseconds": None, "signalling": "10.0.0.5", "media": "10.0.0.5",
    }  # fmt: skip
    assert "certificate" in trunks.judge(gateway)[0].step


def test_a_name_that_leads_nowhere_is_no_lack_of_listeners() -> None:
    gateway = {
        "trunk": "carrier", "gateway": "sip:gw.example", "address": "", "answers": False, "state": "down",
        "signalling": "", "media": "10.0.0.1",
    }  # fmt: skip
    (finding,) = trunks.judge(gateway)
    assert finding.says == "carrier sip:gw.example is a name that DNS does not know"
    assert "name servers" in finding.step


def test_where_no_server_is_its_trunks_are_not_held_against_anybody(home: Path) -> None:
    assert verdicts(trunks.look(None, {})) == {"trunk": "unknown"}
    (home / "ringout.toml").write_text("[http]\nport = -1\n")
    assert verdicts(trunks.look(None, {})) == {"settings": "wrong"}


# --- the whole command ----------------------------------------------------------------------------------------------


def test_something_wrong_is_1(
    home: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ringout.cli.doctor.command.this_desktop", lambda: Desktop(ours=True))
    assert run(["doctor"]) == WRONG
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok", "ok", "ok", "ok", "wrong", "wrong", "unknown"]
    assert "login.json" in lines[4]
    assert "no credentials" in lines[5].lower()


def test_what_cannot_be_fixed_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Stubborn(Desktop):
        def install(self, command: tuple[str, ...]) -> None:
            raise CommandFailed("no room", OK)

    monkeypatch.setattr("ringout.cli.doctor.command.this_desktop", lambda: Stubborn(ours=False))
    assert run(["doctor", "--fix"]) == WRONG
    assert "not fixed: no room" in capsys.readouterr().out
