from __future__ import annotations

import pytest

from ringout.sip.errors import LocalProtocolError, MalformedMessage
from ringout.sip.headers import Headers
from ringout.sip.message import Request, Response


def test_a_request_in_bytes() -> None:
    request = Request("OPTIONS", "sip:a@b", Headers([("v", "SIP/2.0/UDP h"), ("Content-Length", "99")]), b"hi")
    assert request.encode() == b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nContent-Length: 2\r\n\r\nhi"


def test_a_response_in_bytes() -> None:
    assert Response(200, "Größe", Headers()).encode() == b"SIP/2.0 200 Gr\xc3\xb6\xc3\x9fe\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "evil", ["x\r\nEvil: 1", "x\nEvil: 1", "x\rEvil: 1", "x\0", "x\r\n folded", "\\\0\0", "\ud800"]
)
def test_what_breaks_a_line_is_not_sent(evil: str) -> None:
    for message in (
        Request("OPTIONS", "sip:a@b", Headers([("Subject", evil)])),
        Request("OPTIONS", f"sip:{evil}", Headers()),
        Request(f"OPTIONS{evil}", "sip:a", Headers()),
        Response(200, evil, Headers()),
    ):
        with pytest.raises(LocalProtocolError):
            message.encode()


@pytest.mark.parametrize(
    ("method", "uri"), [("", "sip:a"), ("A B", "sip:a"), ("A", ""), ("A", "sip:a b"), ("A", "a\tb")]
)
def test_bad_request_lines_are_not_sent(method: str, uri: str) -> None:
    with pytest.raises(LocalProtocolError):
        Request(method, uri, Headers()).encode()


@pytest.mark.parametrize("status", [0, 99, 700, -200])
def test_bad_status_codes_are_not_sent(status: int) -> None:
    with pytest.raises(LocalProtocolError):
        Response(status, "", Headers()).encode()


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("<sip:a@b>;tag=x", "x"),
        ("<sip:a@b;tag=no>", None),
        ("sip:a@b;tag=x", "x"),
        ("sip:a@b", None),
        ('"a>b;tag=no" <sip:a@b>;tag=a+b!*%', "a+b!*%"),
        ('<sip:a@b>;x=">;tag=no";TAG=yes', "yes"),
        ("<sip:a@b> ; x=y ; tag = z ", "z"),
    ],
)
def test_tags(value: str, tag: str | None) -> None:
    message = Response(200, "", Headers([("f", value), ("t", value)]))
    assert (message.from_tag, message.to_tag) == (tag, tag)


@pytest.mark.parametrize("value", ["<sip:a@b>;tag=", "<sip:a@b>;tag", "<sip:a@b>;;tag=1", '<sip:a@b>;x=">', "<sip:a>x"])
def test_broken_tags(value: str) -> None:
    with pytest.raises(MalformedMessage):
        _ = Response(200, "", Headers([("To", value)])).to_tag


@pytest.mark.parametrize("getter", ["call_id", "cseq", "from_tag", "to_tag", "top_via"])
def test_absent_fields_are_malformed(getter: str) -> None:
    with pytest.raises(MalformedMessage):
        getattr(Response(200, "", Headers()), getter)


@pytest.mark.parametrize(
    "value", ["", "INVITE", "1", "x INVITE", "-1 INVITE", "2147483648 INVITE", "1 IN VITE", "１ INVITE"]
)
def test_broken_cseq(value: str) -> None:
    with pytest.raises(MalformedMessage):
        _ = Response(200, "", Headers([("CSeq", value)])).cseq


def test_cseq_and_via() -> None:
    message = Response(
        200, "", Headers([("CSeq", "2147483647  INVITE"), ("Via", 'SIP/2.0/TCP a;x="p,q", SIP/2.0/UDP b')])
    )
    assert message.cseq == (2147483647, "INVITE")
    assert (message.top_via.transport, message.top_via.host) == ("TCP", "a")


def test_equality_is_by_content() -> None:
    assert Request("A", "u", Headers([("v", "x")])) == Request("A", "u", Headers([("Via", "x")]))
    assert Request("A", "u", Headers()) != Response(200, "u", Headers())
    assert "Via" in repr(Request("A", "u", Headers([("v", "x")]))) + repr(Response(200, "", Headers()))
