"""The call log and the active calls, of the user and of the account."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from msgspec import Struct

from ringout.domain import phone
from ringout.domain.account import home_country
from ringout.domain.call_log import CallDirection
from ringout.domain.errors import BadNumber, BadParameter
from ringout.service import user_permissions
from ringout.service.call_log import BOTH, LogFilter, LogPage, Scope
from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.call_log_bodies import (
    CallLogRecord,
    CallLogResponse,
    CallLogView,
    CallTransport,
    CallType,
    Scribe,
)
from ringout.web.message import Answer, Request
from ringout.web.paging import PageQuery, list_page, wanted_page
from ringout.web.reading import read_query

_DAY_SECONDS = 86400.0
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)")  # of an offset from UTC, which a query decoder makes a blank


class RecordingType(StrEnum):
    """Of recordings, and there are none."""

    AUTOMATIC = "Automatic"
    ON_DEMAND = "OnDemand"
    ALL = "All"


class CallLogQuery(PageQuery, rename="camel"):
    """Filters. Times are ISO 8601 with their offset from UTC; without any the last 24 hours are listed."""

    extension_number: str | None = None
    phone_number: str | None = None
    direction: tuple[CallDirection, ...] = ()
    session_id: str | None = None
    telephony_session_id: str | None = None
    type: tuple[CallType, ...] = ()
    transport: tuple[CallTransport, ...] = ()
    view: CallLogView = CallLogView.SIMPLE
    date_from: str | None = None
    date_to: str | None = None
    with_recording: bool = False
    recording_type: RecordingType | None = None
    metadata_category: tuple[str, ...] = ()
    show_blocked: bool = True
    show_deleted: bool = False


class ActiveCallsQuery(PageQuery, rename="camel"):
    """Filters."""

    direction: tuple[CallDirection, ...] = ()
    type: tuple[CallType, ...] = ()
    transport: tuple[CallTransport, ...] = ()
    view: CallLogView = CallLogView.SIMPLE


class CallRecordQuery(Struct):
    """How much is told."""

    view: CallLogView = CallLogView.SIMPLE


@dataclass(frozen=True, slots=True)
class Level:
    """The user's own calls, or everybody's of the account. permission: of the user, None = everybody has it."""

    permission: str | None

    def scope(self, api: Api, request: Request) -> Scope:
        """Raises PermissionRequired."""
        principal = request.principal
        if self.permission is None:
            return Scope(principal.account_id, principal.extension_id)
        user_permissions.demand(api.services.accounts.extension(principal.extension_id), self.permission)
        return Scope(principal.account_id, None)

    def uri(self, api: Api, request: Request) -> str:
        return (links.extension_uri if self.permission is None else links.account_uri)(api, request)


OWN, COMPANY = Level(None), Level("FullCompanyCallLog")


async def list_calls(level: Level, api: Api, request: Request) -> Answer:
    scope = level.scope(api, request)
    query, page = read_query(request, CallLogQuery), wanted_page(request)
    if query.phone_number and query.extension_number:
        raise BadParameter("phoneNumber", query.phone_number)
    wanted = _filter(api, request, query)
    found = LogPage((), 0)
    if query.extension_number:
        narrowed = _of_extension(api, scope, wanted, query.extension_number)
        scope, wanted = narrowed if narrowed else (scope, None)
    if wanted is not None:
        found = await api.services.call_log.page(scope, wanted, page.start, page.size)
    uri = f"{level.uri(api, request)}/call-log"
    scribe = Scribe(api.services.call_log, uri, links.account_uri(api, request), query.view)
    records = [scribe.record(entry) for entry in found.entries]
    return schemas.answer(list_page(request, uri, records, page, found.total))


async def list_active(level: Level, api: Api, request: Request) -> Answer:
    scope = level.scope(api, request)
    query, page = read_query(request, ActiveCallsQuery), wanted_page(request)
    call_log, found = api.services.call_log, LogPage((), 0)
    if _is_ours(query.type, query.transport):
        found = await call_log.active(scope, query.direction or BOTH, page.start, page.size)
    uri = level.uri(api, request)
    scribe = Scribe(call_log, f"{uri}/call-log", links.account_uri(api, request), query.view)
    records = [scribe.record(entry, active=True) for entry in found.entries]
    return schemas.answer(list_page(request, f"{uri}/active-calls", records, page, found.total))


async def read_call(level: Level, api: Api, request: Request) -> Answer:
    query = read_query(request, CallRecordQuery)
    entry = await api.services.call_log.entry(level.scope(api, request), request.path_params["callRecordId"])
    uri = f"{level.uri(api, request)}/call-log"
    scribe = Scribe(api.services.call_log, uri, links.account_uri(api, request), query.view)
    return schemas.answer(scribe.record(entry))


def _filter(api: Api, request: Request, query: CallLogQuery) -> LogFilter | None:
    """None when no RingOut can match."""
    until, since = read_time(query.date_to, "dateTo"), read_time(query.date_from, "dateFrom")
    numbers = None
    if query.phone_number:
        accounts, asker = api.services.accounts, request.principal
        country = home_country(accounts.account(asker.account_id), accounts.extension(asker.extension_id))
        try:
            numbers = (phone.parse(query.phone_number, country).e164,)
        except ValueError:
            raise BadNumber("phoneNumber", query.phone_number) from None
    recorded = query.recording_type is not None or query.with_recording
    if recorded or query.metadata_category or not _is_ours(query.type, query.transport):
        return None
    if since is None and not (query.session_id or query.telephony_session_id):
        since = (api.services.call_log.now() if until is None else until) - _DAY_SECONDS
    return LogFilter(query.direction or BOTH, since, until, numbers, query.session_id, query.telephony_session_id)


def _of_extension(api: Api, scope: Scope, wanted: LogFilter | None, number: str) -> tuple[Scope, LogFilter] | None:
    """The company's log: calls of that user. A user's own: all when it is the user, else calls to that colleague.
    None when there is no such user, or no phone of that user's."""
    colleague = api.services.accounts.colleagues(scope.account_id).get(number)
    if colleague is None or wanted is None:
        return None
    if scope.extension_id in (None, colleague.id):
        return Scope(scope.account_id, colleague.id), wanted
    numbers = tuple(known.number for known in colleague.forwarding_numbers if known.number)
    return scope, replace(wanted, numbers=numbers)


def _is_ours(types: tuple[CallType, ...], transports: tuple[CallTransport, ...]) -> bool:
    return CallType.VOICE in (types or CallType) and CallTransport.PSTN in (transports or CallTransport)


def read_time(text: str | None, name: str) -> float | None:
    """Seconds since the epoch; UTC when the text names no offset. Raises BadParameter."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", text) if "T" in text else text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadParameter(name, text) from None


def _operation(
    name: str,
    handle: Callable[[Api, Request], Awaitable[Answer]],
    summary: str,
    answer: type,
    query: type,
) -> dict[str, Operation]:
    operation = Operation(
        name,
        handle,
        summary,
        answer=answer,
        query=query,
        permission="ReadCallLog",
        group=Group.HEAVY,
    )
    return {"GET": operation}


_LIST = "calls, newest first. A RingOut has two entries: Outbound, and Inbound for the user's own phone."
_ACTIVE = "calls that live or have ended in the last two minutes."
_ONE = "One entry of the call log."

USER_LOG = _operation("readUserCallLog", partial(list_calls, OWN), f"The user's {_LIST}", CallLogResponse, CallLogQuery)
USER_RECORD = _operation("readUserCallRecord", partial(read_call, OWN), _ONE, CallLogRecord, CallRecordQuery)
USER_ACTIVE = _operation(
    "listExtensionActiveCalls", partial(list_active, OWN), f"The user's {_ACTIVE}", CallLogResponse, ActiveCallsQuery
)
COMPANY_LOG = _operation(
    "readCompanyCallLog", partial(list_calls, COMPANY), f"Everybody's {_LIST}", CallLogResponse, CallLogQuery
)
COMPANY_RECORD = _operation("readCompanyCallRecord", partial(read_call, COMPANY), _ONE, CallLogRecord, CallRecordQuery)
COMPANY_ACTIVE = _operation(
    "listCompanyActiveCalls", partial(list_active, COMPANY), f"Everybody's {_ACTIVE}", CallLogResponse, ActiveCallsQuery
)
