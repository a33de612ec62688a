"""Differential test: what the `sipmessage` package reads, we read alike.

Its known limits stay outside the generated messages: it takes no folded lines and it escapes tags when it prints.
"""

from __future__ import annotations

import sipmessage
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.sip.header_values import NameAddr, Via
from ringout.sip.message import Request, Response
from ringout.sip.parser import parse
from ringout.sip.uri import SipUri

WORD = st.text("abcdefgxyzABC0123456789-", min_size=1, max_size=10).filter(lambda text: text[0] != "-")
TAG = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=16)
HOST = st.one_of(
    WORD.map(lambda word: f"{word.strip('-') or 'h'}.example"), st.sampled_from(["192.0.2.7", "[2001:db8::1]"])
)
PORT = st.one_of(st.none(), st.integers(1, 65535))
PARAMETERS = st.dictionaries(
    st.sampled_from(["transport", "user", "maddr", "lr", "ttl", "x-own"]), st.one_of(st.none(), WORD)
)


@st.composite
def uris(draw: st.DrawFn) -> str:
    port = draw(PORT)
    params = "".join(f";{name}" + (f"={value}" if value else "") for name, value in draw(PARAMETERS).items())
    user = draw(st.one_of(st.just(""), WORD.map(lambda word: word + "@"), WORD.map(lambda word: word + ":pw@")))
    return f"{draw(st.sampled_from(['sip', 'sips']))}:{user}{draw(HOST)}{f':{port}' if port else ''}{params}"


@st.composite
def addresses(draw: st.DrawFn) -> str:
    display = draw(st.sampled_from(["", "Mara ", '"Mara, \\"M\\" <x>;tag=no" ', "Mara van Dyk "]))
    return f"{display}<{draw(uris())}>;tag={draw(TAG)}"


@st.composite
def vias(draw: st.DrawFn) -> str:
    port = draw(PORT)
    rport = draw(st.sampled_from(["", ";rport", ";rport=5060", ";received=192.0.2.3"]))
    transport = draw(st.sampled_from(["UDP", "TCP", "TLS", "WSS"]))
    return f"SIP/2.0/{transport} {draw(HOST)}{f':{port}' if port else ''};branch=z9hG4bK{draw(WORD)}{rport}"


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    method = draw(st.sampled_from(["INVITE", "BYE", "OPTIONS", "DANCE"]))
    start = draw(
        st.sampled_from([f"{method} {draw(uris())} SIP/2.0", "SIP/2.0 200 OK", "SIP/2.0 499 Odd", "SIP/2.0 183 "])
    )
    via_name, from_name, to_name = draw(
        st.sampled_from([("Via", "From", "To"), ("v", "f", "t"), ("VIA", "from", "tO")])
    )
    lines = [
        start,
        *[f"{via_name}: {via}" for via in draw(st.lists(vias(), min_size=1, max_size=3))],
        f"{from_name}: {draw(addresses())}",
        f"{to_name}:{draw(addresses())}",
        f"Call-ID: {draw(WORD)}@{draw(WORD)}",
        f"CSeq: {draw(st.integers(0, 2**31 - 1))} {method}",
        f"Contact: <{draw(uris())}>, <{draw(uris())}>;q=0.5",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + draw(st.binary(max_size=20))


@given(messages())
@settings(max_examples=150)
def test_both_read_the_same(data: bytes) -> None:
    ours, theirs = parse(data), sipmessage.Message.parse(data)
    if isinstance(ours, Request):
        assert isinstance(theirs, sipmessage.Request)
        assert ours.method == theirs.method
        same_uri(ours.uri, theirs.uri)
    else:
        assert isinstance(ours, Response)
        assert isinstance(theirs, sipmessage.Response)
        assert (ours.status, ours.reason) == (theirs.code, theirs.phrase)
    assert ours.body == theirs.body
    assert ours.call_id == theirs.call_id
    assert ours.cseq == (theirs.cseq.sequence, theirs.cseq.method)
    vias = [Via.parse(element) for element in ours.headers.values("Via")]
    assert [(via.transport, via.host, via.port, via.params) for via in vias] == [
        (via.transport, via.host, via.port, dict(via.parameters)) for via in theirs.via
    ]
    assert ours.top_via == vias[0]
    assert (ours.from_tag, ours.to_tag) == tuple(tag_sent(ours.headers.get(name) or "") for name in ("From", "To"))
    same_address(ours.headers.get("From") or "", theirs.from_address)
    for text, address in zip(ours.headers.values("Contact"), theirs.contact, strict=True):
        same_address(text, address)


def tag_sent(value: str) -> str:
    return value.rpartition(";tag=")[2]


def same_address(text: str, theirs: sipmessage.Address) -> None:
    ours = NameAddr.parse(text)
    assert ours.display == theirs.name.strip()
    same_uri(ours.uri, theirs.uri)


def same_uri(text: str, theirs: sipmessage.URI) -> None:
    ours = SipUri.parse(text)
    assert (ours.scheme, ours.user, ours.password, ours.host, ours.port) == (
        theirs.scheme,
        theirs.user,
        theirs.password,
        theirs.host,
        theirs.port,
    )
    assert ours.params == dict(theirs.parameters)
