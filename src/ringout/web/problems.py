"""Words every refusal: HTTP status, RingCentral's two layers of codes, message, parameter. The only place that knows.

Messages are English here and keys of web/translations.toml; what varies in one is a {place} in it. Error texts of OAuth
(error_description) stay English: RFC 6749 section 5.2 allows ASCII only, and programs read them.

The inner code is the documented dotted one (CMN-..., OAU-...), the outer one the legacy name where RingCentral has one.
AGW-4xx are the codes of its gateway. Which codes are documented and which are our choice: docs/decisions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from ringout.domain import errors as domain
from ringout.domain.errors import RingOutError
from ringout.domain.status import CallStatus, PartyStatus
from ringout.web import errors as http
from ringout.web.message import JSON, NO_STORE, Answer, Headers
from ringout.web.rate_limits import rate_headers
from ringout.web.texts import ENGLISH, translate

REALM = "RingOut REST API"
_LONGEST_ECHO = 200
_NOT_QUOTABLE = re.compile(r"[^ !#-\[\]-~]")  # RFC 6750 section 3, of error_description
_BAD_VALUE = "Parameter [{parameter}] value is invalid"
_NOT_FOUND = "Resource for parameter [{parameter}] is not found"


@dataclass(frozen=True, slots=True)
class Problem:
    """top: errorCode of the envelope; code: errorCode of its one error. message: English; values: what goes into its
    {places}. more: extra fields, put on both layers. outer: fields of the envelope alone; inner: of its one error."""

    status: int
    top: str
    code: str
    message: str
    more: dict[str, str] = field(default_factory=dict)
    outer: dict[str, Any] = field(default_factory=dict)
    headers: Headers = ()
    values: Mapping[str, str] = field(default_factory=dict)
    inner: dict[str, Any] = field(default_factory=dict)


def _invalid(status: int, code: str, message: str, parameter: str, value: str | None = None, why: str = "") -> Problem:
    more = {"parameterName": parameter}
    if value is not None:
        more["parameterValue"] = value[:_LONGEST_ECHO]
    return Problem(status, "InvalidParameter", code, message, more, values={"parameter": parameter, "why": why})


def _bad_number(e: domain.BadNumber) -> Problem:
    # TEL-108 is the one code seen in the wild for a bad `from`.
    code = "TEL-108" if e.parameter.startswith("from") else "CMN-101"
    return _invalid(400, code, _BAD_VALUE, e.parameter, e.value)


def _barred(e: domain.DestinationBarred) -> Problem:
    more = {"parameterName": e.parameter, "parameterValue": e.value[:_LONGEST_ECHO]}
    outer = _ended(e.parameter, PartyStatus.DESTINATION_BLOCKED)
    return Problem(403, "DestinationBlocked", "CMN-101", e.why, more, outer)


def _refused_leg(
    e: domain.InternationalDisabled | domain.NotEnoughFunds, top: str, feature: str, status: PartyStatus
) -> Problem:
    more = {"parameterName": e.parameter, "parameterValue": e.value[:_LONGEST_ECHO]}
    outer = {"feature": feature, **_ended(e.parameter, status)}
    return Problem(403, top, "CMN-109", "Feature not available.", more, outer)


def _no_such_user(e: domain.NoSuchUser) -> Problem:
    # Clients look for the text with the name of the leg alone.
    leg = e.parameter.partition(".")[0]
    return replace(_invalid(404, "CMN-102", _NOT_FOUND, leg, e.value), outer=_ended(leg, PartyStatus.NO_SUCH_USER))


def _ended(parameter: str, status: PartyStatus) -> dict[str, Any]:
    """The statuses that a RingOut would have had which could not call that leg. The other leg was not tried."""
    named = {"from": "callerStatus", "to": "calleeStatus"}.get(parameter.partition(".")[0])
    if named is None:
        return {}
    untried = {"callerStatus": PartyStatus.IN_PROGRESS, "calleeStatus": PartyStatus.IN_PROGRESS}
    return {"status": {"callStatus": CallStatus.CANNOT_REACH, **untried, named: status}}


# What the rules of the forwarding-number list say. {value}: what breaks the rule.
FORWARDING_RULES = {
    102: "Label of number {value} duplicates with existing forwarding number label",
    103: "Limit of available forwarding numbers ({value}) exceeded",
    104: "Limit of available custom labeled forwarding numbers ({value}) exceeded",
    105: "Number {value} duplicates with company/extension direct number",
    106: "Flip number {value} is already in use",
    107: "Device number cannot be deleted from the forwarding number list",
    108: "International calling is currently disabled",
    109: "Phone number and device cannot be specified together",
    110: "Device should be specified for a number of type [PhoneLine]",
    111: "Device can be specified for a number of type [PhoneLine] only",
    112: "Phone number should be specified",
    113: "Device is not found",
    116: "Label should be specified for a number of type [Other]",
    122: "Type of a forwarding number cannot be changed",
    124: "Phone number of a device cannot be changed",
    125: "Label of a number of type [{value}] cannot be changed",
}
_FORWARDING_STATUSES = {107: 403, 113: 404}  # 400 for all others


def _forwarding(e: domain.ForwardingNumberRefused) -> Problem:
    code = f"FPN-{e.rule}"
    more, values = {"parameterName": e.parameter}, {"value": e.value[:_LONGEST_ECHO]}
    return Problem(_FORWARDING_STATUSES.get(e.rule, 400), code, code, FORWARDING_RULES[e.rule], more, values=values)


def _user_permission(e: domain.PermissionRequired) -> Problem:
    message = "In order to call this API endpoint, user needs to have [{permission}] permission for requested resource."
    more, values = {"permissionName": e.permission}, {"permission": e.permission}
    return Problem(403, "CMN-408", "CMN-408", message, more, values=values)


def _scope(e: domain.InsufficientScope) -> Problem:
    message = "In order to call this API endpoint, application needs to have [{permission}] permission"
    more, values = {"permissionName": e.permission}, {"permission": e.permission}
    # RFC 6750 section 3: also where the token is good and does not reach so far.
    challenge = f'Bearer realm="{REALM}", error="insufficient_scope", scope="{e.permission}"'
    headers = ((b"www-authenticate", challenge.encode()),)
    return Problem(403, "InsufficientPermissions", "CMN-401", message, more, headers=headers, values=values)


def _unavailable(e: domain.Unavailable) -> Problem:
    headers = ((b"retry-after", str(e.retry_after_seconds).encode()),)
    return Problem(503, "ServiceUnavailable", "CMN-201", e.why, headers=headers)


def _rate(e: domain.RateExceeded) -> Problem:
    retry = (b"retry-after", b"%d" % e.retry_after_seconds)
    headers = (retry, *rate_headers(e.group, e.limit, 0))
    return Problem(429, "CMN-301", "CMN-301", "Request rate exceeded", headers=headers)


def _too_many_streams(e: domain.TooManyStreams) -> Problem:
    message = "No more than {limit} event streams can be open at one time"
    return Problem(429, "CMN-301", "CMN-301", message, values={"limit": str(e.limit)})


def _unauthorized(top: str, code: str, message: str, error: str | None = "invalid_token") -> Problem:
    # RFC 6750 section 3: no error attribute when the request showed no token at all.
    challenge = f'Bearer realm="{REALM}"' + (f', error="{error}", error_description="{message}"' if error else "")
    return Problem(401, top, code, message, headers=((b"www-authenticate", challenge.encode()),))


def _grant(e: domain.GrantRefused) -> Problem:
    told = _NOT_QUOTABLE.sub("?", e.why.format_map(e.places))  # it may repeat what the client sent
    headers: Headers = ()
    if e.client_rejected:
        challenge = f'Bearer realm="{REALM}", error="{e.error}", error_description="{told}"'
        headers = ((b"www-authenticate", challenge.encode()),)
    more = {} if e.parameter is None else {"parameterName": e.parameter}
    if e.value is not None:
        more["parameterValue"] = e.value
    return Problem(
        401 if e.client_rejected else 400,
        e.code,
        e.code,
        e.why,
        more,
        {"error": e.error, "error_description": told},
        headers,
        e.places,
        {"parameters": [dict(more)]} if more else {},
    )


def _method(e: http.MethodNotAllowed) -> Problem:
    allow = ", ".join(e.allow)
    message = "Method is not allowed here; allowed: {allow}"
    return Problem(405, "AGW-405", "AGW-405", message, headers=((b"allow", allow.encode()),), values={"allow": allow})


PROBLEMS: dict[type[RingOutError], Callable[[Any], Problem]] = {
    domain.MissingParameter: lambda e: _invalid(400, "CMN-100", "Parameter [{parameter}] is mandatory", e.parameter),
    domain.BadParameter: lambda e: _invalid(400, "CMN-101", _BAD_VALUE, e.parameter, e.value),
    domain.UnusableValue: lambda e: _invalid(
        400, "CMN-101", "Parameter [{parameter}] value is invalid. {why}", e.parameter, e.value, e.why
    ),
    domain.DuplicateValue: lambda e: _invalid(
        400, "CMN-406", "Parameter [{parameter}] value is already in use", e.parameter, e.value
    ),
    domain.BadNumber: _bad_number,
    domain.CallerIdNotYours: lambda e: _invalid(403, "CMN-101", _BAD_VALUE, e.parameter, e.value),
    domain.DestinationBarred: _barred,
    domain.InternationalDisabled: lambda e: _refused_leg(
        e, "InternationalProhibited", "InternationalCalls", PartyStatus.INTERNATIONAL_DISABLED
    ),
    domain.NotEnoughFunds: lambda e: _refused_leg(e, "InsufficientFunds", "Funds", PartyStatus.NOT_ENOUGH_FUNDS),
    domain.NoSuchUser: _no_such_user,
    domain.FeatureUnavailable: lambda e: Problem(
        403, "FeatureNotAvailable", "CMN-109", "Feature not available.", outer={"feature": e.feature}
    ),
    domain.RateExceeded: _rate,
    domain.TooManyStreams: _too_many_streams,
    domain.ForwardingNumberRefused: _forwarding,
    domain.PermissionRequired: _user_permission,
    domain.SyncTokenRefused: lambda e: Problem(
        400,
        "CLG-101",
        "CLG-101",
        "Parameter [syncToken] is invalid [Sync token expired, call log was reset]",
        {"parameterName": "syncToken"},
    ),
    domain.InsufficientScope: _scope,
    domain.AnotherExtension: lambda e: Problem(
        403, "InsufficientPermissions", "CMN-404", "Attempt to access another extension"
    ),
    domain.NotFound: lambda e: _invalid(404, "CMN-102", _NOT_FOUND, e.parameter),
    domain.Conflict: lambda e: Problem(409, "InvalidState", "CMN-108", e.what),
    domain.Unavailable: _unavailable,
    domain.AuthorizationUnsupported: lambda e: _unauthorized(
        "OAU-151", "OAU-151", "Authorization method not supported", "invalid_request"
    ),
    domain.TokenMissing: lambda e: _unauthorized("AGW-401", "AGW-401", "Authorization header is not specified", None),
    domain.ExtensionLoginNeeded: lambda e: _unauthorized("CMN-405", "CMN-405", "Login to extension required."),
    domain.TokenInvalid: lambda e: _unauthorized("TokenInvalid", "OAU-149", "OAuth token is invalid"),
    domain.TokenExpired: lambda e: _unauthorized("TokenExpired", "OAU-128", "Access token expired."),
    domain.GrantRefused: _grant,
    http.UnknownPath: lambda e: Problem(404, "CMN-120", "CMN-120", "Invalid URI"),
    http.MethodNotAllowed: _method,
    http.UnsupportedMediaType: lambda e: Problem(415, "AGW-415", "AGW-415", "Unsupported media type"),
    http.BodyTooLarge: lambda e: Problem(
        413, "AGW-413", "AGW-413", "Request body is too large", headers=((b"connection", b"close"),)
    ),
    http.BrokenJson: lambda e: Problem(400, "InvalidContent", "CMN-103", "JSON can't be parsed."),
    http.UnreadableRequest: lambda e: Problem(400, "InvalidContent", "CMN-104", e.why),
    http.ClientGone: lambda e: Problem(400, "InvalidContent", "CMN-104", "Cannot parse request"),
}

OUR_FAULT = Problem(500, "InternalError", "CMN-203", "Internal error")


def answer(problem: Problem, language: str = ENGLISH) -> Answer:
    """language: one of texts.LANGUAGES."""
    message, language = translate(problem.message, problem.values, language)
    error = {"errorCode": problem.code, "message": message, **problem.more, **problem.inner}
    envelope = {
        "errorCode": problem.top,
        "message": message,
        "errors": [error],
        **problem.more,
        **problem.outer,
    }
    headers = (JSON, NO_STORE, (b"content-language", language.encode()), *problem.headers)
    return Answer(problem.status, msgspec.json.encode(envelope), headers)


def answer_error(error: RingOutError, language: str = ENGLISH) -> Answer:
    return answer(PROBLEMS[type(error)](error), language)
