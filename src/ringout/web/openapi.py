"""Our own OpenAPI 3.1 document, made from the URL table and the structs that do the work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from ringout import __version__
from ringout.web import schemas
from ringout.web.api import Api, Operation, Resource
from ringout.web.message import JSON, Answer, Request

_REASONS = {
    400: "The request cannot be understood: a missing or impossible parameter",
    401: "Who asks is not known: no token, a bad one, or one whose time is over",
    403: "Known, understood and not allowed",
    404: "No such account, RingOut or URL",
    405: "No such method here",
    413: "The body is too large",
    415: "The body is of another media type",
    503: "Not now: see Retry-After",
}


async def document(api: Api, request: Request) -> Answer:
    return Answer(200, api.openapi, (JSON,))


def make(resources: Sequence[Resource]) -> dict[str, Any]:
    """The document as JSON data."""
    named = (t for r in resources for o in r.methods.values() for t in (o.body, o.answer))
    types = {t for t in named if t is not None and _is_struct(t)} | {schemas.ErrorEnvelope}
    ordered = sorted(types, key=lambda t: t.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    components["MakeRingOutRequest"]["required"] = ["to"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "RingOut", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": {r.path: {m.lower(): _operation(r, o) for m, o in r.methods.items()} for r in resources},
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(resource: Resource, operation: Operation) -> dict[str, Any]:
    description: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {str(operation.status): _success(operation)},
        "security": [{"bearer": []}] if operation.login else [],
    }
    if operation.permission:
        description["x-app-permission"] = operation.permission
    names = re.findall(r"\{(\w+)\}", resource.path)
    if names:
        description["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    if operation.body is not None:
        content = {operation.media_type: {"schema": _schema(operation.body)}}
        description["requestBody"] = {"required": True, "content": content}
    for status in operation.refusals:
        content = {"application/json": {"schema": _schema(schemas.ErrorEnvelope)}}
        description["responses"][str(status)] = {"description": _REASONS[status], "content": content}
    return description


def _success(operation: Operation) -> dict[str, Any]:
    if operation.answer is None:
        return {"description": "Done"}
    return {"description": "Success", "content": {"application/json": {"schema": _schema(operation.answer)}}}


def _schema(type_: type) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{type_.__name__}"} if _is_struct(type_) else {"type": "object"}


def _is_struct(type_: type | None) -> bool:
    return type_ is not None and issubclass(type_, msgspec.Struct)


DOCUMENT = Operation("readOpenApi", document, "This description.", dict, refusals=(405,), login=False)
