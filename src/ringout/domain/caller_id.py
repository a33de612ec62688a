"""Which number the callee is shown.

A number may be shown when it is the user's own extension number (the outside sees the main number then), a number of
the user's mailbox, the default phone, or one of the user's phones that is a local or a toll-free number.
"""

from __future__ import annotations

from ringout.domain import phone, regions
from ringout.domain.account import Account, Extension
from ringout.domain.errors import CallerIdNotYours

CHOICES = MAIN, CURRENT, BLOCKED = "main", "current", "blocked"  # beside the numbers themselves


def by_settings(account: Account, extension: Extension, from_number: str) -> str | None:
    """What the user's settings choose for a RingOut: E.164, or None = blocked. from_number: the caller's phone, E.164.
    A number that may be shown no longer, because it was taken away since, gives way to the main number."""
    choice = extension.caller_id.ring_out
    if choice == BLOCKED:
        return None
    if choice == CURRENT:
        return from_number
    return choice if choice != MAIN and may_show(account, extension, choice) else account.main_number


def as_asked(account: Account, extension: Extension, text: str, country: str) -> str:
    """E.164 for a number as the request wrote it, in the dialling plan of country (ISO 3166, upper case). Raises
    CallerIdNotYours, also for what is no number."""
    if phone.digits_of(text) == extension.number:
        return account.main_number
    try:
        number = phone.parse(text, country)
    except ValueError:
        raise CallerIdNotYours(text) from None
    if number.extension is None:
        allowed = may_show(account, extension, number.e164)
    else:
        allowed = number.e164 == account.main_number and number.extension == extension.number
    if not allowed:
        raise CallerIdNotYours(text)
    return number.e164


def may_show(account: Account, extension: Extension, e164: str) -> bool:
    """Whether that number (with +) may stand for the user."""
    if e164 in (account.main_number, extension.default_phone):
        return True
    for owned in account.numbers:
        if owned.number == e164:
            return owned.caller_id and owned.extension_id in (None, extension.id)
    return any(mine.number == e164 for mine in extension.forwarding_numbers) and _is_local_or_toll_free(account, e164)


def _is_local_or_toll_free(account: Account, e164: str) -> bool:
    place = regions.place_of(e164)
    return place.toll_free or not regions.is_abroad(place.region, account.country.upper())
