"""Holds answers against RingCentral's public description of its API: against its names, types and values always
(tests/web/public_api.json), and as well against its schemas where the reference directory lies beside this repository
or RINGOUT_REFERENCE names it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

_FACTS = Path(__file__).resolve().parents[1] / "web" / "public_api.json"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
}


@cache
def facts(operation_id: str) -> dict[str, Any]:
    """What is known of one operation; answer: dotted field -> type."""
    told = json.loads(_FACTS.read_text())
    (found,) = [operation for operation in told.values() if operation["operationId"] == operation_id]
    return dict(found)


def values(operation_id: str, field: str) -> list[str]:
    """What that field of the answer may hold."""
    told: str = facts(operation_id)["answer"][field]
    return told.partition(": ")[2].split(" | ")


def complaints(operation_id: str, body: Any) -> list[str]:
    """What is wrong with that answer: fields that are not described, of another type, or with other values, and
    fields that must be there."""
    told = facts(operation_id)
    wrong = [found for field, value in _leaves(body, "") for found in _complaint(told["answer"], field, value)]
    present = {field for field, _ in _leaves(body, "")}
    wrong += [f"{field} is missing" for field in told["answer_required"] if "." not in field and field not in present]
    return wrong + _against_schema(operation_id, body)


def _leaves(body: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every field by its dotted name; those of a list's items carry the name of the list."""
    if path:
        yield path, body
    if isinstance(body, dict):
        for name, value in body.items():
            yield from _leaves(value, f"{path}.{name}" if path else name)
    elif isinstance(body, list):
        for item in body:
            if isinstance(item, dict):
                yield from ((field, value) for field, value in _leaves(item, path) if field != path)


def _complaint(told: dict[str, str], field: str, value: Any) -> Iterator[str]:
    if field not in told:
        yield f"{field} is not described"
        return
    kind, _, listed = told[field].partition(": ")
    allowed = listed.split(" | ") if listed else None
    is_list = kind.startswith("list of ")
    if is_list != isinstance(value, list):
        yield f"{field}: {value!r} is no {kind}"
        return
    for item in value if is_list else [value]:
        wanted = _TYPES[kind.removeprefix("list of ")]
        if not isinstance(item, wanted) or (isinstance(item, bool) and wanted is not bool):
            yield f"{field}: {item!r} is no {kind}"
        elif allowed is not None and str(item) not in allowed:
            yield f"{field}: {item!r} is none of {listed}"


# --- the schemas themselves ------------------------------------------------------------------------------------------


def read_description() -> dict[str, Any] | None:
    """The whole of it, anew at each call; None = it is not here."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "reference"
    file = Path(os.environ.get("RINGOUT_REFERENCE", beside)) / "openapi" / "rc-ringout.yml"
    if not file.is_file():
        return None
    document: dict[str, Any] = yaml.load(file.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document


_description = cache(read_description)


@cache
def _answers() -> dict[str, dict[str, Any]]:
    """operationId -> schema of its success."""
    found = {}
    for item in (_description() or {"paths": {}})["paths"].values():
        for operation in item.values():
            content = operation.get("responses", {}).get("200", {}).get("content", {})
            if "application/json" in content:
                found[operation["operationId"]] = content["application/json"]["schema"]
    return found


def _against_schema(operation_id: str, body: Any) -> list[str]:
    description = _description()
    if description is None:
        return []
    whole = {**_answers()[operation_id], "components": description["components"]}
    validator = jsonschema_rs.Draft4Validator(whole)
    return [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(body)]
