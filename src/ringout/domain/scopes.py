"""Application permissions (OAuth scopes): their names, what they let an application do, and which include which."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, get_args

ADMIN = "Admin"  # the administration; carried only by tokens of a client of its own, never by a user's
OPENID = "openid"
Identity = Literal["openid", "email", "profile"]
IDENTITY: tuple[Identity, ...] = get_args(Identity)  # OpenID Connect; every client may ask for them
WEB_SOCKET = "WebSocket"

# What the user reads who is asked for consent: "it may ...".
PERMISSIONS: dict[str, str] = {
    "RingOut": "place, watch and cancel calls between your phones and others",
    "ReadAccounts": "read your company's and your own settings, phones and numbers",
    "EditAccounts": "change your company's settings",
    "EditExtensions": "change your own settings, phones and caller ID",
    "CallControl": "control your running calls",
    "ReadCallLog": "read the log of your calls",
    "EditCallLog": "change the log of your calls",
    "ReadCallRecording": "listen to recordings of your calls",
    "ReadPresence": "see whether you are available and on the phone",
    "EditPresence": "change whether you are shown as available",
    "ReadContacts": "read your contacts",
    "Contacts": "read and change your contacts",
    "SubscriptionWebhook": "be told of your calls as they happen",
    "WebSocketsSubscription": "be told of your calls as they happen",
    "WebSocket": "be told of your calls as they happen",
    "VoipCalling": "make and take calls in your place",
    "EditUserCredentials": "change your password",
    "RoleManagement": "read and change who may do what",
    "ReadClientInfo": "read which applications you use",
    "DirectRingOut": "ring one of your phones",
    "SMS": "send and read your text messages",
    "Faxes": "send and read your faxes",
    "Voicemail": "listen to your voicemail",
    "openid": "know which user you are",
    "email": "read your e-mail address",
    "profile": "read your name",
}

# What Edit... includes beyond the Read... of the same thing, and one permission that has two names.
_INCLUDED: dict[str, tuple[str, ...]] = {
    "EditExtensions": ("ReadAccounts",),
    "EditAccounts": ("ReadAccounts",),
    "Contacts": ("ReadContacts",),
    "WebSocketsSubscription": ("WebSocket",),
    "WebSocket": ("WebSocketsSubscription",),
}


@lru_cache(maxsize=1024)
def _expanded(scopes: frozenset[str]) -> frozenset[str]:
    found = set(scopes)
    for scope in scopes:
        found.update(_INCLUDED.get(scope, ()))
        if scope.startswith("Edit"):
            found.add("Read" + scope.removeprefix("Edit"))
    return frozenset(found)


def expand(scopes: Iterable[str]) -> frozenset[str]:
    """The permissions and all that they include."""
    return _expanded(frozenset(scopes))


def of_users(scopes: Iterable[str]) -> tuple[str, ...]:
    """Those that a user's token may carry."""
    return tuple(scope for scope in scopes if scope != ADMIN)


def is_allowed(wanted: Iterable[str], granted: Iterable[str]) -> bool:
    """Whether a client with the granted permissions may ask for the wanted ones on a user's behalf."""
    return set(wanted) <= {*expand(of_users(granted)), *IDENTITY}


def in_words(scopes: Iterable[str]) -> tuple[str, ...]:
    """Each thing that the permissions open, once. A permission that nobody has described stands as it is."""
    return tuple(dict.fromkeys(PERMISSIONS.get(scope, scope) for scope in scopes))
