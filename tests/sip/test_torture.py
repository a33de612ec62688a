"""Odd and broken messages in every class of RFC 4475, as files of our own, each with the one outcome it must have."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringout.sip.errors import MalformedMessage
from ringout.sip.message import Request, Response
from ringout.sip.parser import check_request, parse

FILES = Path(__file__).parent / "torture"

# name -> (code, reason, whether the request came along to be refused). Files that are not here must be accepted.
REFUSED: dict[str, tuple[int, str, bool]] = {
    "broken_bare_cr": (400, "CR or LF within a line", True),
    "broken_bare_lf": (400, "CR or LF within a line", True),
    "broken_bare_nul": (400, "NUL outside a quoted pair", True),
    "broken_blank_after_request_line": (400, "Bad Request-Line", True),
    "broken_blank_in_request_uri": (400, "Bad Request-Line", True),
    "broken_blank_inside_address": (400, "Bad URI in address", True),
    "broken_contact_without_brackets": (400, "Bad parameter", True),
    "broken_cseq_huge": (400, "Missing or bad CSeq", True),
    "broken_cseq_method": (400, "CSeq method differs from the request's", True),
    "broken_cseq_method_unknown": (400, "CSeq method differs from the request's", True),
    "broken_cseq_too_large": (400, "CSeq out of range", True),
    "broken_extra_separators": (400, "Bad URI in address", True),
    "broken_first_line_folded": (400, "Folded start line", True),
    "broken_header_name": (400, "Bad header field name", True),
    "broken_header_without_colon": (400, "Bad header field name", True),
    "broken_headers_in_request_uri": (400, "Headers in the Request-URI", True),
    "broken_length_beyond_end": (400, "Body shorter than Content-Length", True),
    "broken_length_negative": (400, "Bad Content-Length", True),
    "broken_length_plus": (400, "Bad Content-Length", True),
    "broken_length_text": (400, "Bad Content-Length", True),
    "broken_max_forwards": (400, "Bad Max-Forwards", True),
    "broken_max_forwards_text": (400, "Bad Max-Forwards", True),
    "broken_no_empty_line": (400, "No empty line after the header", False),
    "broken_open_bracket": (400, "Bad address", True),
    "broken_open_quote": (400, "Bad address", True),
    "broken_open_quote_in_contact": (400, "Unbalanced quote or bracket", True),
    "broken_request_uri_escape": (400, "Bad SIP URI", True),
    "broken_request_uri_in_brackets": (400, "Bad SIP URI", True),
    "broken_request_uri_port": (400, "Bad port", True),
    "broken_response_code_700": (400, "Bad status line", False),
    "broken_response_code_large": (400, "Bad status line", False),
    "broken_response_code_short": (400, "Bad status line", False),
    "broken_response_header": (400, "Bad header field name", False),
    "broken_response_version": (400, "SIP version not supported", False),
    "broken_start_line": (400, "Bad start line", False),
    "broken_two_blanks_in_request_line": (400, "Bad Request-Line", True),
    "broken_version": (505, "SIP version not supported", True),
    "odd_atypical_scheme": (416, "Unsupported URI scheme", True),
    "odd_missing_call_id": (400, "Missing Call-ID", True),
    "odd_missing_cseq": (400, "Missing or bad CSeq", True),
    "odd_missing_fields": (400, "Missing From", True),
    "odd_missing_via": (400, "Missing Via", True),
    "odd_repeated_content_length": (400, "Bad Content-Length", True),
    "odd_repeated_single_fields": (400, "More than one Call-ID", True),
    "odd_tel_scheme": (416, "Unsupported URI scheme", True),
    "odd_unknown_scheme": (416, "Unsupported URI scheme", True),
}
NAMES = sorted(path.stem for path in FILES.glob("*.sip"))


def read(name: str) -> Request | Response:
    message = parse((FILES / f"{name}.sip").read_bytes())
    if isinstance(message, Request):
        check_request(message)
    return message


def test_every_expectation_has_its_file() -> None:
    assert len(NAMES) >= 80
    assert set(REFUSED) <= set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REFUSED])
def test_accepted(name: str) -> None:
    message = read(name)
    assert message.call_id
    assert message.cseq[0] >= 0
    assert message.top_via.host
    assert message.from_tag is None or message.from_tag
    assert parse(message.encode()) == message


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused(name: str) -> None:
    with pytest.raises(MalformedMessage) as refused:
        read(name)
    error = refused.value
    assert (error.code, error.reason, error.message is not None) == REFUSED[name]


def test_every_trick_is_understood() -> None:
    message = read("valid_every_trick")
    assert isinstance(message, Request)
    assert message.uri == "sip:desk:secret@office.example;lr"
    assert (message.from_tag, message.to_tag) == ("a+b!c*d%e", "77x")
    assert message.cseq == (31, "INVITE")
    assert message.top_via.params == {"branch": "z9hG4bKone", "extra": '"a;b,c"'}
    assert [via.split(";")[0].split()[-1] for via in message.headers.values("Via")] == [
        "192.0.2.17:5060",
        "[2001:db8::9]:5061",
        "proxy.example",
    ]
    assert message.headers.values("Contact") == [
        '"a,b" <sip:one@home.example?Subject=x,y>;q=0.5',
        "<sip:two@home.example>",
    ]
    assert message.headers.get("X-Own-Header") == 'anything ;;,, = goes " here'
    assert message.body == b"abcd"


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("valid_no_reason_no_blank", 183, ""),
        ("valid_empty_reason", 183, ""),
        ("valid_unknown_code", 499, "Out Of Cheese"),
        ("valid_unusual_reason", 200, '= 1**9 == 1 \u260e tout va bien; "ok"'),
    ],
)
def test_status_lines(name: str, status: int, reason: str) -> None:
    message = read(name)
    assert isinstance(message, Response)
    assert (message.status, message.reason) == (status, reason)


def test_octets_beyond_content_length_are_dropped() -> None:
    assert read("valid_trailing_octets").body == b""


def test_without_content_length_the_body_reaches_to_the_end() -> None:
    assert read("valid_no_content_length").body == b"to the end of the datagram"


def test_escaped_nul_survives_and_quoted_nul_can_be_sent_back() -> None:
    assert read("valid_escaped_nul").headers.get("To") == "sip:nul%00user@office.example"
    assert b'nul:\\\0 del:\\\x7f"' in read("valid_strange_method").encode()
