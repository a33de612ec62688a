"""Time zones, by their IANA names."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files

import phonenumbers
from phonenumbers import timezone

UNKNOWN = "Etc/UTC"
_NO_PLACES = ("Etc/", "SystemV/")
# For numbers that tell the country only, toll-free ones for example: where most of its people live.
_MOST_PEOPLE = {"US": "America/New_York", "CA": "America/Toronto", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo"}
_WINTER, _SUMMER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)


@cache
def names() -> tuple[str, ...]:
    """Every zone that is a place, sorted. From the list of the package, in one read: asking zoneinfo walks through all
    its files, which takes 30 ms."""
    listed = files("tzdata").joinpath("zones").read_text("ascii").split()
    return tuple(sorted(name for name in listed if "/" in name and not name.startswith(_NO_PLACES)))


def find(text: str) -> str | None:
    """The name for what a client sends: the name itself or its id."""
    name = text.replace(".", "/")
    return name if name in names() or name == UNKNOWN else None


def zone_id(name: str) -> str:
    """The name as one segment of a path: `America.New_York`."""
    return name.replace("/", ".")


@lru_cache(maxsize=256)
def of_number(e164: str, country: str) -> str:
    """Where a number rings, as far as it tells; country: ISO 3166, any case."""
    found = timezone.time_zones_for_number(phonenumbers.parse(e164))
    if len(found) == 1 and found[0] in names():
        return found[0]
    likely = _MOST_PEOPLE.get(country.upper(), found[0])
    return likely if likely in names() else UNKNOWN


@cache
def bias_minutes(name: str) -> int:
    """Minutes that the zone's standard time is ahead of UTC: -480 for Los Angeles."""
    zone = zoneinfo.ZoneInfo(name)
    offsets = [at.astimezone(zone).utcoffset() for at in (_WINTER, _SUMMER)]
    return min(int(offset.total_seconds()) // 60 for offset in offsets if offset is not None)
