"""Why we refuse a request. Errors carry data and know nothing of HTTP; web/problems.py words them."""

from __future__ import annotations

from dataclasses import dataclass


class RingOutError(Exception):
    """Root of all refusals. Never raised itself."""


class Refused(RingOutError):
    """The request is understood and will not be carried out."""


@dataclass
class MissingParameter(Refused):
    """A field that must be there is not. parameter: its dotted path, for example `to.phoneNumber`."""

    parameter: str


@dataclass
class BadParameter(Refused):
    """A field that cannot mean anything. parameter: dotted path; value: as sent, or None."""

    parameter: str
    value: str | None = None


@dataclass
class UnusableValue(Refused):
    """A field whose value is well formed and not to be had. parameter: dotted path; value: as sent; why: one plain
    sentence."""

    parameter: str
    value: str
    why: str


@dataclass
class DuplicateValue(Refused):
    """A field that must be unique, with what somebody has already. parameter: dotted path; value: as sent."""

    parameter: str
    value: str


@dataclass
class BadNumber(Refused):
    """A phone number that cannot be one. parameter: dotted path, for example `from.phoneNumber`."""

    parameter: str
    value: str


@dataclass
class CallerIdNotYours(Refused):
    """callerId is not among the numbers that this extension may show. parameter: dotted path."""

    value: str
    parameter: str = "callerId.phoneNumber"


@dataclass
class DestinationBarred(Refused):
    """No trunk, or no rule, lets this extension call that number. why: one plain sentence."""

    parameter: str
    value: str
    why: str


@dataclass
class InternationalDisabled(Refused):
    """The number lies in another region, and the account or the user may not call there. parameter: dotted path, whose
    first word tells the leg."""

    parameter: str
    value: str


@dataclass
class NotEnoughFunds(Refused):
    """The balance does not cover the first minute of that leg beside all live calls. parameter: as above."""

    parameter: str
    value: str


@dataclass
class NoSuchUser(Refused):
    """Our own main number with an extension that nobody has. parameter: as above."""

    parameter: str
    value: str


@dataclass
class FeatureUnavailable(Refused):
    """The account or the user does not have that service feature, for example `RingOut`."""

    feature: str


@dataclass
class RateExceeded(Refused):
    """Too many requests of one user and application. group: Light, Medium, Heavy or Auth; limit: how many are allowed
    in a minute; retry_after_seconds: whole seconds of silence that end the penalty."""

    group: str
    limit: int
    retry_after_seconds: int


@dataclass
class TooManyStreams(Refused):
    """The user follows as many event streams as one user may. limit: how many."""

    limit: int


@dataclass
class ForwardingNumberRefused(Refused):
    """A rule of the user's list of phones. rule: its number in RingCentral's list, 102-125 (FPN-102 ...); parameter:
    the field to blame; value: what the sentence about it names, e.g. the label or the number that is there already."""

    rule: int
    parameter: str
    value: str = ""


class SyncTokenRefused(Refused):
    """The sync token is none of ours, or too much has happened since: the client has to begin anew."""


@dataclass
class PermissionRequired(Refused):
    """The user (not the application) lacks a permission, for example `FullCompanyCallLog`."""

    permission: str


@dataclass
class InsufficientScope(Refused):
    """The token's client lacks an application permission, for example `RingOut`."""

    permission: str


class AnotherExtension(Refused):
    """The token belongs to another extension of the same account."""


@dataclass
class NotFound(RingOutError):
    """What the request names is not there. parameter: the name the client sees, e.g. `ringOutId`, `accountId`."""

    parameter: str


@dataclass
class Conflict(RingOutError):
    """The resource is in a state that does not allow this."""

    what: str


@dataclass
class Unavailable(RingOutError):
    """Try again later. retry_after_seconds: whole seconds for the Retry-After header; why: one plain sentence."""

    why: str
    retry_after_seconds: int


class AuthorizationUnsupported(RingOutError):
    """An Authorization header of another scheme than Bearer."""


class TokenMissing(RingOutError):
    """No Authorization header."""


class TokenInvalid(RingOutError):
    """The bearer token is unknown, malformed or revoked."""


class TokenExpired(RingOutError):
    """The bearer token was ours and its time is over."""


class ExtensionLoginNeeded(RingOutError):
    """The token is a client's own, and the resource is a user's."""


@dataclass
class GrantRefused(RingOutError):
    """The token endpoint refuses. error: RFC 6749 section 5.2 code; code: RingCentral's OAU or CMN code; why: one
    sentence, which may hold {parameter}, {value} and {why}; parameter: the form field to blame, or None;
    client_rejected: the client did not prove who it is; value: what was sent, None for secrets and what was not sent;
    reason: goes into {why}."""

    error: str
    code: str
    why: str
    parameter: str | None = None
    client_rejected: bool = False
    value: str | None = None
    reason: str = ""

    @property
    def places(self) -> dict[str, str]:
        """What goes into the {places} of the sentence."""
        return {"parameter": self.parameter or "", "value": self.value or "", "why": self.reason}
