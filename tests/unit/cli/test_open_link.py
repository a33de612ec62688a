"""What `ringout open` asks the server for."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ringout.cli.failures import NOT_JOINED, OK, USAGE
from ringout.cli.main import run

LINK = "tel:+1-650-111-2222;ext=7;postd=p12"
ENDED = {"id": "1", "status": {"callStatus": "CannotReach", "callerStatus": "Busy", "calleeStatus": "InProgress"}}


class Api(http.server.ThreadingHTTPServer):
    """Answers what the command asks; every call ends at once. asked: path and body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, Any]] = []

    def placed(self) -> list[Any]:
        return [body for path, body in self.asked if path.endswith("/ringout")]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_json = self.headers["Content-Type"] == "application/json"
        self.server.asked.append((self.path, json.loads(body) if is_json else body))
        answers = {"token": {"access_token": "t"}, "parse": {"homeCountry": {"isoCode": "GB"}}, "ringout": ENDED}
        content = json.dumps(answers.get(self.path.rpartition("/")[2], {})).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with Api() as running:
        monkeypatch.setenv("RINGOUT_URL", f"http://127.0.0.1:{running.server_port}")
        monkeypatch.setenv("RINGOUT_CLIENT_ID", "app")
        monkeypatch.setenv("RINGOUT_JWT", "x")
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ((LINK,), {"to": {"phoneNumber": "+16501112222*7"}, "postDial": ",12"}),
        (("tel:020 7946 0000",), {"to": {"phoneNumber": "+442079460000"}}),
        (("tel:650 111 2222", "--country", "us"), {"to": {"phoneNumber": "+16501112222"}}),
        (
            (
                "rcmobile://call?number=442079460000",
                "--from",
                "+16505550101",
                "--caller-id",
                "+16505550100",
                "--prompt",
            ),
            {
                "to": {"phoneNumber": "+442079460000"},
                "from": {"phoneNumber": "+16505550101"},
                "callerId": {"phoneNumber": "+16505550100"},
                "playPrompt": True,
            },
        ),
    ],
)
def test_a_link_becomes_a_ring_out(api: Api, words: tuple[str, ...], body: dict[str, Any]) -> None:
    assert run(["open", "--yes", *words]) == NOT_JOINED
    assert api.placed() == [body]


def test_nothing_is_placed_by_a_dry_run_or_for_a_link_that_is_none(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["open", "--dry-run", "--yes", LINK]) == OK
    assert "Without asking" in capsys.readouterr().out
    assert run(["open", "--yes", "tel:nobody"]) == USAGE
    assert api.placed() == []
