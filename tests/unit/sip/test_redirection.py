"""What a 3xx says besides where to go: Diversion, History-Info and Identity."""

from __future__ import annotations

import base64
import json

import pytest

from fakes.scripted_peer import ScriptedPeer
from ringout.sip.events import Failed
from ringout.sip.redirection import Redirected, attestation_of


def passport(**claims: object) -> str:
    """A PASSporT in full form with some signature."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'ES256', 'ppt': 'shaken', 'typ': 'passport'})}.{part(claims)}.c2lnbmF0dXJl"


def identity(attest: str = "A") -> str:
    token = passport(attest=attest, dest={"tn": ["16505550202"]}, iat=1700000000, orig={"tn": "16505550100"})
    return f"{token};info=<https://cert.example.org/a.pem>;alg=ES256;ppt=shaken"


def redirected(*lines: str, code: int = 302) -> Redirected | None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), code, "Contact: <sip:carol@192.0.2.7>", *lines)
    (failed,) = peer.reported(Failed)
    assert failed.contacts == (["sip:carol@192.0.2.7"] if code < 400 else [])
    return failed.redirected


def test_a_plain_redirection_says_nothing() -> None:
    assert redirected() is None
    assert redirected("Date: Thu, 01 Jan 2026 00:00:00 GMT") is None


def test_a_refusal_is_no_redirection() -> None:
    assert redirected("Diversion: <sip:bob@example.org>", code=486) is None


def test_diversion_is_passed_on_word_for_word_and_read() -> None:
    told = redirected(
        'Diversion: "Bob, the elder" <sip:+16505550303@gw.example;user=phone>;reason="user-busy";counter=1',
        "Diversion: <tel:+16505550404;x=1>;reason=unconditional, <sip:example.org>",
    )
    assert told is not None
    assert told.came_from == (
        ("+16505550303", "user-busy"),
        ("+16505550404", "unconditional"),
        ("sip:example.org", None),
    )
    assert told.headers_for("sip:carol@192.0.2.7") == (
        (
            "Diversion",
            '"Bob, the elder" <sip:+16505550303@gw.example;user=phone>;reason="user-busy";counter=1',
        ),
        ("Diversion", "<tel:+16505550404;x=1>;reason=unconditional"),
        ("Diversion", "<sip:example.org>"),
    )


def test_history_is_passed_on_with_an_entry_of_its_own_for_the_new_target() -> None:
    told = redirected(
        "History-Info: <sip:bob@example.org>;index=1",
        "History-Info: <sip:bob@192.0.2.9?Reason=SIP%3Bcause%3D486>;index=1.1;rc=1",
    )
    assert told is not None
    assert told.came_from == (("bob", "user-busy"),)
    assert told.headers_for("sip:carol@192.0.2.7") == (
        ("History-Info", "<sip:bob@example.org>;index=1"),
        ("History-Info", "<sip:bob@192.0.2.9?Reason=SIP%3Bcause%3D486>;index=1.1;rc=1"),
        ("History-Info", "<sip:carol@192.0.2.7>;index=1.2"),
    )


def test_a_history_without_a_usable_index_is_passed_on_as_it_is() -> None:
    told = redirected("History-Info: <sip:bob@example.org>;index=1.x")
    assert told is not None
    assert told.headers_for("sip:carol@192.0.2.7") == (("History-Info", "<sip:bob@example.org>;index=1.x"),)
    assert told.came_from == (("bob", None),)


def test_a_signature_is_passed_on_with_its_date() -> None:
    date = "Thu, 01 Jan 2026 00:00:00 GMT"
    told = redirected(f"Identity: {identity('B')}", f"Date: {date}")
    assert told is not None
    assert told.attestation == "B"
    assert told.headers_for("sip:carol@192.0.2.7") == (("Identity", identity("B")), ("Date", date))


def test_the_compact_form_tells_no_attestation_and_is_passed_on() -> None:
    told = redirected("y: ..c2lnbmF0dXJl;info=<https://cert.example.org/a.pem>;ppt=shaken")
    assert told is not None
    assert told.attestation is None
    assert told.headers_for("sip:x")[0][0] == "Identity"


@pytest.mark.parametrize(
    ("value", "attestation"),
    [
        (passport(attest="A"), "A"),
        (passport(attest="C"), "C"),
        (passport(attest="D"), None),
        (passport(attest=["A"]), None),
        (passport(attest="AB"), None),
        (passport(), None),
        ("a.b.c", None),
        ("a.b", None),
        ("", None),
        ("..x", None),
        (f"x.{base64.urlsafe_b64encode(b'[1]').decode()}.y", None),
        (f"x.{base64.urlsafe_b64encode(b'[' * 3000).decode()}.y", None),
        ("x.\u00e9\u00e9.y", None),
        ("x.====.y", None),
    ],
)
def test_attestation(value: str, attestation: str | None) -> None:
    assert attestation_of(value) == attestation


@pytest.mark.parametrize(
    "line",
    [
        "Diversion: junk",
        "Diversion: <sip:bob@example.org",
        "Diversion: <sip:b@x>;reason=" + "x" * 2000,
        "Identity: a\tb\x01c.d.e",
        "Identity: " + "x" * 5000,
        "History-Info: ;index=1",
    ],
)
def test_what_cannot_be_read_or_is_too_long_is_left_out(line: str) -> None:
    assert redirected(line) is None


def test_of_many_entries_only_the_first_are_kept() -> None:
    told = redirected(*[f"Diversion: <sip:b{i}@x>" for i in range(40)], *[f"Identity: {identity()}" for _ in range(9)])
    assert told is not None
    assert (len(told.diversion), len(told.identity)) == (10, 4)


def test_the_shown_text_is_printable_and_short() -> None:
    told = redirected("Diversion: <sip:%0a%0d%e2%80%ae1234@x>;reason=" + "r" * 500)
    assert told is not None
    ((address, reason),) = told.came_from
    assert address.isprintable()
    assert "1234" in address
    assert len(reason or "") == 128


def test_a_second_redirection_adds_to_the_first() -> None:
    first = redirected("Diversion: <sip:b@x>;reason=no-answer", f"Identity: {identity('A')}", "Date: one")
    second = redirected("Diversion: <sip:c@x>, <sip:b@x>;reason=no-answer", f"Identity: {identity('C')}")
    assert first is not None
    assert second is not None
    both = second.after(first)
    assert both.diversion == ("<sip:c@x>", "<sip:b@x>;reason=no-answer")
    assert both.came_from == (("c", None), ("b", "no-answer"))
    assert both.identity == (identity("A"), identity("C"))
    assert (both.attestation, both.date) == ("C", "one")
    assert first.after(None) is first
