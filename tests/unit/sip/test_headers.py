from __future__ import annotations

import pytest

from ringout.sip.errors import LocalProtocolError, MalformedMessage
from ringout.sip.grammar import MAX_LIST_ELEMENTS
from ringout.sip.headers import Headers, canonical_name


def test_names_in_any_case_and_compact_form_are_one() -> None:
    headers = Headers([("v", "one"), ("VIA", "two"), ("x-thing", "three"), ("i", "id")])
    assert headers.items() == [("Via", "one"), ("Via", "two"), ("X-Thing", "three"), ("Call-ID", "id")]
    assert headers.get("vIa") == "one"
    assert headers.all("V") == ["one", "two"]
    assert "X-THING" in headers
    assert headers.get("Route") is None
    assert headers.get("Route", "none") == "none"
    assert len(headers) == 4


@pytest.mark.parametrize("name", ["www-authenticate", "WWW-AUTHENTICATE", "wWw-aUtHeNtIcAtE"])
def test_known_names_get_the_spelling_of_their_rfc(name: str) -> None:
    assert canonical_name(name) == "WWW-Authenticate"


@pytest.mark.parametrize("name", ["", "Bad Name", "X:Y", "X\r\nY", "Ünïcode"])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(LocalProtocolError):
        Headers([(name, "x")])
    with pytest.raises(LocalProtocolError):
        Headers().add(name, "x")


def test_set_keeps_the_place_and_removes_the_rest() -> None:
    headers = Headers([("To", "a"), ("Route", "1"), ("Via", "v"), ("Route", "2")])
    assert headers.get("Route") == "1"
    headers.set("route", "3")
    assert headers.items() == [("To", "a"), ("Route", "3"), ("Via", "v")]
    assert headers.get("Route") == "3"
    headers.set("From", "f")
    assert headers.items()[-1] == ("From", "f")


def test_changes_are_seen_by_get() -> None:
    headers = Headers([("To", "a")])
    assert headers.get("Via") is None
    headers.add("v", "x")
    assert headers.get("Via") == "x"
    headers.remove("Via")
    assert headers.get("Via") is None


def test_a_copy_is_independent() -> None:
    headers = Headers([("To", "a")])
    copy = headers.copy()
    copy.set("To", "b")
    assert (headers.get("To"), copy.get("To")) == ("a", "b")
    assert headers != copy


def test_lists_split_outside_quotes_and_brackets() -> None:
    headers = Headers(
        [("Contact", '"a, \\" b" <sip:a,b@c>;q=1 , <sip:d@e>'), ("Contact", "sip:f@g"), ("Allow", "A,,B, ")]
    )
    assert headers.values("m") == ['"a, \\" b" <sip:a,b@c>;q=1', "<sip:d@e>", "sip:f@g"]
    assert headers.values("Allow") == ["A", "B"]
    assert headers.values("Supported") == []


@pytest.mark.parametrize(
    "value", ['a, "open', "a, <open", "," * (MAX_LIST_ELEMENTS + 1), '"q"' + "," * (MAX_LIST_ELEMENTS + 1)]
)
def test_broken_and_endless_lists_are_malformed(value: str) -> None:
    with pytest.raises(MalformedMessage):
        Headers([("Contact", value)]).values("Contact")
