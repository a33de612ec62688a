"""GET /docs: the OpenAPI document as a page for people. No script, and nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ringout.web.api import Api, Operation
from ringout.web.message import Answer, Request

_ACCOUNT = "/restapi/v1.0/account/{accountId}"
_EXTENSION = f"{_ACCOUNT}/extension/{{extensionId}}"
_HTML = (b"content-type", b"text/html; charset=utf-8")
_templates = Environment(loader=PackageLoader("ringout.web"), autoescape=True, undefined=StrictUndefined)
_templates.filters["prose"] = lambda text: _prose(text)

Json = dict[str, Any]
Part = dict[str, str]


async def page(api: Api, request: Request) -> Answer:
    return api.docs


def make(document: Json) -> Answer:
    """The page for an OpenAPI document of ours."""
    source = _templates.get_template("docs.css").render()
    tags: dict[str, list[Json]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags[operation["tags"][0]].append(_operation(path, method, operation, document))
    text = _templates.get_template("docs.html").render(
        title=document["info"]["title"],
        version=document["info"]["version"],
        introduction=document["info"]["description"],
        style=Markup(source),  # our own file
        tags=tags,
        schemas=[_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())],
    )
    return Answer(200, text.encode(), (_HTML, *_guards(source)))


def _prose(text: str) -> Markup:
    """Words between `backticks` are code."""
    parts = text.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    )


def _guards(style: str) -> tuple[tuple[bytes, bytes], ...]:
    """Nothing but the page's own style sheet, which is named by its hash, has any effect in it."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = ("default-src 'none'", f"style-src 'sha256-{digest}'", "base-uri 'none'", "form-action 'none'")
    return (
        (b"content-security-policy", "; ".join((*policy, "frame-ancestors 'none'")).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )


def _operation(path: str, method: str, operation: Json, document: Json) -> Json:
    return {
        "name": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "short_path": path.replace(_EXTENSION, "extension/~").replace(_ACCOUNT, "account/~"),
        "summary": operation["summary"],
        "description": operation.get("description", operation["summary"] + "."),
        "facts": _facts(operation),
        "parameters": [
            _row(p["name"], p["schema"], required=p["required"], meaning=p.get("description", ""))
            for p in operation.get("parameters", ())
        ],
        "exchange": list(_exchange(operation, document)),
    }


def _facts(operation: Json) -> str:
    needed = operation.get("x-app-permission")
    login = (f"Permission {needed}." if needed else "Any login.") if operation["security"] else "No login."
    group = operation.get("x-throttling-group")
    return f"{login} Rate limit: {group}." if group else login


def _exchange(operation: Json, document: Json) -> Iterator[Json]:
    """What goes in, what comes out, and the refusals."""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield _row("body", content["schema"], meaning=media_type, required=True)
    for status, response in operation["responses"].items():
        if "$ref" in response:
            response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        content = next(iter(response.get("content", {}).values()), None)
        yield _row(status, content["schema"] if content else {"type": "no body"}, meaning=response["description"])


def _schema(name: str, schema: Json) -> Json:
    required = schema.get("required", ())
    return {
        "name": name,
        "description": schema.get("description", ""),
        "choices": schema.get("enum", ()),
        "fields": [_row(field, s, required=field in required) for field, s in schema.get("properties", {}).items()],
    }


def _row(name: str, schema: Json, *, required: bool = False, meaning: str = "") -> Json:
    meaning = meaning or schema.get("description", "")
    if "enum" in schema:
        meaning = f"{_sentence(meaning)}One of {', '.join(map(str, schema['enum']))}."
    if schema.get("default") is not None:
        meaning = f"{_sentence(meaning)}Default: {schema['default']}."
    return {"name": name, "required": required, "kind": _kind(schema), "meaning": meaning}


def _sentence(text: str) -> str:
    """With what another sentence needs before it."""
    return f"{text.rstrip('.')}. " if text else ""


def _kind(schema: Json) -> list[Part]:
    """A type in words; what has a section of its own is a link."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [{"text": name, "href": name}]
    if "anyOf" in schema:
        parts = [_kind(one) for one in schema["anyOf"]]
        return [part for index, one in enumerate(parts) for part in ([_word(" or ")] if index else []) + one]
    if schema.get("type") == "array":
        return [_word("list of "), *_kind(schema.get("items") or {})]
    bounds = [f"{word} {schema[key]}" for key, word in _BOUNDS.items() if key in schema]
    return [_word(str(schema.get("type", "anything")) + "".join(f", {bound}" for bound in bounds))]


_BOUNDS = {"minimum": "from", "maximum": "up to", "minLength": "at least", "maxLength": "at most"}


def _word(text: str) -> Part:
    return {"text": text, "href": ""}


PAGE = Operation("readDocs", page, "The same for people.", is_page=True, login=False)
