"""Writes docs/reference/api.md from the URL table, the structs and the errors: python -m ringout.web.reference."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec

from ringout.domain.errors import ForwardingNumberRefused, RingOutError
from ringout.web import openapi, problems, routes
from ringout.web.api import Operation, Resource


def render() -> str:
    """The whole page, Markdown."""
    return "\n".join([*_head(), *_operations(), *_schemas(), *_errors()]) + "\n"


def _head() -> Iterator[str]:
    yield "# HTTP API"
    yield ""
    yield "Written from the code by `make docs`; a test keeps it current. A running server tells the same:"
    yield "`/openapi.json` is OpenAPI 3.1, `/docs` a page."
    yield ""
    yield "`{accountId}` and `{extensionId}` are `~` or the ids of the token's owner."
    yield ""


def _operations() -> Iterator[str]:
    for resource in routes.RESOURCES:
        for method, operation in resource.methods.items():
            yield from _operation(resource, method, operation)


def _operation(resource: Resource, method: str, operation: Operation) -> Iterator[str]:
    yield f"## {method} {resource.path}"
    yield ""
    yield operation.summary
    yield ""
    login = "none" if operation.login else "none, no login needed"
    yield f"- Permission: {operation.permission or login}"
    if operation.group is not None:
        yield f"- Rate limit: {operation.group}"
    if operation.query is not None:
        names = (field.encode_name for field in msgspec.structs.fields(operation.query))
        yield f"- Query: {', '.join(f'`{name}`' for name in names)}"
    if operation.body is not None:
        yield f"- Body: `{operation.media_type}`, {_link(operation.body)}"
    yield f"- Answer: {operation.status}, {_answer(operation)}"
    yield f"- Refusals: {', '.join(map(str, openapi.refusals(operation)))}"
    yield ""


def _answer(operation: Operation) -> str:
    if operation.is_page:
        return "a page"
    if operation.streams:
        return f"events of {_link(operation.answer or dict)}, or 204"
    if operation.picture is not None:
        return f"`{operation.picture}`"
    return "no body" if operation.answer is None else _link(operation.answer)


def _link(type_: type) -> str:
    return "JSON" if type_ is dict else f"[{type_.__name__}](#{type_.__name__.lower()})"


def _schemas() -> Iterator[str]:
    for name, schema in sorted(openapi.make(routes.RESOURCES)["components"]["schemas"].items()):
        yield f"## {name}"
        yield ""
        if "description" in schema:
            yield schema["description"]
            yield ""
        if "enum" in schema:
            yield "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + "."
            yield ""
        if "properties" in schema:
            yield "| field | type | |"
            yield "|---|---|---|"
            for field, described in schema["properties"].items():
                required = "always" if field in schema.get("required", ()) else ""
                yield f"| `{field}` | {_type(described)} | {described.get('description', required)} |"
            yield ""


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    return str(schema.get("type", "anything"))


def _errors() -> Iterator[str]:
    yield "## Refusals"
    yield ""
    yield "`errorCode` stands on top of the envelope, `errors[0].errorCode` inside; some differ by case."
    yield ""
    yield "| HTTP | errorCode | errors[0].errorCode | when |"
    yield "|---|---|---|---|"
    rows = []
    for kind, word in problems.PROBLEMS.items():
        when = " ".join((inspect.getdoc(kind) or "").split()).partition(". ")[0].rstrip(".")
        for error in _examples(kind):
            problem = word(error)
            said = f"{when}: {problem.message}" if kind is ForwardingNumberRefused else when
            rows.append(f"| {problem.status} | {problem.top} | {problem.code} | {said} |")
    ours = problems.OUR_FAULT
    rows.append(f"| {ours.status} | {ours.top} | {ours.code} | A bug of ours; the log has it under the RCRequestId |")
    yield from sorted(rows)


def _examples(kind: type[RingOutError]) -> Iterator[RingOutError]:
    """One, or one for each rule that it stands for."""
    named: Any = kind
    values: dict[str, Any] = {"retry_after_seconds": 1, "limit": 1, "client_rejected": False}
    values["code"] = "CMN-1xx or OAU-xxx"
    names = [field.name for field in fields(named)] if is_dataclass(named) else []
    for rule in problems.FORWARDING_RULES if kind is ForwardingNumberRefused else (0,):
        yield kind(**{name: rule if name == "rule" else values.get(name, "x") for name in names})


if __name__ == "__main__":
    sys.stdout.write(render())
