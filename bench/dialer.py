"""How fast the dialer is there: `python -m bench.dialer [RUNS]`. Debian's Chromium, a sandbox, loopback.

Each run is a browser without cache, cookie or service worker. "way in": from the address to the button that signs in;
"dialer": the same with a login that this browser remembers, until the phones are loaded, the event stream is
asked for and the number field takes digits. Milliseconds as the page itself measures them.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from dialer.person import Person
from sandbox.running import Sandbox

WAY_IN = "performance.getEntriesByName('welcome')[0].startTime"
DIALER = "performance.getEntriesByName('usable')[0].startTime"


def measure(browser: Browser, login: dict[str, Any], runs: int) -> dict[str, list[float]]:
    """Milliseconds by what was opened, and the bytes that came over the wire."""
    context = browser.new_context()
    person = Person(context, login)
    person.sign_in()
    state = context.storage_state()
    person.leave()
    found: dict[str, list[float]] = {"way in": [], "dialer": [], "bytes": []}
    for _ in range(runs):
        context = browser.new_context()
        visitor = Person(context, login)
        visitor.open().get_by_role("button", name="Sign in").wait_for()
        found["way in"].append(visitor.page.evaluate(WAY_IN))
        visitor.leave()
        context = browser.new_context(storage_state=state)
        visitor = Person(context, login)
        sizes: list[int] = []
        context.on("requestfinished", lambda request, sizes=sizes: sizes.append(_bytes(request)))
        visitor.open()
        visitor.ready()
        found["dialer"].append(visitor.page.evaluate(DIALER))
        found["bytes"].append(sum(sizes))
        visitor.leave()
    return found


def _bytes(request: Any) -> int:
    """Of the page's own files; what the API answers grows with the user."""
    if "/restapi/" in request.url or request.service_worker is not None:
        return 0
    sizes = request.sizes()
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])


def main(runs: int) -> None:
    path = shutil.which("chromium") or sys.exit("bench: chromium is missing (Debian: chromium)")
    with tempfile.TemporaryDirectory() as directory:
        sandbox = Sandbox(Path(directory))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
                found = measure(browser, sandbox.login, runs)
                browser.close()
        finally:
            sandbox.end()
    for name in ("way in", "dialer"):
        each = found[name]
        print(f"{name:8}{statistics.median(each):6.0f} ms  ({min(each):.0f} to {max(each):.0f})")
    print(f"over the wire {statistics.median(found['bytes']) / 1000:.1f} KB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
