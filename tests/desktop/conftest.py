"""A person's desktop: a screen that nobody sees, a home of its own, a browser, and links that open RingOut."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from sandbox.running import Sandbox

AXE = Path(__file__).parents[2] / "dialer" / "node_modules" / "axe-core" / "axe.min.js"
expect.set_options(timeout=30_000)  # a tab waits for a program that a busy machine starts slowly
CHROMIUM = "/usr/bin/chromium"
PROGRAMS = ("Xvfb", "xdg-open", "xdg-mime", "desktop-file-validate", CHROMIUM)
_FLAGS = ("--no-sandbox", "--disable-background-networking", "--no-first-run", "--no-default-browser-check")


def need_programs() -> None:
    """Skips where one of them is missing, which with CI=true is an error."""
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        assert os.environ.get("CI") != "true", f"missing: {missing}; tools/system_programs.sh installs them"
        pytest.skip(f"missing: {missing}")


def need_axe() -> None:
    if not AXE.exists():
        assert os.environ.get("CI") != "true", "axe-core is missing: tools/client_packages.sh installs it"
        pytest.skip("axe-core is missing: tools/client_packages.sh installs it")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("desktop"))
    yield running
    running.end()


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """The DISPLAY of an X server."""
    need_programs()
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
        pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    with os.fdopen(reading) as number:
        display = number.readline().strip()
    assert display, "no X server"
    yield f":{display}"
    server.terminate()
    server.wait(30)


@pytest.fixture(scope="module")  # no longer: its loop runs in this thread, and no asynchronous test could follow
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@dataclass
class Person:
    """environ: what this person's programs are started with."""

    home: Path
    environ: dict[str, str]
    browser: BrowserContext
    pages_of: str  # the origin whose links to programs the browser opens without asking

    def ringout(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ringout", *words], env=self.environ, capture_output=True, text=True, timeout=60
        )

    def xdg_open(self, link: str) -> Page:
        """The tab that comes of it."""
        with self.browser.expect_page() as opened:
            opener = subprocess.Popen(["xdg-open", link], env=self.environ, stdin=subprocess.DEVNULL)
        self._openers.append(opener)
        return opened.value

    def __post_init__(self) -> None:
        self._openers: list[subprocess.Popen[bytes]] = []

    def leave(self) -> None:
        """Every program that a link has started has come to its end."""
        for opener in self._openers:
            opener.wait(30)


@pytest.fixture
def person(tmp_path: Path, screen: str, sandbox: Sandbox, playwright: Playwright) -> Iterator[Person]:
    home = tmp_path / "home"
    profile = home / "chromium"
    origin = "http://127.0.0.1:1"
    environ = {name: value for name, value in sandbox.environ.items() if not name.startswith(("XDG_", "WAYLAND_"))}
    environ |= {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": sandbox.environ["XDG_STATE_HOME"],
        "XDG_CURRENT_DESKTOP": "X-Generic",
        "DISPLAY": screen,
    }
    environ.pop("BROWSER", None)
    _make_default_browser(home, profile)
    _allow_links(profile, origin)
    browser = playwright.chromium.launch_persistent_context(
        profile, executable_path=CHROMIUM, headless=False, args=list(_FLAGS), chromium_sandbox=False, env=environ
    )
    browser.set_default_timeout(60_000)
    made = Person(home, environ, browser, origin)
    try:
        assert made.ringout("handler", "install").returncode == 0
        yield made
        made.leave()
    finally:
        browser.close()


def _make_default_browser(home: Path, profile: Path) -> None:
    """As a package of a browser does it: an entry, and the choice of this person. It opens tabs in the browser that
    runs."""
    program = home / "browser"
    program.parent.mkdir(parents=True)
    program.write_text(
        f'#!/bin/sh\nexec {CHROMIUM} {" ".join(_FLAGS)} --user-data-dir={profile} "$@" >/dev/null 2>&1\n'
    )
    program.chmod(0o755)
    entry = home / "data" / "applications" / "browser.desktop"
    entry.parent.mkdir(parents=True)
    entry.write_text(
        f"[Desktop Entry]\nType=Application\nName=Browser\nExec={program} %u\nMimeType=x-scheme-handler/http;\n"
    )
    chosen = home / "config" / "mimeapps.list"
    chosen.parent.mkdir(parents=True)
    chosen.write_text("[Default Applications]\nx-scheme-handler/http=browser.desktop\n")


def _allow_links(profile: Path, origin: str) -> None:
    """What the browser writes down when somebody ticks that pages of this origin may always open such links."""
    preferences = profile / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    pairs = {origin: dict.fromkeys(("rcmobile", "tel"), True)}
    preferences.write_text(json.dumps({"protocol_handler": {"allowed_origin_protocol_pairs": pairs}}))
