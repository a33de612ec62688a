"""The call log for clients that keep a copy: all of it once, then what has changed."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct

from ringout.domain.call_log import CallResult
from ringout.domain.errors import MissingParameter
from ringout.service.times import iso
from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.call_log import COMPANY as COMPANY_LEVEL
from ringout.web.call_log import OWN, Level, RecordingType, read_time
from ringout.web.call_log_bodies import CallLogSyncInfo, CallLogSyncResponse, CallLogSyncType, CallLogView, Scribe
from ringout.web.message import Answer, Request
from ringout.web.reading import read_query

_USUAL_COUNT, _LARGEST_COUNT = 250, 1000


class StatusGroup(StrEnum):
    """Which calls."""

    MISSED = "Missed"
    ALL = "All"


class CallLogSyncQuery(Struct, rename="camel"):
    """syncToken: needed for ISync. recordCount: of FSync; more than 1000 is lowered. Times are ISO 8601."""

    sync_type: CallLogSyncType = CallLogSyncType.FULL
    sync_token: str | None = None
    date_from: str | None = None
    record_count: Annotated[int, Meta(ge=1)] | None = None
    status_group: tuple[StatusGroup, ...] = ()
    view: CallLogView = CallLogView.SIMPLE
    show_deleted: bool = False
    with_recording: bool = False
    recording_type: RecordingType | None = None
    metadata_category: tuple[str, ...] = ()


async def sync(level: Level, api: Api, request: Request) -> Answer:
    scope = level.scope(api, request)
    query, call_log = read_query(request, CallLogSyncQuery), api.services.call_log
    # Before the reading: what changes meanwhile is told the next time.
    info = CallLogSyncInfo(query.sync_type, call_log.sync_token(), iso(call_log.now()))
    since = read_time(query.date_from, "dateFrom")
    if query.sync_type is CallLogSyncType.FULL:
        entries = await call_log.newest(scope, since, min(query.record_count or _USUAL_COUNT, _LARGEST_COUNT))
    elif query.sync_token is None:
        raise MissingParameter("syncToken")
    else:
        entries = await call_log.changed_since(scope, query.sync_token)
    if query.with_recording or query.recording_type is not None or query.metadata_category:
        entries = []
    if query.status_group == (StatusGroup.MISSED,):
        entries = [entry for entry in entries if entry.verdict.result is CallResult.MISSED]
    uri = level.uri(api, request)
    scribe = Scribe(call_log, f"{uri}/call-log", links.account_uri(api, request), query.view)
    body = CallLogSyncResponse(f"{uri}/call-log-sync", [scribe.record(entry) for entry in entries], info)
    return schemas.answer(body)


def _operation(name: str, level: Level, whose: str) -> dict[str, Operation]:
    operation = Operation(
        name,
        partial(sync, level),
        f"{whose} calls for a client that keeps a copy: all (FSync), then what has changed since (ISync).",
        answer=CallLogSyncResponse,
        query=CallLogSyncQuery,
        permission="ReadCallLog",
        group=Group.HEAVY,
    )
    return {"GET": operation}


USER = _operation("syncUserCallLog", OWN, "The user's")
COMPANY = _operation("syncAccountCallLog", COMPANY_LEVEL, "Everybody's")
