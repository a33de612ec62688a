"""The list of a user's phones that ring when the user is called: what may stand in it, and how it changes.

The rules and ranges are those of the forwarding part of RingCentral's answering rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ringout.domain.account import Extension, RingingMode, RingRule
from ringout.domain.errors import BadParameter, DuplicateValue, MissingParameter, NotFound
from ringout.domain.ring_list import FEWEST_RINGS, MOST_RINGS, SECONDS_OF_A_RING, known_rules
from ringout.service.accounts import Accounts
from ringout.service.forwarding_numbers import MOST

USUAL_RINGS = RingRule(()).rings  # of a rule that names no count
_PHONES = "forwarding.rules.forwardingNumbers"


@dataclass(frozen=True, slots=True)
class WantedRule:
    """What a request says of one rule. phones: ids of forwarding numbers; index: its place, lower ones first."""

    phones: tuple[str, ...]
    rings: int | None = None
    enabled: bool = True
    index: int | None = None


@dataclass(frozen=True, slots=True)
class WantedList:
    """What a request says of the list. None = as it is."""

    mode: RingingMode | None = None
    rules: tuple[WantedRule, ...] | None = None
    by_default: bool | None = None


class RingLists:
    """Shows and changes. Raises KeyError for an unknown extension, OSError when the disk refuses."""

    def __init__(self, accounts: Accounts, caller_ring_seconds: float) -> None:
        """caller_ring_seconds: how long a phone rings alone."""
        self._accounts = accounts
        self._alone = min(MOST_RINGS, max(FEWEST_RINGS, round(caller_ring_seconds / SECONDS_OF_A_RING)))

    def rules(self, extension: Extension) -> list[RingRule]:
        """Those in force, also for a user who has set none: the default phone alone."""
        default = extension.default_forwarding
        if extension.ring_list.rules or default is None:
            return known_rules(extension)
        return [RingRule((default.id,), self._alone)]

    async def change(self, extension_id: int, wanted: WantedList) -> Extension:
        """The extension afterwards. Raises a Refused or NotFound as the function change does."""
        return await self._accounts.change_extension(extension_id, lambda extension: change(extension, wanted))


def change(extension: Extension, wanted: WantedList) -> Extension:
    """With the list as wanted; rules replace all rules. Raises NotFound for a phone that is not the user's,
    DuplicateValue for one that stands in it twice, MissingParameter or BadParameter."""
    old = extension.ring_list
    rules = old.rules if wanted.rules is None else _rules(extension, wanted.rules)
    mode = old.mode if wanted.mode is None else wanted.mode
    by_default = old.by_default if wanted.by_default is None else wanted.by_default
    return replace(extension, ring_list=replace(old, mode=mode, rules=rules, by_default=by_default))


def _rules(extension: Extension, wanted: Sequence[WantedRule]) -> tuple[RingRule, ...]:
    if len(wanted) > MOST:
        raise BadParameter("forwarding.rules")
    have = {phone.id for phone in extension.forwarding_numbers}
    seen: set[str] = set()
    for rule in wanted:
        if not rule.phones:
            raise MissingParameter(_PHONES)
        for phone_id in rule.phones:
            if phone_id not in have:
                raise NotFound(f"{_PHONES}.id")
            if phone_id in seen:
                raise DuplicateValue(f"{_PHONES}.id", phone_id)
            seen.add(phone_id)
    in_order = sorted(wanted, key=_place)
    return tuple(RingRule(rule.phones, _rings(rule), rule.enabled) for rule in in_order)


def _place(rule: WantedRule) -> tuple[bool, int]:
    """Rules without an index come last, in the order in which they were sent."""
    return rule.index is None, rule.index or 0


def _rings(rule: WantedRule) -> int:
    if rule.rings is None:
        return USUAL_RINGS
    if not FEWEST_RINGS <= rule.rings <= MOST_RINGS:
        raise BadParameter("forwarding.rules.ringCount", str(rule.rings))
    return rule.rings
