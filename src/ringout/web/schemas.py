"""What the JSON of all resources has in common: how it is written, and the envelope of refusals."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ringout.domain.status import CallStatus, PartyStatus
from ringout.web.message import JSON, NO_STORE, Answer

encode = msgspec.json.Encoder().encode


def answer(body: Any) -> Answer:
    """Success, with what nobody else may keep: it is about whoever asked."""
    return Answer(200, encode(body), (JSON, NO_STORE))


class RefusedParameter(Struct, rename="camel", omit_defaults=True):
    """A field of a form that is to blame."""

    parameter_name: str
    parameter_value: str | None = None


class ApiError(Struct, rename="camel", omit_defaults=True):
    """One thing that is wrong. `parameters`: the same once more, from the OAuth endpoints only."""

    error_code: str
    message: str
    parameter_name: str | None = None
    parameter_value: str | None = None
    permission_name: str | None = None
    parameters: list[RefusedParameter] | None = None


class RefusedRingOut(Struct, rename="camel"):
    """What would have become of a RingOut. callerStatus or calleeStatus tells which leg is refused, and why."""

    call_status: CallStatus
    caller_status: PartyStatus
    callee_status: PartyStatus


_ENVELOPE_NAMES = {
    "error_code": "errorCode",
    "parameter_name": "parameterName",
    "parameter_value": "parameterValue",
    "permission_name": "permissionName",
}


class ErrorEnvelope(Struct, rename=_ENVELOPE_NAMES, omit_defaults=True):
    """The body of every refusal. The name and value of a parameter, and the name of a permission, are those of the
    first error. `error` and `error_description` only from the OAuth endpoints. `feature` names a service feature that
    is not available; `status` stands where a RingOut is refused for one of its numbers."""

    error_code: str
    message: str
    errors: Annotated[list[ApiError], Meta(min_length=1)]
    parameter_name: str | None = None
    parameter_value: str | None = None
    permission_name: str | None = None
    error: str | None = None
    error_description: str | None = None
    feature: str | None = None
    status: RefusedRingOut | None = None
