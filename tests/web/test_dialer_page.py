"""The dialer's files, as browsers fetch them."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from fakes.web import CONFIG, WebWorld, make_world
from ringout.config import MediaConfig

PARTS = ("/", "/dialer/app.js", "/dialer/style.css", "/dialer/icon.svg", "/dialer/icon-192.png", "/dialer/de.json",
         "/service-worker.js", "/manifest.webmanifest")  # fmt: skip

WITH_BROWSER_PHONES = replace(CONFIG, media=MediaConfig(engine="rtpengine"))


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(WITH_BROWSER_PHONES)


async def test_without_rtpengine_the_page_connects_to_its_own_server_alone() -> None:
    reply = await (await make_world()).ask("GET", "/", authorization="")
    assert "connect-src 'self';" in reply.headers["content-security-policy"]


@pytest.mark.parametrize("path", PARTS)
async def test_nothing_but_the_page_itself_has_any_effect(world: WebWorld, path: str) -> None:
    reply = await world.ask("GET", path, authorization="", origin="https://elsewhere.example")
    assert reply.status == 200
    rules = dict(rule.split(" ", 1) for rule in reply.headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert {rules[name] for name in ("script-src", "style-src", "img-src")} == {"'self'"}
    # The phone in the page registers with this server, which the page alone may do.
    assert rules["connect-src"] == ("'self' wss://api.test:7443" if path == "/" else "'self'")
    assert {rules[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in reply.headers  # no other page reads it


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.0,gzip ;q=0", None),
        ("", None),
        ("identity", None),
        ("*", None),
        ("gzip" * 5000, None),
    ],
)
async def test_compressed_as_the_browser_takes_it(world: WebWorld, accepted: str, encoding: str | None) -> None:
    plain = await world.ask("GET", "/dialer/app.js")
    reply = await world.ask("GET", "/dialer/app.js", accept_encoding=accepted)
    assert reply.headers.get("content-encoding") == encoding
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.headers["content-length"] == str(len(reply.body))
    if encoding == "gzip":
        assert gzip.decompress(reply.body) == plain.body
    elif encoding is None:
        assert reply.body == plain.body


@pytest.mark.parametrize("path", PARTS)
@pytest.mark.parametrize("encoding", ["", "gzip", "br"])
async def test_not_sent_again(world: WebWorld, path: str, encoding: str) -> None:
    first = await world.ask("GET", path, accept_encoding=encoding)
    tag = first.headers["etag"]
    for shown in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await world.ask("GET", path, accept_encoding=encoding, if_none_match=shown)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == tag
        assert not {"content-length", "content-encoding"} & set(again.headers)
    for shown in ('"other"', tag.strip('"'), '"', "," * 5000):
        again = await world.ask("GET", path, accept_encoding=encoding, if_none_match=shown)
        assert (again.status, again.body) == (200, first.body)


async def test_each_encoding_has_a_tag_of_its_own(world: WebWorld) -> None:
    tags = [(await world.ask("GET", "/dialer/app.js", accept_encoding=e)).headers["etag"] for e in ("", "gzip", "br")]
    assert len(set(tags)) == 3


@pytest.mark.parametrize(
    "path",
    ["/dialer", "/dialer/", "/dialer/index.html", "/dialer/service-worker.js", "/dialer/app.js.br", "/dialer/../app.py",
     "/dialer/..%2f..%2fapp.py", "/dialer/%2e%2e", "/dialer/__init__.py", "/dialer/a/b", "/index.html"],
)  # fmt: skip
async def test_nothing_else_is_served(world: WebWorld, path: str) -> None:
    assert (await world.ask("GET", path)).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_files_are_read_only(world: WebWorld, method: str) -> None:
    reply = await world.ask(method, "/")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("query", ["number=%2B16505550102", "number=+16505550102", "", "number=%0d%0aX:%20y"])
async def test_universal_links_lead_to_the_page(world: WebWorld, query: str) -> None:
    """Relative: a proxy may have put a path before ours. Escapes stay escapes."""
    reply = await world.ask("GET", f"/dial?{query}")
    assert (reply.status, reply.headers["location"]) == (302, f"./?{query}")
    assert world.store.rows == {}


async def test_no_host_gets_more_into_the_policy(world: WebWorld) -> None:
    for host in ("x; script-src *", "a b", "x'unsafe-inline'"):
        reply = await world.ask("GET", "/", authorization="", host=host)
        policy = reply.headers.get("content-security-policy", "")
        assert "*" not in policy
        assert "unsafe" not in policy
