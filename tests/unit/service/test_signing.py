"""What strangers show as a JWT: whatever stands in it, the answer is the same."""

from __future__ import annotations

import base64
import json
from itertools import product
from typing import Any

import pytest

from fakes.web import signing_key

HEADERS: tuple[Any, ...] = (
    {}, [], "x", 1, None, b"{", b"\xff", b"[" * 2000, b"NaN", b'{"alg":' + b"9" * 3000 + b"}",
    {"alg": None}, {"alg": 1}, {"alg": []}, {"alg": {}}, {"alg": "none"}, {"alg": "HS256"},
    *({"alg": "RS256", "crit": crit} for crit in (1, "x", None, {}, [1], [[]], [{}], [None], ["b64"])),
    {"alg": "RS256", "crit": ["b64"], "b64": False}, {"alg": "RS256", "b64": "x"}, {"alg": "RS256", "kid": []},
    {"alg": "RS256", "typ": 1}, {"alg": "RS256", "jwk": 1}, {"alg": "RS256", "x5c": 1},
    {"alg": "dir", "enc": "A256GCM"},
)  # fmt: skip
CLAIMS: tuple[Any, ...] = ({}, [], "x", b"\xff", b"[" * 900)
SIGNATURES = ("", "AAAA", "A" * 342, "!!!", "\u00e9", "\ud800", "A.A.A")


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize("header", HEADERS)
def test_odd_parts(header: Any) -> None:
    for claims, signature in product(CLAIMS, SIGNATURES):
        with pytest.raises(ValueError):
            signing_key().read(f"{encoded(header)}.{encoded(claims)}.{signature}", 0)
