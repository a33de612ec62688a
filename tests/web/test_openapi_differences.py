"""Our document beside RingCentral's: every difference stands, with its reason, in openapi_differences.toml.

RingCentral's is here as public_api.json, reduced to names and types by tools/public_api.py.
"""

import importlib.util
import json
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fakes.description import read_description
from ringout.web import openapi, routes, schemas

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_SPEC = importlib.util.spec_from_file_location("public_api", ROOT / "tools" / "public_api.py")
assert _SPEC is not None
assert _SPEC.loader is not None
public_api = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(public_api)

Facts = dict[str, Any]


@cache
def public() -> Facts:
    told: Facts = json.loads(public_api.FILE.read_text())
    return told


@cache
def own() -> Facts:
    document = json.loads(schemas.encode(openapi.make(routes.RESOURCES)))
    told: Facts = public_api.facts(document, document["paths"])
    return told


def declared() -> dict[str, str]:
    """Pattern -> reason."""
    told = tomllib.loads((HERE / "openapi_differences.toml").read_text())
    return {pattern: entry["reason"] for entry in told["difference"] for pattern in entry["is"]}


def differences() -> Iterator[str]:
    served = {key.partition(" ")[2] for key in own()}
    for key in sorted(own().keys() - public().keys()):
        yield f"{key}: theirs has no such operation"
    for key in sorted(public().keys() - own().keys()):
        if key.partition(" ")[2] in served:
            yield f"{key}: not served"
    for key in sorted(own().keys() & public().keys()):
        for what in _operation(own()[key], public()[key]):
            yield f"{key}: {what}"


def _operation(mine: Facts, theirs: Facts) -> Iterator[str]:
    for name in ("operationId", "status", "throttling-group", "app-permission", "bodies", "answers"):
        if mine[name] != theirs[name]:
            yield f"{name} {mine[name]}, theirs {theirs[name]}"
    yield from _fields("parameter", mine["parameters"], theirs["parameters"], reads=True)
    yield from _fields("request field", mine["request"], theirs["request"], reads=True)
    yield from _fields("answer field", mine["answer"], theirs["answer"], reads=False)
    for name in sorted(set(mine["request_required"]) & theirs["request"].keys() - set(theirs["request_required"])):
        yield f"request field {name} is required"
    for name in sorted(set(theirs["answer_required"]) & mine["answer"].keys() - set(mine["answer_required"])):
        yield f"answer field {name} may be absent"
    for name in sorted(set(theirs["answer_required"]) - mine["answer"].keys()):
        if name.rpartition(".")[0] in ("", *mine["answer"]):
            yield f"answer field {name} is required and missing"


def _fields(what: str, mine: dict[str, str], theirs: dict[str, str], *, reads: bool) -> Iterator[str]:
    """Of a whole object that one of the two lacks only the object is told, not its fields."""
    for name in sorted(theirs.keys() - mine.keys()):
        if name.rpartition(".")[0] in ("", *mine):
            yield f"{what} {name} is missing"
    for name in sorted(mine.keys() - theirs.keys()):
        if name.rpartition(".")[0] in ("", *theirs):
            yield f"{what} {name} is extra"
    for name in sorted(mine.keys() & theirs.keys()):
        if not _fits(mine[name], theirs[name], reads=reads):
            yield f"{what} {name} is {mine[name]}, theirs {theirs[name]}"


def _fits(mine: str, theirs: str, *, reads: bool) -> bool:
    """An enumeration that we write may be a part of theirs, and one that we read may hold theirs."""
    my_type, _, my_values = mine.partition(": ")
    their_type, _, their_values = theirs.partition(": ")
    ours, known = set(my_values.split(" | ")) - {""}, set(their_values.split(" | ")) - {""}
    if my_type != their_type:
        return False
    if reads:
        return not ours or (bool(known) and ours >= known)
    return not known or (bool(ours) and ours <= known)


def test_no_difference_is_undeclared() -> None:
    patterns = list(declared())
    undeclared = [what for what in differences() if not any(fnmatchcase(what, pattern) for pattern in patterns)]
    assert undeclared == []


def test_no_declared_difference_is_gone() -> None:
    found = list(differences())
    gone = [pattern for pattern in declared() if not any(fnmatchcase(what, pattern) for what in found)]
    assert gone == []


def test_every_reason_is_a_sentence() -> None:
    assert all(len(reason) > 20 and reason.endswith(".") for reason in declared().values())


def test_the_reduced_description_is_current() -> None:
    document = read_description()
    if document is None:
        pytest.skip("the whole description is not here; set RINGOUT_REFERENCE")
    told = public_api.facts(document, [resource.path for resource in routes.RESOURCES])
    assert public_api.FILE.read_text() == public_api.render(told), "run python tools/public_api.py rc-ringout.yml"


DOCUMENT = {
    "paths": {
        "/x": {
            "get": {
                "operationId": "readX",
                "parameters": [{"in": "query", "name": "q", "schema": {"type": "array", "items": {"type": "integer"}}}],
                "responses": {"404": {}, "200": {"$ref": "#/components/responses/X"}},
            }
        }
    },
    "components": {
        "responses": {"X": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/X"}}}}},
        "schemas": {
            "X": {
                "allOf": [{"type": "object", "properties": {"id": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}],
                "properties": {
                    "records": {"type": "array", "items": {"$ref": "#/components/schemas/X"}},
                    "kind": {"type": "string", "enum": ["b", "a"]},
                },
            },
        },
    },
}


def test_what_a_document_is_reduced_to() -> None:
    (told,) = public_api.facts(DOCUMENT, ["/x", "/y"]).values()
    assert told["parameters"] == {"query q": "list of integer"}
    assert told["answer"] == {"id": "string", "records": "list of object", "kind": "string: a | b"}
    assert (told["status"], told["operationId"], told["bodies"]) == (200, "readX", [])


@pytest.mark.parametrize(
    ("mine", "theirs", "reads", "fits"),
    [
        ("string", "string", True, True),
        ("string", "integer", True, False),
        ("string: a", "string: a | b", False, True),
        ("string: a | c", "string: a | b", False, False),
        ("string", "string: a", False, False),
        ("string: a", "string", False, True),
        ("string: a | b", "string: a", True, True),
        ("string: a", "string: a | b", True, False),
        ("string", "string: a", True, True),
        ("string: a", "string", True, False),
    ],
)
def test_what_fits(mine: str, theirs: str, reads: bool, fits: bool) -> None:
    assert _fits(mine, theirs, reads=reads) is fits


def test_what_counts_as_a_difference() -> None:
    mine = {"a": "object", "a.b": "string", "c": "object", "c.d": "string", "e": "string"}
    theirs = {"a": "object", "a.x": "string", "e": "integer", "f": "object", "f.g": "string"}
    assert list(_fields("field", mine, theirs, reads=False)) == [
        "field a.x is missing",
        "field f is missing",
        "field a.b is extra",
        "field c is extra",
        "field e is string, theirs integer",
    ]
