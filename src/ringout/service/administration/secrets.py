"""Passwords and client secrets that are made up here, shown once, and kept as hashes only."""

from __future__ import annotations

from ringout.service.ports import IdSource

# `extra` of a field that holds a secret: the command line asks for it instead of taking it as an option, and says of a
# shown one that it will not be shown again.
SECRET = {"secret": True}

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another on paper
_GROUPS, _GROUP = 5, 4


def new_password(ids: IdSource) -> str:
    """About 99 unpredictable bits, in a form that can be read out."""
    number = ids.number(160)  # more than is used, so that every letter is as likely as the others
    groups = []
    for _ in range(_GROUPS):
        group = ""
        for _ in range(_GROUP):
            number, letter = divmod(number, len(_LETTERS))
            group += _LETTERS[letter]
        groups.append(group)
    return "-".join(groups)
