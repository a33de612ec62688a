"""Which of a user's phones ring when the user is called: by the rules of the list, or the default phone alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ringout.domain.account import Extension, RingingMode, RingRule
from ringout.domain.own_phones import phone_of
from ringout.domain.plan import Phone

SECONDS_OF_A_RING = 5.0  # as RingCentral's own pages count them
FEWEST_RINGS, MOST_RINGS = 1, 15
MOST_PHONES = 10  # of one call: each takes ports and a trunk's line; a configuration file may name more


def phones_that_ring(extension: Extension) -> tuple[Phone, ...]:
    """In the order of the list, each once, with its turn and its time; none when the user has set no list, or nothing
    of it can ring."""
    found: dict[str, Phone] = {}
    for turn, rule in enumerate(rule for rule in known_rules(extension) if rule.enabled):
        for phone_id in rule.phones:
            if phone_id not in found:
                for phone in _phone(extension, phone_id):
                    in_turn = turn if extension.ring_list.mode is RingingMode.SEQUENTIALLY else 0
                    found[phone_id] = replace(phone, ring_seconds=rule.rings * SECONDS_OF_A_RING, turn=in_turn)
    return tuple(found.values())[:MOST_PHONES]


def known_rules(extension: Extension) -> list[RingRule]:
    """The rules of the list without phones that the user no longer has."""
    have = {phone.id for phone in extension.forwarding_numbers}
    rules = (replace(rule, phones=_of(rule.phones, have)) for rule in extension.ring_list.rules)
    return [rule for rule in rules if rule.phones]


def _of(phone_ids: Iterable[str], have: set[str]) -> tuple[str, ...]:
    return tuple(phone_id for phone_id in phone_ids if phone_id in have)


def _phone(extension: Extension, phone_id: str) -> Iterator[Phone]:
    for forwarding in extension.forwarding_numbers:
        if forwarding.id == phone_id:
            phone = phone_of(forwarding, extension)
            if phone is not None:
                yield phone
