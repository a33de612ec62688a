"""Bencoding both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringout.media.rtpengine.bencode import BadBencoding, decode, encode

values = st.recursive(
    st.binary(max_size=40) | st.integers(-(10**18), 10**18),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def test_a_request_looks_as_rtpengine_expects() -> None:
    assert encode({"command": "ping"}) == b"d7:command4:pinge"
    assert encode({"flags": ["a", "bc"], "duration": 100}) == b"d5:flagsl1:a2:bce8:durationi100ee"


def test_an_answer_is_read() -> None:
    assert decode(b"d6:result4:ponge") == {"result": b"pong"}
    assert decode(b"d8:durationi-12e5:itemsli1e1:xee") == {"duration": -12, "items": [1, b"x"]}


def _with_latin_keys(value: object) -> object:
    if isinstance(value, dict):
        return {key.encode().decode("latin-1"): _with_latin_keys(item) for key, item in value.items()}
    return [_with_latin_keys(item) for item in value] if isinstance(value, list) else value


@given(values)
def test_what_is_written_is_read_again(value: object) -> None:
    assert decode(encode(value)) == _with_latin_keys(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"5:abc", b"-1:", b"i1", b"ie", b"i 1e", b"i1_0e", b"l", b"d1:a", b"di1ei2ee", b"i1ei2e", b"l" * 5000,
     b"9" * 5000 + b":", b"i" + b"9" * 5000 + b"e"],
)  # fmt: skip
def test_anything_else_is_one_named_error(data: bytes) -> None:
    with pytest.raises(BadBencoding):
        decode(data)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_the_named_error(data: bytes) -> None:
    try:
        decode(data)
    except BadBencoding:
        pass
