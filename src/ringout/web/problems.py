"""Words every refusal: HTTP status, RingCentral's two layers of codes, message, parameter. The only place that knows.

The inner code is the documented dotted one (CMN-..., OAU-...), the outer one the legacy name where RingCentral has one.
AGW-4xx are the codes of its gateway. Which codes are documented and which are our choice: docs/decisions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ringout.domain import errors as domain
from ringout.domain.errors import RingOutError
from ringout.web import errors as http
from ringout.web.message import JSON, NO_STORE, Answer

Headers = tuple[tuple[bytes, bytes], ...]
REALM = "RingOut REST API"
_LONGEST_ECHO = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """top: errorCode of the envelope; code: errorCode of its one error. more: extra fields, put on both layers.
    outer: fields of the envelope alone."""

    status: int
    top: str
    code: str
    message: str
    more: dict[str, str] = field(default_factory=dict)
    outer: dict[str, str] = field(default_factory=dict)
    headers: Headers = ()


def _invalid(status: int, code: str, message: str, parameter: str, value: str | None = None) -> Problem:
    more = {"parameterName": parameter}
    if value is not None:
        more["parameterValue"] = value[:_LONGEST_ECHO]
    return Problem(status, "InvalidParameter", code, message, more)


def _bad_number(e: domain.BadNumber) -> Problem:
    # TEL-108 is the one code seen in the wild for a bad `from`.
    code = "TEL-108" if e.parameter.startswith("from") else "CMN-101"
    return _invalid(400, code, f"Parameter [{e.parameter}] value is invalid", e.parameter, e.value)


def _barred(e: domain.DestinationBarred) -> Problem:
    more = {"parameterName": e.parameter, "parameterValue": e.value[:_LONGEST_ECHO]}
    return Problem(403, "DestinationBlocked", "CMN-101", e.why, more)


def _refused_leg(e: domain.InternationalDisabled | domain.NotEnoughFunds, top: str, feature: str) -> Problem:
    more = {"parameterName": e.parameter, "parameterValue": e.value[:_LONGEST_ECHO]}
    return Problem(403, top, "CMN-109", "Feature not available.", more, {"feature": feature})


def _scope(e: domain.InsufficientScope) -> Problem:
    message = f"In order to call this API endpoint, application needs to have [{e.permission}] permission"
    return Problem(403, "InsufficientPermissions", "CMN-401", message, {"permissionName": e.permission})


def _unavailable(e: domain.Unavailable) -> Problem:
    headers = ((b"retry-after", str(e.retry_after_seconds).encode()),)
    return Problem(503, "ServiceUnavailable", "CMN-201", e.why, headers=headers)


def _unauthorized(top: str, code: str, message: str, error: str | None = "invalid_token") -> Problem:
    # RFC 6750 section 3: no error attribute when the request showed no token at all.
    challenge = f'Bearer realm="{REALM}"' + (f', error="{error}", error_description="{message}"' if error else "")
    return Problem(401, top, code, message, headers=((b"www-authenticate", challenge.encode()),))


def _grant(e: domain.GrantRefused) -> Problem:
    headers: Headers = ()
    if e.client_rejected:
        headers = ((b"www-authenticate", f'Bearer realm="{REALM}", error="{e.error}"'.encode()),)
    more = {} if e.parameter is None else {"parameterName": e.parameter}
    oauth = {"error": e.error, "error_description": e.why}
    return Problem(401 if e.client_rejected else 400, e.code, e.code, e.why, more, oauth, headers)


def _method(e: http.MethodNotAllowed) -> Problem:
    allow = ", ".join(e.allow)
    message = f"Method is not allowed here; allowed: {allow}"
    return Problem(405, "AGW-405", "AGW-405", message, headers=((b"allow", allow.encode()),))


PROBLEMS: dict[type[RingOutError], Callable[[Any], Problem]] = {
    domain.MissingParameter: lambda e: _invalid(400, "CMN-100", f"Parameter [{e.parameter}] is mandatory", e.parameter),
    domain.BadParameter: lambda e: _invalid(
        400, "CMN-101", f"Parameter [{e.parameter}] value is invalid", e.parameter, e.value
    ),
    domain.BadNumber: _bad_number,
    domain.CallerIdNotYours: lambda e: _invalid(
        403, "CMN-101", "Parameter [callerId.phoneNumber] value is invalid", "callerId.phoneNumber", e.value
    ),
    domain.DestinationBarred: _barred,
    domain.InternationalDisabled: lambda e: _refused_leg(e, "InternationalProhibited", "InternationalCalls"),
    domain.NotEnoughFunds: lambda e: _refused_leg(e, "InsufficientFunds", "Funds"),
    domain.NoSuchUser: lambda e: _invalid(
        404, "CMN-102", f"Resource for parameter [{e.parameter}] is not found", e.parameter, e.value
    ),
    domain.FeatureUnavailable: lambda e: Problem(
        403, "FeatureNotAvailable", "CMN-109", "Feature not available.", outer={"feature": e.feature}
    ),
    domain.RateExceeded: lambda e: Problem(
        429,
        "CMN-301",
        "CMN-301",
        "Request rate exceeded",
        headers=((b"retry-after", str(e.retry_after_seconds).encode()),),
    ),
    domain.InsufficientScope: _scope,
    domain.AnotherExtension: lambda e: Problem(
        403, "InsufficientPermissions", "CMN-404", "Attempt to access another extension"
    ),
    domain.NotFound: lambda e: _invalid(
        404, "CMN-102", f"Resource for parameter [{e.parameter}] is not found", e.parameter
    ),
    domain.Conflict: lambda e: Problem(409, "InvalidState", "CMN-108", e.what),
    domain.Unavailable: _unavailable,
    domain.AuthorizationUnsupported: lambda e: _unauthorized(
        "OAU-151", "OAU-151", "Authorization method not supported", "invalid_request"
    ),
    domain.TokenMissing: lambda e: _unauthorized("AGW-401", "AGW-401", "Authorization header is not specified", None),
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


def answer(problem: Problem) -> Answer:
    error = {"errorCode": problem.code, "message": problem.message, **problem.more}
    envelope = {
        "errorCode": problem.top,
        "message": problem.message,
        "errors": [error],
        **problem.more,
        **problem.outer,
    }
    return Answer(problem.status, msgspec.json.encode(envelope), (JSON, NO_STORE, *problem.headers))


def answer_error(error: RingOutError) -> Answer:
    return answer(PROBLEMS[type(error)](error))
