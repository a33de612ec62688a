"""What the OpenAPI document says that no type knows: what ids mean, what statuses mean, and what belongs together."""

from __future__ import annotations

from typing import Any

INTRODUCTION = (
    "Rings your phone, rings theirs, joins the two. Compatible with RingCentral's API: its SDKs work with this server. "
    "Every answer names its request in `RCRequestId`; every refusal is an `ErrorEnvelope`, in the language that "
    "`Accept-Language` asks for. A POST with `X-HTTP-Method-Override` or `?_method=` stands for that method. An access "
    "token may also come as `?access_token=`, unless the operator has switched that off."
)

# Status -> name of the response, and when it comes.
REFUSALS = {
    400: ("BadRequest", "The request cannot be understood: a missing or impossible parameter"),
    401: ("Unauthorized", "Who asks is not known: no token, a bad one, or one whose time is over"),
    403: ("Forbidden", "Known, understood and not allowed"),
    404: ("NotFound", "No such account, extension or resource"),
    405: ("MethodNotAllowed", "No such method here, or the state of the resource does not allow it"),
    409: ("Conflict", "The state of the resource does not allow this"),
    413: ("TooLarge", "The body is too large"),
    415: ("UnsupportedMediaType", "The body is of another media type"),
    429: ("TooManyRequests", "More requests in a minute than this user and application may make"),
    500: ("InternalError", "A bug of ours: the log has it under the RCRequestId"),
    503: ("Unavailable", "Not now: see Retry-After"),
}

_NUMBER = {"type": "integer", "format": "int64"}
_OWN_ID = {"type": "string", "default": "~"}

# (segment before the parameter or "", parameter) -> its schema and what it is.
PATH_PARAMETERS: dict[tuple[str, str], tuple[dict[str, Any], str]] = {
    ("", "accountId"): (_OWN_ID, "~ or the id of the token's account"),
    ("", "extensionId"): (_OWN_ID, "~ or the id of the token's extension"),
    ("ringout", "ringoutId"): (_NUMBER, "id of the RingOut"),
    ("ring-out", "ringoutId"): ({"type": "string"}, "id of the RingOut, which is its telephonySessionId"),
    ("", "countryId"): (_NUMBER, "RingCentral's id of the country: US 1, CA 39, FR 75, DE 83, GB 224"),
    ("", "timezoneId"): ({"type": "string"}, "id of the time zone, for example America.Los_Angeles"),
}

_TAGS = {
    "": "API",
    "account": "Account",
    "active-calls": "Call log",
    "authorize": "OAuth",
    "authz-profile": "Permissions",
    "business-address": "Account",
    "business-hours": "Account",
    "call-log-sync": "Call log",
    "caller-id": "Caller ID",
    "check": "Permissions",
    "client-info": "Phones",
    "device": "Phones",
    "extension": "Extension",
    "features": "Permissions",
    "forwarding-number": "Phones",
    "grant": "Permissions",
    "number-parser": "Numbers",
    "dialing-plan": "Numbers",
    "dictionary": "Dictionary",
    "oauth": "OAuth",
    ".well-known": "OAuth",
    "openapi.json": "API",
    "docs": "API",
    "phone-number": "Numbers",
    "profile-image": "Extension",
    "restapi": "API",
    "ring-out": "RingOut",
    "ringout": "RingOut",
    "healthz": "API",
    "service-info": "Account",
}


def tag(path: str) -> str:
    """Under what an operation of that path is listed: by the first word of the path that tells anything."""
    telling = [s for s in path.split("/")[1:] if not s.startswith(("{", "restapi", "v1.0", "v2"))]
    words = [s for s in telling if s not in ("account", "extension")] or telling[-1:] or [""]
    return _TAGS.get(words[0], words[0].replace("-", " ").capitalize())
