"""Our own OpenAPI 3.1 document, made from the URL table and from the structs that read the requests and write the
answers: what stands in the document is what the code does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ringout import __version__
from ringout.web import openapi_words as words
from ringout.web import schemas
from ringout.web.api import Api, Operation, Resource
from ringout.web.message import JSON, Answer, Request
from ringout.web.rate_limits import NAMES

_COMPONENTS = "#/components/schemas/"
_TEXT = {"schema": {"type": "string"}}
_WHOLE = {"schema": {"type": "integer", "minimum": 0}}

Json = dict[str, Any]


async def document(api: Api, request: Request) -> Answer:
    return Answer(200, api.openapi, (JSON,))


def make(resources: Sequence[Resource]) -> Json:
    """The document as JSON data."""
    operations = [operation for resource in resources for operation in resource.methods.values()]
    shown = _Schemas(operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "RingOut",
            "version": __version__,
            "description": words.INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(words.tag(resource.path) for resource in resources)],
        "paths": {
            r.path: {method.lower(): _operation(r, o, shown) for method, o in r.methods.items()} for r in resources
        },
        "components": {
            "schemas": shown.components,
            "responses": {
                name: {
                    "description": f"{meaning}.",
                    "headers": _headers(limited=status == 429, retry=status in (429, 503)),
                    "content": {"application/json": {"schema": shown.of(schemas.ErrorEnvelope)}},
                }
                for status, (name, meaning) in words.REFUSALS.items()
            },
            "securitySchemes": _security_schemes(operations),
        },
    }


class _Schemas:
    """The JSON schemas of every type that an operation reads or writes. Structs become components under their names."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        read = [t for o in operations for t in (o.body, o.query) if t is not None]
        written = [o.answer for o in operations if o.answer is not None] + [schemas.ErrorEnvelope]
        types = list(dict.fromkeys([*read, *written]))
        types.sort(key=lambda t: getattr(t, "__name__", ""))
        made, components = msgspec.json.schema_components(types, ref_template=_COMPONENTS + "{name}")
        self._of: dict[Any, Json] = dict(zip(types, made, strict=True))
        for component in components.values():
            if "description" in component:  # a docstring, with its line breaks
                component["description"] = " ".join(component["description"].split())
        self.components: dict[str, Json] = components
        queries = {o.query for o in operations} - {o.body for o in operations} - {o.answer for o in operations}
        self._queries = {t: components.pop(_name(self._of[t])) for t in queries if t is not None}
        if "MakeRingOutRequest" in components:
            components["MakeRingOutRequest"]["required"] = [
                "to"
            ]  # optional to the decoder for the sake of its own error
        readable = _reachable([self._of[t] for t in read if t not in self._queries], components)
        for name in components.keys() - readable:
            _without_null(components[name])

    def of(self, type_: Any) -> Json:
        return self._of[type_]

    def query(self, type_: Any) -> Mapping[str, Json]:
        """The fields of a query and their schemas."""
        fields: Mapping[str, Json] = self._queries[type_]["properties"]
        return fields


def _operation(resource: Resource, operation: Operation, shown: _Schemas) -> Json:
    title, _, more = operation.summary.partition(". ")
    told: Json = {
        "operationId": operation.name,
        "tags": [words.tag(resource.path)],
        "summary": title.rstrip("."),
        "parameters": [*_path_parameters(resource.path), *_query_parameters(operation, shown)],
        "responses": {str(operation.status): _success(operation, shown)},
        "security": [{"bearer": []}, {"oauth2": [operation.permission] if operation.permission else []}],
    }
    if more:
        told["description"] = operation.summary
    if not told["parameters"]:
        del told["parameters"]
    if not operation.login:
        told["security"] = []
    if operation.permission:
        told["x-app-permission"] = operation.permission
    if operation.group:
        told["x-throttling-group"] = operation.group.value
    if operation.body is not None:
        content = {operation.media_type: {"schema": shown.of(operation.body)}}
        told["requestBody"] = {"required": True, "content": content}
    if operation.redirects:
        headers = {**_headers(limited=False), "Location": _TEXT}
        told["responses"]["302"] = {"description": "Back to the application", "headers": headers}
    if operation.streams:
        told["responses"]["204"] = {"description": "Everything has been heard", "headers": _headers(limited=True)}
    for status in refusals(operation):
        name, meaning = words.REFUSALS[status]
        refusal: Json = {"$ref": f"#/components/responses/{name}"}
        if operation.is_page:  # people read the refusal as well, unless the request never reached the page
            content = {"text/html": _TEXT, "application/json": {"schema": shown.of(schemas.ErrorEnvelope)}}
            refusal = {"description": f"{meaning}.", "content": content}
        told["responses"][str(status)] = refusal
    return told


def refusals(operation: Operation) -> list[int]:
    """Every status other than the success that the operation may answer."""
    found = {400, 405, 500, 503, *operation.refusals}  # 405: a POST may stand for any other method
    if operation.login:
        found |= {401, 403, 404}
    if operation.body is not None:
        found |= {413, 415}
    if operation.group:
        found.add(429)
    return sorted(found - {operation.status})


def _path_parameters(path: str) -> Iterator[Json]:
    for before, name in re.findall(r"([^/]*)/\{(\w+)\}", path):
        schema, meaning = words.PATH_PARAMETERS.get((before, name)) or words.PATH_PARAMETERS.get(
            ("", name), ({"type": "string"}, "")
        )
        told: Json = {"name": name, "in": "path", "required": True, "schema": schema}
        yield {**told, "description": meaning} if meaning else told


def _query_parameters(operation: Operation, shown: _Schemas) -> Iterator[Json]:
    if operation.query is None:
        return
    for name, schema in shown.query(operation.query).items():
        plain = _plain(schema)
        told: Json = {"name": name, "in": "query", "required": False, "schema": plain}
        if "description" in plain:
            told["description"] = plain.pop("description")
        yield told


def _success(operation: Operation, shown: _Schemas) -> Json:
    told: Json = {"description": "Success", "headers": _headers(limited=operation.group is not None)}
    if operation.is_page:
        told["content"] = {"text/html": _TEXT}
    elif operation.streams:
        told["content"] = {"text/event-stream": {"schema": _event(shown.of(operation.answer))}}
    elif operation.picture:
        told["content"] = {operation.picture: {}}
    elif operation.answer is not None:
        told["content"] = {"application/json": {"schema": shown.of(operation.answer)}}
        told["headers"]["Content-Language"] = _TEXT
    return told


def _event(data: Json) -> Json:
    """One Server-Sent Event, as OpenAPI 3.2 section 4.14.4 describes them; 3.1 has no word for a sequence of such."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    event = {"type": "string", "const": "ring-out"}
    described = {"id": {"type": "string", "description": "For Last-Event-ID"}, "event": event, "data": data}
    return {"type": "object", "description": "One Server-Sent Event of many", "properties": described}


def _headers(*, limited: bool, retry: bool = False) -> Json:
    told: Json = {"RCRequestId": _TEXT}
    if limited:
        told |= {name: _TEXT if name.endswith("Group") else _WHOLE for name in NAMES}
    if retry:
        told["Retry-After"] = _WHOLE
    return told


def _security_schemes(operations: Sequence[Operation]) -> Json:
    scopes = {o.permission: "" for o in operations if o.permission}
    token = "/restapi/oauth/token"
    ends = {"tokenUrl": token, "refreshUrl": token, "scopes": dict(sorted(scopes.items()))}
    flows = {
        "authorizationCode": {"authorizationUrl": "/restapi/oauth/authorize", **ends},
        "password": ends,
        "clientCredentials": ends,
    }
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An access token, however it was got."},
        "oauth2": {
            "type": "oauth2",
            "flows": flows,
            "description": "The JWT bearer grant has no flow of its own here.",
        },
    }


# --- JSON schema -------------------------------------------------------------------------------------------------


def _name(schema: Json) -> str:
    return str(schema["$ref"]).removeprefix(_COMPONENTS)


def _reachable(roots: Sequence[Any], components: Mapping[str, Json]) -> set[str]:
    """Names of the components that these schemas lead to."""
    found: set[str] = set()
    waiting: list[Any] = list(roots)
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "$ref" in node and _name(node) not in found:
                found.add(_name(node))
                waiting.append(components[_name(node)])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found


def _without_null(component: Json) -> None:
    """An answer leaves out what is not known: nothing in it is ever null."""
    properties: Json = component.get("properties", {})
    for name, schema in properties.items():
        properties[name] = _plain(schema)


def _plain(schema: Json) -> Json:
    """Without null and without the default that stands for an absent field."""
    schema = dict(schema)
    if schema.get("default", ...) in (None, []):
        del schema["default"]
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema = {**kinds[0], **schema}
    elif kinds:
        schema["anyOf"] = kinds
    return schema


DOCUMENT = Operation("readOpenApi", document, "This description.", dict, login=False)
