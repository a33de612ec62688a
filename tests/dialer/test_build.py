"""The files that are served are those that the sources make, small, and in every language whole."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Response, expect

from .person import Person

ROOT = Path(__file__).parents[2]
SOURCES, SERVED = ROOT / "dialer", ROOT / "src" / "ringout" / "web" / "dialer"
MOST_BYTES = 60_000  # compressed, of everything that the first visit loads
_SAID = re.compile(r"\bt\(\s*'((?:[^'\\]|\\.)*)'")
_KINDS = {"Mobile", "Home", "Work", "Other"}  # said by their names in the API


def node(*command: str) -> str:
    if not (SOURCES / "node_modules" / ".ready").exists():
        assert os.environ.get("CI") != "true", "node or its packages are missing: tools/client_packages.sh"
        pytest.skip("node or its packages are missing: tools/client_packages.sh")
    done = subprocess.run(["node", *command], cwd=SOURCES, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_served_is_what_the_sources_make(tmp_path: Path) -> None:
    """Otherwise: npm run build, in dialer/."""
    node("build.mjs", str(tmp_path))
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    served = {file.name: file.read_bytes() for file in SERVED.iterdir()}
    assert made.keys() == served.keys()
    # Another zlib may pack otherwise: what counts is what comes out.
    assert [name for name in made if not name.endswith(".br") and made[name] != served[name]] == []


@pytest.mark.parametrize("name", ["app.js", "style.css", "index.html", "service-worker.js"])
def test_the_packed_files_are_the_same(name: str) -> None:
    unpack = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))"
    assert node("-e", unpack, str(SERVED / f"{name}.br")) == (SERVED / name).read_text()


def test_types() -> None:
    node("node_modules/typescript/bin/tsc", "--noEmit")


def test_the_first_visit_is_small(person: Person) -> None:
    """Everything that comes over the wire before the page can be used, and nothing of it from elsewhere."""
    got: list[Response] = []
    person.context.on("response", lambda response: got.append(response))
    page = person.open()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert {response.url.removeprefix(person.login["url"]).partition("/")[0] for response in got} == {""}
    sizes = {r.url: r.request.sizes() for r in got if r.request.service_worker is None}
    sent = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes.values())
    assert 10_000 < sent < MOST_BYTES


def test_small_without_brotli_too() -> None:
    packed = [gzip.compress((SERVED / name).read_bytes()) for name in ("app.js", "style.css", "index.html")]
    assert sum(map(len, packed)) < MOST_BYTES


def said() -> set[str]:
    """Every sentence of the page."""
    return _KINDS | {text for file in (SOURCES / "src").glob("*.ts") for text in _SAID.findall(file.read_text())}


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr"])
def test_every_language_is_whole(language: str) -> None:
    texts: dict[str, str] = json.loads((SOURCES / "texts" / f"{language}.json").read_text())
    assert texts.keys() == said()
    places = re.compile(r"\{\w+\}")
    assert [one for one in texts if sorted(places.findall(one)) != sorted(places.findall(texts[one]))] == []
    assert all(texts.values())


def test_installable() -> None:
    manifest: dict[str, Any] = json.loads((SERVED / "manifest.webmanifest").read_text())
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("./", "./", "standalone")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        file = SERVED / icon["src"].removeprefix("dialer/")
        if file.suffix == ".png":
            width, height = (int.from_bytes(file.read_bytes()[at : at + 4], "big") for at in (16, 20))
            assert f"{width}x{height}" == icon["sizes"]


def test_the_browser_finds_it_installable(person: Person) -> None:
    page = person.sign_in()
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    told = person.context.new_cdp_session(page).send("Page.getInstallabilityErrors")
    # A window without a trace cannot install anything; it has nothing else to say against the page.
    assert [error["errorId"] for error in told["installabilityErrors"]] in ([], ["in-incognito"])
