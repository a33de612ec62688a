"""`ringout open` beside a running sandbox: in a terminal, in its page, and for scripts."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from .running import Sandbox, eventually

TIMEOUT_SECONDS = 20


def end(running: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = running.communicate(timeout=60)
    return running.returncode, out, err


def calls(sandbox: Sandbox) -> set[str]:
    """All that the user has ever placed. One that ends meanwhile stands in both lists."""
    login = sandbox.login
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": login["jwt"]}
    client = (login["client_id"], login["client_secret"])
    with requests.Session() as http:
        token = http.post(f"{login['url']}/restapi/oauth/token", form, auth=client, timeout=TIMEOUT_SECONDS).json()
        http.headers["Authorization"] = f"Bearer {token['access_token']}"
        root = f"{login['url']}/restapi/v1.0/account/~/extension/~"
        kinds = ("active-calls?perPage=1000", "call-log?perPage=1000")
        found = [http.get(f"{root}/{kind}", timeout=TIMEOUT_SECONDS).json()["records"] for kind in kinds]
        return {record["telephonySessionId"] for records in found for record in records}


# --- what is said without a call --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "number", "words"),
    [
        ("rcmobile://call?number=16501112222", "+16501112222", "+1 650-111-2222"),
        ("tel:1-650-111-2222", "+16501112222", "your phone"),
        ("tel:16501112222", "+16501112222", "3 seconds"),
        ("tel:(650) 111-2222", "+16501112222", "+1 650-111-2222"),
        ("tel:+44-20-7946-0000;ext=12", "+442079460000*12", "ext. 12 (United Kingdom)"),
        ("tel:+16501112222;postd=p1%23", "+16501112222", "sends the digits ,1#"),
        ("tel:+16501112222;isub=7", "+16501112222", "subaddress"),
        ("tel:101", "101", "then 101"),
    ],
)
def test_a_dry_run_tells_and_does_not_call(sandbox: Sandbox, link: str, number: str, words: str) -> None:
    before = calls(sandbox)
    code, out, err = end(sandbox.command("open", "--dry-run", link))
    assert (code, err) == (0, "")
    first, *rest = out.splitlines()
    assert first == number
    assert words in " ".join(rest)
    assert rest[-1] == "Nothing was called."
    assert calls(sandbox) == before


def test_the_country_of_the_account_decides_unless_one_is_named(sandbox: Sandbox) -> None:
    assert end(sandbox.command("open", "--dry-run", "tel:020 7946 0000", "--country", "gb"))[1].startswith(
        "+442079460000\n"
    )
    assert end(sandbox.command("open", "--dry-run", "tel:020 7946 0000"))[0] == 2
    code, _, err = end(sandbox.command("open", "--dry-run", "tel:1", "--country", "zz"))
    assert (code, "--country zz" in err) == (2, True)


def test_a_dry_run_without_a_server_says_why_no_call_could_be(sandbox: Sandbox) -> None:
    running = sandbox.command("open", "--dry-run", "tel:650-111-2222", "--url", "http://127.0.0.1:1")
    code, out, err = end(running)
    assert (code, err, out.splitlines()[0]) == (0, "", "+16501112222")
    assert "could not be called now: no server answers" in out
    assert "read as one of US" in out


@pytest.mark.parametrize(
    "link", ["mailto:x@example.com", "tel:", "tel:+1650111222x", "rcmobile://call?number=1%0d%0aX: y"]
)
def test_a_link_that_is_none_is_one_sentence(sandbox: Sandbox, link: str) -> None:
    code, out, err = end(sandbox.command("open", "--yes", link))
    assert (code, out) == (2, "")
    assert err.startswith("ringout: this link cannot be called: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [("--", "tel:+16505550102", "--yes"), ("tel:+16505550102", "tel:+16505550103")])
def test_a_link_that_breaks_out_of_its_quotes_gives_no_option(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    code, out, _ = end(sandbox.command("open", "--page", *words))
    assert (code, out) == (2, "")


def test_without_anybody_to_ask_nothing_is_called(sandbox: Sandbox) -> None:
    before = calls(sandbox)
    environ = {name: value for name, value in sandbox.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    for option in ((), ("--page",)):
        running = subprocess.run(
            [sys.executable, "-m", "ringout", "open", *option, sandbox.login["numbers"]["answers"]],
            env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert (running.returncode, "nobody can be asked" in running.stderr) == (2, True)
    assert calls(sandbox) == before


# --- scripts --------------------------------------------------------------------------------------------------------


def test_a_trusted_script_calls_at_once(sandbox: Sandbox) -> None:
    code, out, err = end(sandbox.command("open", "--yes", f"callto:{sandbox.login['numbers']['hangs_up']}"))
    assert (code, err) == (0, "")
    assert "on the phone" in out
    code, _, err = end(sandbox.command("open", "--yes", f"tel:{sandbox.login['numbers']['busy']}"))
    assert (code, "busy" in err) == (1, True)


# --- the terminal ---------------------------------------------------------------------------------------------------


class Terminal:
    """Somebody at a terminal, in which one command runs."""

    def __init__(self, sandbox: Sandbox, *words: str) -> None:
        self.process, self.seen = 0, ""
        self.process, self._end = pty.fork()
        if self.process == 0:
            os.execve(sys.executable, [sys.executable, "-m", "ringout", *words], sandbox.environ)

    def wait_for(self, words: str) -> None:
        while words not in self.seen:
            try:
                self.seen += os.read(self._end, 4096).decode()
            except OSError:  # its end
                raise AssertionError(f"{words!r} never came: {self.seen}") from None

    def type(self, text: str) -> None:
        """Once the command waits: a Ctrl-C between its prompt and its reading would interrupt nothing, and nobody's
        fingers are as fast as that."""
        stat = Path(f"/proc/{self.process}/stat")
        eventually(lambda: stat.read_text().rpartition(")")[2].split()[0] == "S", "the command to wait")
        os.write(self._end, text.encode())

    def end(self) -> int:
        while True:
            try:
                self.seen += os.read(self._end, 4096).decode()
            except OSError:
                return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def close(self) -> None:
        os.close(self._end)


@pytest.fixture
def terminal(sandbox: Sandbox) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*words: str) -> Terminal:
        opened.append(Terminal(sandbox, *words))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_the_terminal_asks_counts_down_and_calls(sandbox: Sandbox, terminal: Callable[..., Terminal]) -> None:
    asked = terminal("open", f"tel:{sandbox.login['numbers']['hangs_up']}")
    asked.wait_for("Call? [y/N] ")
    asked.type("y\n")
    for left in (3, 2, 1):
        asked.wait_for(f"Calling in {left} s; Ctrl-C undoes it.")
    assert asked.end() == 0
    assert "hung up" in asked.seen


@pytest.mark.parametrize("typed", ["n\n", "\n", "\x04", "\x03"])
def test_anything_but_yes_is_a_no(sandbox: Sandbox, terminal: Callable[..., Terminal], typed: str) -> None:
    before = calls(sandbox)
    asked = terminal("open", f"tel:{sandbox.login['numbers']['answers']}")
    asked.wait_for("Call? [y/N] ")
    asked.type(typed)
    assert asked.end() == 130
    assert calls(sandbox) == before


def test_ctrl_c_undoes(sandbox: Sandbox, terminal: Callable[..., Terminal]) -> None:
    before = calls(sandbox)
    asked = terminal("open", f"tel:{sandbox.login['numbers']['answers']}")
    asked.wait_for("Call? [y/N] ")
    asked.type("yes\n")
    asked.wait_for("Calling in 2 s")
    asked.type("\x03")
    assert asked.end() == 130
    assert "undone: not called." in asked.seen
    assert calls(sandbox) == before


# --- the page -------------------------------------------------------------------------------------------------------


class Asking:
    """A `ringout open --page`, and its page as a browser asks for it."""

    def __init__(self, sandbox: Sandbox, folder: Path, *words: str) -> None:
        address = folder / "address"
        browser = folder / "browser"
        browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {address}.new && mv {address}.new {address}\n')
        browser.chmod(0o755)
        environ = sandbox.environ | {"BROWSER": str(browser), "DISPLAY": ":99"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ringout", "open", "--page", "--", *words],
            env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        eventually(address.exists, "the browser to be started")
        self.url = address.read_text()
        self.origin = re.match(r"http://127\.0\.0\.1:\d+", self.url)[0]  # type: ignore[index]
        self.http = requests.Session()
        self.headers: dict[str, str] = {}

    def open(self) -> requests.Response:
        page = self.get(self.url.removeprefix(self.origin))
        if secret := re.search('data-secret="([^"]+)"', page.text):
            self.headers["X-Ringout-Page"] = secret[1]
        return page

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.http.get(self.origin + path, headers=self.headers | headers, timeout=TIMEOUT_SECONDS)

    def state(self, phase: str) -> dict[str, Any]:
        """Once the page is in that phase."""

        def now() -> dict[str, Any] | None:
            state: dict[str, Any] = self.get("/state").json()
            return state if state["phase"] == phase else None

        found: dict[str, Any] = eventually(now, phase)
        return found

    def press(self, word: str, **headers: str) -> int:
        return self.http.post(
            f"{self.origin}/answer", word, headers=self.headers | headers, timeout=TIMEOUT_SECONDS
        ).status_code

    def close(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def asking(sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[..., Asking]]:
    opened: list[Asking] = []

    def start(*words: str) -> Asking:
        opened.append(Asking(sandbox, tmp_path, *words))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_the_page_asks_counts_and_calls(sandbox: Sandbox, asking: Callable[..., Asking]) -> None:
    page = asking(f"tel:{sandbox.login['numbers']['hangs_up']};postd=12")
    assert page.open().status_code == 200
    question = page.state("question")
    assert question["remarks"] == ["Then sends the digits 12."]
    assert page.press("call") == 204
    assert 0 < page.state("counting")["seconds"] <= 3
    assert page.state("live")["you"]["number"]
    ended = page.state("ended")
    assert (ended["sentence"], ended["joined"]) == ("The call has ended.", True)
    assert end(page.process)[0] == 0


def test_the_page_can_hang_up(sandbox: Sandbox, asking: Callable[..., Asking]) -> None:
    page = asking(f"tel:{sandbox.login['numbers']['rings']}")
    page.open()
    page.state("question")
    page.press("call")
    page.state("live")
    assert page.press("hang up") == 204
    page.state("ended")
    assert end(page.process)[::2] == (130, "ringout: cancelled.\n")


def test_no_and_undo_call_nobody(sandbox: Sandbox, asking: Callable[..., Asking], tmp_path: Path) -> None:
    before = calls(sandbox)
    for presses in (["dismiss"], ["call", "undo"]):
        (tmp_path / "address").unlink(missing_ok=True)
        page = asking(f"tel:{sandbox.login['numbers']['answers']}")
        page.open()
        page.state("question")
        for word, phase in zip(presses, ("counting", "ended"), strict=False):
            assert page.press(word) == 204
            if word == "call":
                page.state(phase)
        assert "nothing was called" in page.state("ended")["sentence"].lower()
        assert end(page.process)[0] == 130
    assert calls(sandbox) == before


def test_only_the_page_itself_is_listened_to(sandbox: Sandbox, asking: Callable[..., Asking]) -> None:
    before = calls(sandbox)
    page = asking(f"tel:{sandbox.login['numbers']['answers']}")
    assert page.get("/guess").status_code == 404
    assert page.get(page.url.removeprefix(page.origin), Host="attacker.example").status_code == 421
    opened = page.open()
    assert "default-src 'none'" in opened.headers["Content-Security-Policy"]
    assert "unsafe" not in opened.headers["Content-Security-Policy"]
    assert page.get(page.url.removeprefix(page.origin)).status_code == 404, "the address is good for one visit"
    page.state("question")
    for headers, code in (
        ({"X-Ringout-Page": ""}, 403),
        ({"X-Ringout-Page": "guess"}, 403),
        ({"Host": "x.example"}, 421),
    ):
        assert page.get("/state", **headers).status_code == code
        assert page.press("call", **headers) == code
    assert page.press("call" * 100) == 400
    assert page.press("undo") == 409
    assert page.http.get(f"{page.origin}/answer", headers=page.headers, timeout=TIMEOUT_SECONDS).status_code == 404
    assert page.state("question")
    page.press("dismiss")
    assert end(page.process)[0] == 130
    assert calls(sandbox) == before


def test_the_page_says_what_went_wrong(sandbox: Sandbox, asking: Callable[..., Asking]) -> None:
    page = asking("tel:nonsense")
    page.open()
    ended = page.state("ended")
    assert (ended["failed"], "cannot be called" in ended["sentence"]) == (True, True)
    assert end(page.process)[0] == 2
