"""The description of the API, for programs and for people."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from fakes.web import make_world
from ringout.web import docs_page, oauth, openapi, openapi_words, reference, routes, schemas
from ringout.web.oauth_bodies import AuthorizeQuery, RevokeForm, TokenForm

ROOT = Path(__file__).parents[2]


@cache
def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(schemas.encode(openapi.make(routes.RESOURCES)))
    return made


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


async def test_the_document_is_served_and_whole() -> None:
    world = await make_world()
    served = await world.ask("GET", "/openapi.json", authorization="")
    assert served.json == document()
    assert served.headers["content-type"].startswith("application/json")
    assert document()["openapi"] == "3.1.0"
    assert {(path, method.upper()) for method, path, _ in operations()} == {
        (resource.path, method) for resource in routes.RESOURCES for method in resource.methods
    }
    assert "NoSuchUser" in document()["components"]["schemas"]["PartyStatus"]["enum"]
    assert document()["components"]["schemas"]["MakeRingOutRequest"]["required"] == ["to"]


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    used = set(references(document()))
    for reference_ in used:
        node: Any = document()
        for step in reference_.split("/")[1:]:
            node = node[step]
    for kind in ("schemas", "responses"):
        for name in document()["components"][kind]:
            assert f"#/components/{kind}/{name}" in used or name == "Conflict", name


def test_every_schema_is_one() -> None:
    for schema in document()["components"]["schemas"].values():
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_descriptions_are_lines_without_breaks() -> None:
    told = [schema.get("description", "") for schema in document()["components"]["schemas"].values()]
    assert any(len(text) > 150 for text in told)
    assert [text for text in told if "\n" in text or "  " in text] == []


def test_the_envelope_always_has_both_layers() -> None:
    envelope = document()["components"]["schemas"]["ErrorEnvelope"]
    assert envelope["required"] == ["errorCode", "message", "errors"]
    assert {"parameterName", "parameterValue", "permissionName", "feature", "status"} <= set(envelope["properties"])


def test_names_and_parameters() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in document()["tags"]}
    for method, path, operation in operations():
        told = operation.get("parameters", [])
        assert [p["name"] for p in told if p["in"] == "path"] == re.findall(r"\{(\w+)\}", path)
        assert len({(p["in"], p["name"]) for p in told}) == len(told)
        assert set(operation["tags"]) <= tags
        assert operation["summary"], path
        assert not operation["summary"].endswith(".")
        if method == "get":
            assert "requestBody" not in operation
        if operation["security"]:
            assert {"400", "401", "403", "404", "405"} <= set(operation["responses"])
        if "requestBody" in operation:
            assert {"413", "415"} <= set(operation["responses"])


def test_groups_and_permissions() -> None:
    post = document()["paths"]["/restapi/v1.0/account/{accountId}/extension/{extensionId}/ring-out"]["post"]
    assert post["x-throttling-group"] == "Heavy"
    assert post["x-app-permission"] == "RingOut"
    assert post["security"] == [{"bearer": []}, {"oauth2": ["RingOut"]}]
    assert "429" in post["responses"]
    assert {"RCRequestId", "X-Rate-Limit-Remaining"} <= set(post["responses"]["200"]["headers"])
    limits = document()["components"]["responses"]["TooManyRequests"]["headers"]
    assert {"Retry-After", "X-Rate-Limit-Limit"} <= set(limits)
    known = set(document()["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]["scopes"])
    assert {o["x-app-permission"] for _, _, o in operations() if "x-app-permission" in o} == known
    for _, path, operation in operations():
        assert ("429" in operation["responses"]) >= ("x-throttling-group" in operation), path


@pytest.mark.parametrize(
    ("path", "tag"),
    [
        ("/restapi/v1.0/account/{accountId}/extension/{extensionId}/ring-out/{ringoutId}", "RingOut"),
        ("/restapi/v1.0/account/{accountId}/extension/{extensionId}", "Extension"),
        ("/restapi/v1.0/account/{accountId}", "Account"),
        ("/restapi/v1.0", "API"),
        ("/restapi/oauth/token", "OAuth"),
        ("/restapi/v1.0/new-things/{id}", "New things"),
    ],
)
def test_what_belongs_together(path: str, tag: str) -> None:
    assert openapi_words.tag(path) == tag


def test_forms_are_read_by_their_description() -> None:
    """The types of JSON bodies and queries decode them; a form's type says which of its fields are read."""
    form = {"device_code": "x", "grant_type": "password", "scope": "RingOut", "request": "x"}
    assert oauth.described(form, TokenForm) == {"grant_type": "password", "scope": "RingOut"}
    assert oauth.described({"token": "x", **form}, RevokeForm) == {"token": "x"}
    assert oauth.described(form, AuthorizeQuery) == {"scope": "RingOut", "request": "x"}


def test_answers_hold_no_null_and_requests_may() -> None:
    told = document()["components"]["schemas"]
    assert told["RingOutStatus"]["properties"]["explanation"] == {"type": "string"}
    assert told["MakeRingOutRequest"]["properties"]["playPrompt"]["anyOf"] == [{"type": "boolean"}, {"type": "null"}]


def test_the_written_reference_is_up_to_date() -> None:
    written = (ROOT / "docs" / "reference" / "api.md").read_text()
    assert written == reference.render(), "run make docs"


# --- the page ----------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags, ids and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.tags if attribute in attrs]


async def test_the_page_is_whole_and_loads_nothing() -> None:
    world = await make_world()
    reply = await world.ask("GET", "/docs", authorization="")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = reply.body.decode()
    page = Page(text)
    assert page.open == []
    assert not {"script", "img", "iframe", "form", "object", "link"} & {tag for tag, _ in page.tags}
    assert "style" not in {name for _, attrs in page.tags for name in attrs}
    ids = page.all("id")
    assert len(set(ids)) == len(ids)
    assert {operation["operationId"] for _, _, operation in operations()} <= set(ids)
    assert set(document()["components"]["schemas"]) <= set(ids)
    for link in page.all("href"):
        assert link == "/openapi.json" or (link[0] == "#" and link[1:] in ids), link
    assert "{{" not in text
    assert "None" not in re.sub(r"<style>.*?</style>", "", text).replace("callerIdVisibility", "")[:2000]


async def test_the_page_s_policy_allows_its_own_style_alone() -> None:
    world = await make_world()
    reply = await world.ask("GET", "/docs", authorization="")
    policy = reply.headers["content-security-policy"].split("; ")
    style = re.search(r"<style>(.*?)</style>", reply.body.decode(), re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[0] == "default-src 'none'"
    assert f"style-src 'sha256-{digest}'" in policy
    assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_the_page_shows_text_as_text() -> None:
    made = json.loads(json.dumps(document()))
    made["info"]["description"] = "<script>alert(1)</script> `<b>`"
    text = docs_page.make(made).body.decode()
    assert "<script" not in text
    assert "<code>&lt;b&gt;</code>" in text
