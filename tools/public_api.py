"""Reduces an OpenAPI document to facts: names, types and statuses, without one sentence of prose.

`python tools/public_api.py DESCRIPTION` writes tests/web/public_api.json from RingCentral's description (YAML), for the
paths that this server serves. Run it again when one more of them is served, or when the description is a newer one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "tests" / "web" / "public_api.json"
METHODS = ("get", "put", "post", "delete", "patch")

Json = dict[str, Any]


def facts(document: Json, paths: Iterable[str]) -> Json:
    """(path, method) of those paths, as "GET /x" -> what is said about it. Fields are dotted paths, lists transparent:
    {"records.id": "string"}; a type may have its values: "string: A | B"."""
    return {
        f"{method.upper()} {path}": _operation(document, document["paths"][path][method])
        for path in sorted(set(paths) & set(document["paths"]))
        for method in METHODS
        if method in document["paths"][path]
    }


def _operation(document: Json, operation: Json) -> Json:
    status = min(status for status in operation["responses"] if status[0] in "23")
    request = resolve(document, operation.get("requestBody", {})).get("content", {})
    answer = resolve(document, operation["responses"][status]).get("content", {})
    parameters = [resolve(document, parameter) for parameter in operation.get("parameters", ())]
    told: Json = {
        "operationId": operation["operationId"],
        "status": int(status),
        "parameters": {
            f"{p['in']} {p['name']}": kind(document, p["schema"]) for p in parameters if p["in"] != "header"
        },
        "bodies": sorted(request),
        "request": _all_fields(document, request),
        "answers": sorted(answer),
        "answer": _all_fields(document, answer),
        "request_required": _all_required(document, request),
        "answer_required": _all_required(document, answer),
    }
    for name in ("x-throttling-group", "x-app-permission"):
        told[name.removeprefix("x-")] = operation.get(name)
    return told


def _all_fields(document: Json, content: Mapping[str, Json]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in content.values():
        found.update(fields(document, one.get("schema", {})))
    return found


def _all_required(document: Json, content: Mapping[str, Json]) -> list[str]:
    return sorted({name for one in content.values() for name in required(document, one.get("schema", {}))})


def fields(document: Json, schema: Json, prefix: str = "", seen: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(dotted path, type) of every field. A type inside itself is not followed again."""
    if "$ref" in schema:
        if schema["$ref"] in seen:
            return
        seen = (*seen, schema["$ref"])
        schema = resolve(document, schema)
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from fields(document, part, prefix, seen)
    if schema.get("type") == "array":
        yield from fields(document, schema.get("items", {}), prefix, seen)
    for name, inner in schema.get("properties", {}).items():
        yield f"{prefix}{name}", kind(document, inner)
        yield from fields(document, inner, f"{prefix}{name}.", seen)


def required(document: Json, schema: Json, prefix: str = "", seen: tuple[str, ...] = ()) -> Iterator[str]:
    """Dotted paths of the fields that are there whenever what holds them is."""
    if "$ref" in schema:
        if schema["$ref"] in seen:
            return
        seen = (*seen, schema["$ref"])
        schema = resolve(document, schema)
    for part in schema.get("allOf", ()):
        yield from required(document, part, prefix, seen)
    if schema.get("type") == "array":
        yield from required(document, schema.get("items", {}), prefix, seen)
    yield from (f"{prefix}{name}" for name in schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        yield from required(document, inner, f"{prefix}{name}.", seen)


def kind(document: Json, schema: Json) -> str:
    """The type in a word or two."""
    schema = resolve(document, schema)
    parts = [resolve(document, p) for key in ("allOf", "oneOf", "anyOf") for p in schema.get(key, ())]
    kinds = sorted({kind(document, part) for part in parts if part.get("type") != "null"})
    if len(kinds) > 1:
        kinds = ["object"] if set(kinds) == {"object"} else kinds
    if kinds:
        return " or ".join(kinds)
    name = schema.get("type", "object" if "properties" in schema else "string" if "enum" in schema else "anything")
    if name == "array":
        return f"list of {kind(document, schema.get('items', {}))}"
    if "enum" in schema:
        return f"{name}: {' | '.join(sorted(map(str, schema['enum'])))}"
    return str(name)


def resolve(document: Json, node: Json) -> Json:
    while "$ref" in node:
        found: Any = document
        for step in node["$ref"].split("/")[1:]:
            found = found[step]
        node = found
    return node


def render(told: Json) -> str:
    """As the file holds it."""
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    import yaml

    from ringout.web import routes

    document = yaml.load(Path(sys.argv[1]).read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    FILE.write_text(render(facts(document, [resource.path for resource in routes.RESOURCES])))


if __name__ == "__main__":
    main()
