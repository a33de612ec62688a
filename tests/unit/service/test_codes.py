from dataclasses import replace

import pytest

from fakes.service import CountingIds, SetClock
from ringout.domain.account import Client
from ringout.domain.errors import GrantRefused
from ringout.service.codes import Authorized, Challenge, Codes

# RFC 7636 appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CLIENT = Client("app")
AUTHORIZED = Authorized("app", 1, ("RingOut",), "https://crm.example/", True, None, "", 0.0, None)


def test_the_vector_of_the_rfc() -> None:
    assert Challenge(CHALLENGE, is_hashed=True).is_met_by(VERIFIER)
    assert not Challenge(CHALLENGE, is_hashed=True).is_met_by(CHALLENGE)
    assert not Challenge(CHALLENGE, is_hashed=False).is_met_by(VERIFIER)
    assert Challenge(VERIFIER, is_hashed=False).is_met_by(VERIFIER)


@pytest.mark.parametrize(
    ("text", "is_hashed", "expected"),
    [
        (CHALLENGE, True, True), (CHALLENGE[:-1], True, False), (CHALLENGE + "=", True, False),
        ("x" * 42, False, False), ("x" * 43, False, True), ("x" * 128, False, True), ("x" * 129, False, False),
        ("~._-" * 11, False, True), ("~._-" * 10 + "xyz", True, False), ("x" * 43 + "\n", False, False),
        ("é" * 43, False, False),
    ],
)  # fmt: skip
def test_what_a_challenge_looks_like(text: str, is_hashed: bool, expected: bool) -> None:
    assert Challenge(text, is_hashed).is_well_formed() is expected


def test_codes_are_forgotten() -> None:
    clock = SetClock()
    codes = Codes(clock, CountingIds())
    first = codes.issue(AUTHORIZED)
    for _ in range(10_000):
        codes.issue(AUTHORIZED)
    assert len(codes._codes) == 10_000
    with pytest.raises(GrantRefused):
        codes.take(first, CLIENT, AUTHORIZED.redirect_uri, "")
    clock.pass_seconds(240)
    last = codes.issue(AUTHORIZED)
    assert len(codes._codes) == 1
    assert codes.take(last, CLIENT, AUTHORIZED.redirect_uri, "").authorized == AUTHORIZED


def test_nothing_in_clear_is_kept() -> None:
    codes = Codes(SetClock(), CountingIds())
    code = codes.issue(replace(AUTHORIZED))
    assert code not in repr(vars(codes))
