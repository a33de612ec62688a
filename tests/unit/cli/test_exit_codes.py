"""Every way a command can fail before it reaches a server: one sentence and its exit code, never a traceback."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from ringout.cli.failures import OK, REFUSED, UNREACHABLE, USAGE
from ringout.cli.main import run
from ringout.media.prompts import SHIPPED


@pytest.fixture(autouse=True)
def _nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("URL", "CLIENT_ID", "CLIENT_SECRET", "JWT", "USERNAME", "EXTENSION", "PASSWORD", "CONFIG"):
        monkeypatch.delenv(f"RINGOUT_{name}", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["nonsense"], "nonsense"),
        (["call"], "TO"),
        (["call", "+1", "--colour", "red"], "--colour"),
        (["call", "+16505550102"], "no credentials"),
        (["status", "1"], "no credentials"),
        (["cancel", "1"], "no credentials"),
        (["open", "--yes", "tel:+16505550102"], "no credentials"),
        (["open"], "LINK"),
        (["sandbox", "--http", "0.0.0.0:0"], "not on loopback"),
        (["sandbox", "--sip", "192.0.2.1:5060"], "not on loopback"),
        (["sandbox", "--sip", "[::1]:0"], "IPv4"),
        (["sandbox", "--http", "127.0.0.1"], "not HOST:PORT"),
        (["sandbox", "--http", "127.0.0.1:99999"], "not HOST:PORT"),
        (["sandbox", "--http", "example.com:80"], "not HOST:PORT"),
        (["serve", "--config", "/nowhere/ringout.toml"], "cannot be read"),
        (["prompts", "--config", "/nowhere/ringout.toml"], "cannot be read"),
    ],
)
def test_wrong_use_is_one_sentence_and_2(line: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line) == USAGE
    err = capsys.readouterr().err
    assert err.startswith("ringout: ")
    assert words in err
    assert "Traceback" not in err


def test_half_a_login_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("RINGOUT_CLIENT_ID", "app")
    assert run(["call", "+1"]) == USAGE
    assert "RINGOUT_URL" in capsys.readouterr().err
    assert run(["call", "+1", "--url", "http://127.0.0.1:1"]) == USAGE
    assert "RINGOUT_JWT" in capsys.readouterr().err


def test_no_server_is_4(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("RINGOUT_CLIENT_ID", "app")
    monkeypatch.setenv("RINGOUT_JWT", "x")
    assert run(["call", "+1", "--url", "http://127.0.0.1:1"]) == UNREACHABLE
    assert capsys.readouterr().err == "ringout: no server answers at http://127.0.0.1:1 (Connection refused).\n"


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        ("429 Too Many Requests", REFUSED, "the server refuses: Request rate exceeded. Try again in 60 s."),
        (
            "503 Service Unavailable",
            UNREACHABLE,
            "the server cannot do that now: Request rate exceeded. Try again in 60 s.",
        ),
    ],
)
def test_a_server_that_asks_to_wait(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, code: int, sentence: str
) -> None:
    monkeypatch.setenv("RINGOUT_CLIENT_ID", "app")
    monkeypatch.setenv("RINGOUT_JWT", "x")
    body = b'{"message": "Request rate exceeded"}'
    head = f"HTTP/1.1 {answer}\r\nRetry-After: 60\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_answer_once, args=(listener, head.encode() + body))
        server.start()
        assert run(["call", "+1", "--url", f"http://127.0.0.1:{listener.getsockname()[1]}"]) == code
        server.join()
    assert capsys.readouterr().err == f"ringout: {sentence}\n"


def _answer_once(listener: socket.socket, answer: bytes) -> None:
    peer = listener.accept()[0]
    with peer:
        asked = b""
        while b"assertion=" not in asked:
            asked += peer.recv(4096)
        peer.sendall(answer)


@pytest.mark.parametrize("url", ["ftp:", "http://", "nonsense", "http://[::1", "http://127.0.0.1:x"])
def test_a_url_that_is_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str) -> None:
    monkeypatch.setenv("RINGOUT_CLIENT_ID", "app")
    monkeypatch.setenv("RINGOUT_JWT", "x")
    assert run(["call", "+1", "--url", url]) in (USAGE, UNREACHABLE)
    assert "Traceback" not in capsys.readouterr().err


def test_a_configuration_that_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ringout.toml"
    file.write_text('[[trunks]]\nname = "a"\ngateways = ["sip:gw.example"]')
    assert run(["config", "check", "--config", str(file)]) == OK
    assert "1 trunk" in capsys.readouterr().out


def test_the_configuration_of_the_working_directory_is_the_one_that_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `ringout serve` and `ringout admin` take it."""
    monkeypatch.chdir(tmp_path)
    assert run(["config", "check"]) == OK
    assert "The default configuration is right: 0 trunks" in capsys.readouterr().out
    (tmp_path / "ringout.toml").write_text("[http]\nport = -1\n")
    for command in (["config", "check"], ["prompts"]):
        assert run(command) == USAGE
        assert "ringout.toml" in capsys.readouterr().err


def test_a_configuration_with_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ringout.toml"
    file.write_text("[http]\nport = -1\n[call]\nlanguage = 1")
    assert run(["config", "check", "--config", str(file)]) == USAGE
    first, *rest = capsys.readouterr().err.splitlines()
    assert first == "ringout: the configuration has 2 mistakes:"
    assert [line.strip().startswith(f"{file}:{number}: ") for line, number in zip(rest, (2, 4), strict=True)] == [
        True,
        True,
    ]


def test_prompts_are_listed_with_their_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "nl" / "press_1.wav"
    own.parent.mkdir()
    own.write_bytes((SHIPPED / "en" / "press_1.wav").read_bytes())
    assert run(["prompts", "--directory", str(tmp_path)]) == OK
    words = capsys.readouterr().out.split()
    assert words.count("shipped") >= 12
    assert str(own) in "".join(words)


def test_a_prompt_that_cannot_be_played_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "nl" / "press_1.wav"
    bad.parent.mkdir()
    bad.write_bytes(b"no sound")
    assert run(["prompts", "--directory", str(tmp_path)]) == USAGE
    assert str(bad) in capsys.readouterr().err
