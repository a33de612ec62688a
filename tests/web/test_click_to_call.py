"""The click-to-call script as pages of other origins fetch it."""

from __future__ import annotations

import pytest

from fakes.web import WebWorld, make_world


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


async def test_any_page_may_load_it(world: WebWorld) -> None:
    headers = {"authorization": "", "origin": "https://example.com", "accept_encoding": "gzip, br"}
    reply = await world.ask("GET", "/click-to-call.js", **headers)
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert reply.headers["access-control-allow-origin"] == "https://example.com"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-encoding"] == "br"
    assert "set-cookie" not in reply.headers
    assert len(reply.body) < 60_000
    again = await world.ask("GET", "/click-to-call.js", **headers, if_none_match=reply.headers["etag"])
    assert (again.status, again.body) == (304, b"")


async def test_is_in_no_description(world: WebWorld) -> None:
    document = (await world.ask("GET", "/openapi.json")).json
    assert "/click-to-call.js" not in document["paths"]
