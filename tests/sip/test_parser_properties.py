"""What holds for any bytes and any message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.sip.digest import read_answer, read_challenges
from ringout.sip.errors import MalformedMessage
from ringout.sip.framing import StreamFramer
from ringout.sip.header_values import NameAddr, Via
from ringout.sip.headers import Headers
from ringout.sip.message import Request, Response
from ringout.sip.parser import MAX_HEADER_FIELDS, check_request, parse
from ringout.sip.uri import SipUri

CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parent / "torture").glob("*.sip"))]
TOKEN = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=12)
VALUE = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\n\0"), max_size=40).map(
    lambda text: text.strip(" \t")
)
NAME = st.one_of(
    TOKEN, st.sampled_from(["Via", "v", "From", "f", "TO", "call-id", "CSeq", "Contact", "m", "x"])
).filter(lambda name: name.lower() not in ("l", "content-length"))
HEADERS = st.lists(st.tuples(NAME, VALUE), max_size=12).map(Headers)
URI_TEXT = st.text(st.characters(min_codepoint=33, blacklist_categories=("Cs",)), min_size=1, max_size=30)
MESSAGES = st.one_of(
    st.builds(Request, TOKEN, URI_TEXT, HEADERS, st.binary(max_size=50)),
    st.builds(Response, st.integers(100, 699), VALUE, HEADERS, st.binary(max_size=50)),
)


def look_everywhere(data: bytes) -> None:
    """Ask a message all it can be asked; anything but MalformedMessage goes through."""
    try:
        message = parse(data)
    except MalformedMessage:
        return
    if isinstance(message, Request):
        swallow(lambda: check_request(message))
    for getter in ("call_id", "cseq", "from_tag", "to_tag", "top_via"):
        swallow(lambda getter=getter: getattr(message, getter))
    for name, value in list(message.headers.items()):
        swallow(lambda name=name: message.headers.values(name))
        for reader in (NameAddr.parse, Via.parse, SipUri.parse):
            swallow(lambda reader=reader, value=value: reader(value))


def swallow(action: Callable[[], object]) -> None:
    try:
        action()
    except MalformedMessage:
        pass


@given(MESSAGES)
@settings(max_examples=200)
def test_a_message_survives_its_encoding(message: Request | Response) -> None:
    assert parse(message.encode()) == message


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_any_bytes_parse_or_are_malformed(data: bytes) -> None:
    look_everywhere(data)
    look_everywhere(b"OPTIONS sip:a SIP/2.0\r\nVia: " + data + b"\r\n\r\n")


@given(st.sampled_from(CORPUS), st.data())
@settings(max_examples=200)
def test_damaged_messages_parse_or_are_malformed(original: bytes, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(begin, min(len(original), begin + 20)))
    look_everywhere(original[:begin] + data.draw(st.binary(max_size=8)) + original[end:])


@given(st.lists(MESSAGES, min_size=1, max_size=4), st.data())
@settings(max_examples=100)
def test_any_split_of_a_stream_gives_the_same_messages(messages: list[Request | Response], data: st.DataObject) -> None:
    encoded = [message.encode() for message in messages]
    stream = b"\r\n\r\n".join(encoded) + b"\r\n"
    framer = StreamFramer(65536)
    found = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += framer.feed(stream[:size])
        stream = stream[size:]
    assert found == encoded


@given(
    st.builds(
        NameAddr,
        VALUE,
        st.sampled_from(["sip:a@b", "tel:+1", "sip:a@b;lr;x=y?z=%20"]),
        st.dictionaries(TOKEN.map(str.lower), st.one_of(st.none(), TOKEN, st.just('"a;b\\"c"')), max_size=4),
    )
)
@settings(max_examples=100)
def test_an_address_survives_its_text(address: NameAddr) -> None:
    assert NameAddr.parse(str(address)) == address


@given(st.text('Digest,= "\\\\abcqopnonce/<>', max_size=60), st.text(max_size=30))
@settings(max_examples=200)
def test_any_authentication_header_reads_or_is_malformed(text: str, more: str) -> None:
    for value in (text, f'Digest realm="r", nonce="n", {text}', f"Digest {text}{more}"):
        swallow(lambda value=value: read_challenges(Response(401, "", Headers([("WWW-Authenticate", value)]))))
        swallow(lambda value=value: read_answer(value))


HOSTILE = {
    "header fields": b"X: y\r\n" * (MAX_HEADER_FIELDS * 20),
    "commas": b"Contact: " + b"," * 60000 + b"\r\n",
    "quotes": b"Contact: " + b'"' * 60001 + b"\r\n",
    "escaped quotes": b'Contact: "' + b'\\"' * 30000 + b"\r\n",
    "brackets": b"Contact: " + b"<" * 60000 + b"\r\n",
    "semicolons": b"Contact: <sip:a@b>" + b";" * 60000 + b"\r\n",
    "parameters": b"Contact: <sip:a@b>" + b"".join(b";p%d" % number for number in range(9000)) + b"\r\n",
    "blanks": b"Contact: x" + b" \t" * 30000 + b"x\r\n",
    "folds": b"Contact: x" + b"\r\n " * 20000 + b"x\r\n",
    "user": b"Contact: <sip:" + b"a%41" * 15000 + b">\r\n",
    "parts": b"Via: SIP" + b" " * 60000 + b"/ 2.0\r\n",
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_sizes_are_refused(kind: str) -> None:
    head = b"INVITE sip:a@b SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
    data = head + HOSTILE[kind] + b"Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n\r\n"
    if kind == "folds":
        look_everywhere(data)  # legal: one long field
    elif kind == "user":
        assert SipUri.parse("sip:" + "a%41" * 15000 + "@b").user
    else:
        with pytest.raises(MalformedMessage):
            check_everything(data)
    look_everywhere(data)


def check_everything(data: bytes) -> None:
    message = parse(data)
    assert isinstance(message, Request)
    check_request(message)


def test_a_header_beyond_the_limit_is_refused() -> None:
    with pytest.raises(MalformedMessage) as refused:
        parse(b"OPTIONS sip:a SIP/2.0\r\nX: " + b"," * 5_000_000 + b"\r\n\r\n")
    assert refused.value.code == 513
