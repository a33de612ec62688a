"""The administration over HTTP: each operation of the table as a method of a URL below /admin/v1."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import msgspec

from ringout import logs
from ringout.domain import scopes
from ringout.domain.errors import InsufficientScope
from ringout.service.administration.operations import OPERATIONS, AdminOperation
from ringout.service.administration.parts import Administration
from ringout.web import schemas
from ringout.web.api import Api, Operation, Resource
from ringout.web.message import NO_CONTENT, Answer, Request
from ringout.web.paging import Navigation, Paging, list_page, wanted_page
from ringout.web.reading import read_json, read_query

PREFIX = "/admin/v1"

# A whole phone number; what is left of it is as long as a blocked prefix may need to be readable.
_NUMBER = re.compile(r"(\+[0-9]{5})[0-9]+")

log = logs.get("administration")


def resources(administration: Administration) -> tuple[Resource, ...]:
    """One for each URL of the table."""
    methods: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        methods.setdefault(PREFIX + operation.path, {})[operation.method] = _described(operation, administration)
    return tuple(Resource(path, of_path) for path, of_path in methods.items())


def _described(operation: AdminOperation, administration: Administration) -> Operation:
    answer: type | None = operation.answer
    if operation.is_list and operation.answer is not None:
        answer = list_type(operation.answer, is_paged=operation.query is None)
    return Operation(
        operation.name,
        _handler(operation, administration),
        operation.summary,
        answer=answer,
        status=200 if answer else 204,
        body=operation.body,
        refusals=() if operation.method == "GET" else (409,),
        query=operation.query,
        permission=scopes.ADMIN,
    )


@cache
def list_type(record: type, *, is_paged: bool) -> type:
    """The body of a list of these records."""
    fields: list[Any] = [("records", list[record])]  # type: ignore[valid-type]
    if is_paged:
        fields = [("uri", str), *fields, ("paging", Paging), ("navigation", Navigation)]
    made = msgspec.defstruct(f"{record.__name__}List", fields, rename="camel")
    made.__doc__ = "A list." if not is_paged else "A page of a list."
    return made


def _handler(operation: AdminOperation, administration: Administration) -> Callable[[Api, Request], Awaitable[Answer]]:
    decoder: msgspec.json.Decoder[Any] | None = msgspec.json.Decoder(operation.body) if operation.body else None

    async def handle(api: Api, request: Request) -> Answer:
        if request.principal.extension_id:  # a user's token opens nothing here, whatever it carries
            raise InsufficientScope(scopes.ADMIN)
        given: list[Any] = []
        if decoder is not None:
            given.append(await read_json(request, decoder))
        elif operation.query is not None:
            given.append(read_query(request, operation.query))
        page = wanted_page(request) if operation.is_list and operation.query is None else None
        found = await operation.use(administration, request.path_params, *given)
        if operation.method != "GET":
            who = request.principal.client_id
            path = _NUMBER.sub(rf"\1{logs.MASK}", request.scope["path"])
            log.info("administered", operation=operation.name, path=path, client=who)
        if found is None:
            return NO_CONTENT
        if page is not None:
            records = [found.show(record) for record in page.cut(found.records)]
            uri = request.base_url(api.public_url) + request.scope["path"].rstrip("/")
            found = list_page(request, uri, records, page, len(found.records))
        elif operation.is_list:
            found = {"records": [found.show(record) for record in found.records]}
        return schemas.answer(found)

    return handle
