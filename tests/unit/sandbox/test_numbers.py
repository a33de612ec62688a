"""The telephone directory of the sandbox."""

from __future__ import annotations

import msgspec

from ringout.sandbox.account import Login
from ringout.sandbox.numbers import PERSONALITIES

ISSUE_NUMBERS = {
    *("answers", "answers_slowly", "rings", "busy", "declines", "unknown", "unavailable", "carrier_down", "silent"),
    *("hangs_up", "presses_1", "presses_2_then_1", "presses_nothing"),
}
ISSUE_KEYS = {
    *("url", "client_id", "client_secret", "jwt", "username", "extension", "password", "account_id", "extension_id"),
    *("from", "numbers"),
    "redirect_uri",
}


def test_the_json_has_exactly_the_promised_keys() -> None:
    login = Login("u", "c", "s", "j", "n", "e", "p", "1", "2")
    line = login.encode()
    assert b"\n" not in line
    decoded = msgspec.json.decode(line)
    assert set(decoded) == ISSUE_KEYS
    assert set(decoded["numbers"]) == ISSUE_NUMBERS
    assert msgspec.json.decode(line, type=Login) == login


def test_numbers_are_e164_and_no_two_are_the_same() -> None:
    numbers = [personality.number for personality in PERSONALITIES]
    assert all(number.startswith("+1650555") and len(number) == 12 for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_phones_that_answer_hum_tones_of_their_own_that_fit_a_frame() -> None:
    tones = [
        who.tone_hz for who in PERSONALITIES if who.refusal is None and who.responds and who.rings_seconds is not None
    ]
    assert len(set(tones)) == len(tones)
    assert all(tone % 50 == 0 for tone in tones)
