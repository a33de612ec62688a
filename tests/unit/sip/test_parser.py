from __future__ import annotations

import pytest

from ringout.sip.errors import MalformedMessage
from ringout.sip.headers import Headers
from ringout.sip.message import Request, Response
from ringout.sip.parser import MAX_HEADER_FIELDS, check_request, parse

HEAD = (
    b"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
    b"Call-ID: one\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
)
START = b"OPTIONS sip:c@d SIP/2.0\r\n"


def accept(data: bytes) -> None:
    message = parse(data)
    assert isinstance(message, Request)
    check_request(message)


def refusal(data: bytes) -> MalformedMessage:
    with pytest.raises(MalformedMessage) as refused:
        accept(data)
    return refused.value


def test_a_request() -> None:
    message = parse(START + HEAD + b"l: 2\r\n\r\nhi, and more")
    assert isinstance(message, Request)
    assert (message.method, message.uri, message.body) == ("OPTIONS", "sip:c@d", b"hi")
    assert (message.call_id, message.cseq, message.from_tag, message.to_tag) == ("one", (1, "OPTIONS"), "1", None)
    assert "Content-Length" not in message.headers
    check_request(message)


def test_a_response() -> None:
    message = parse(b"SIP/2.0 180 Ringing\r\n" + HEAD + b"\r\n")
    assert isinstance(message, Response)
    assert (message.status, message.reason, message.body) == (180, "Ringing", b"")


def test_a_reason_phrase_can_always_be_shown() -> None:
    """It is stored and answered as JSON: one odd byte from a phone must not break either."""
    message = parse(b"SIP/2.0 486 Occup\xe9 \xe2\x98\x8e\r\n" + HEAD + b"\r\n")
    assert isinstance(message, Response)
    assert message.reason == "Occup\ufffd \u260e"


def test_values_are_unfolded_and_stripped() -> None:
    message = parse(START + b"Subject: \t a\r\n\t b \r\n  c  \r\nx:\r\n y\r\n\r\n")
    assert message.headers.get("Subject") == "a b  c"
    assert message.headers.get("Session-Expires") == "y"


@pytest.mark.parametrize("fault", [b"no colon\r\n", b"Bad Name: x\r\n", b"l: x\r\n", b"X: a\rb\r\n", b": empty\r\n"])
def test_a_broken_request_can_still_be_refused(fault: bytes) -> None:
    for data in (START + fault + HEAD + b"\r\n", START + HEAD + fault + b"\r\n"):
        error = refusal(data)
        assert error.code == 400
        assert error.message is not None
        assert error.message.top_via.branch == "z9hG4bK1"
        assert error.message.call_id == "one"


def test_a_broken_request_line_can_still_be_refused() -> None:
    error = refusal(b"OPTIONS  <sip:c@d  > SIP/2.0 \r\n" + HEAD + b"\r\n")
    assert (error.code, error.message and error.message.method) == (400, "OPTIONS")


@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"\r\n\r\n", b"\0", b"SIP/2.0\r\n\r\n", b"A\r\n\r\n", b" \r\n\r\n", b"\r\n \r\n\r\n"]
)
def test_nothing_to_answer(data: bytes) -> None:
    error = refusal(data)
    assert error.message is None


def test_as_many_header_fields_as_allowed_and_one_more() -> None:
    fill = MAX_HEADER_FIELDS - HEAD.count(b"\r\n")
    parse(START + HEAD + b"X: y\r\n" * fill + b"\r\n")
    assert refusal(START + HEAD + b"X: y\r\n" * (fill + 1) + b"\r\n").code == 513


def test_the_refusal_of_check_request_carries_the_request() -> None:
    request = Request("OPTIONS", "tel:+1", Headers(parse(START + HEAD + b"\r\n").headers.items()))
    with pytest.raises(MalformedMessage) as refused:
        check_request(request)
    assert (refused.value.code, refused.value.message) == (416, request)


def test_an_rfc_2543_request_without_max_forwards_and_tag_passes() -> None:
    head = HEAD.replace(b"Max-Forwards: 70\r\n", b"").replace(b";tag=1", b"").replace(b";branch=z9hG4bK1", b"")
    message = parse(START + head + b"\r\n")
    assert isinstance(message, Request)
    check_request(message)


@pytest.mark.parametrize("contact", ["*", "sip:a@b, <sip:c@d>;q=0.1", '"a, b" <sip:a@b>'])
def test_contacts_that_pass(contact: str) -> None:
    message = parse(START + HEAD + f"Contact: {contact}\r\n\r\n".encode())
    assert isinstance(message, Request)
    check_request(message)


@pytest.mark.parametrize("name", ["Contact", "Route", "Record-Route"])
def test_broken_addresses_are_refused(name: str) -> None:
    assert refusal(START + HEAD + f"{name}: <sip:a b>\r\n\r\n".encode()).code == 400
