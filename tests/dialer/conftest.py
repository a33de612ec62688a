"""A sandbox, Debian's Chromium, and people who use the dialer in it.

Playwright keeps a loop running in this thread for as long as it is open, which no asynchronous test could stand: all of
this lives for one module only.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from browser import OPTIONS, PROGRAM
from sandbox.running import Sandbox

from .person import Person

FLAGS = list(OPTIONS)
expect.set_options(timeout=20_000)  # what is waited for takes long only while other tests have the processors


def need_chromium() -> str:
    """Its path. Skips where it is missing, which with CI=true is an error."""
    path = shutil.which(PROGRAM)
    if path is None:
        assert os.environ.get("CI") != "true", "chromium is missing: tools/system_programs.sh"
        pytest.skip("chromium is missing: tools/system_programs.sh")
    return path


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    need_chromium()
    running = Sandbox(tmp_path_factory.mktemp("dialer"))
    yield running
    running.end()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    need_chromium()
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(executable_path=need_chromium(), args=FLAGS)
    yield running
    running.close()


@pytest.fixture
def person(sandbox: Sandbox, browser: Browser) -> Iterator[Person]:
    """Somebody at the sandbox's bare address, not signed in yet. The page must not have said a word to the console."""
    somebody = Person(browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US"), sandbox.login)
    yield somebody
    somebody.leave()
    assert somebody.complaints == []
