"""Debian's Chromium, for tests of pages. Import the fixture where it is used."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

PROGRAM = "chromium"
OPTIONS = ("--no-sandbox", "--disable-background-networking")


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """One for each test: Playwright's loop would be in the way of other tests' loops if it went on between them."""
    path = shutil.which(PROGRAM)
    if path is None:
        message = f"{PROGRAM} is not installed"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()
