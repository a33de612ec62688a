"""Reading and writing session descriptions, RFC 8866."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.sdp.description import SessionDescription
from ringout.sdp.errors import MalformedDescription

PHONE = b"""v=0\r
o=alice 2890844526 2890844527 IN IP4 host.example\r
s=Call\r
i=unused\r
c=IN IP4 192.0.2.7\r
b=AS:64\r
t=0 0\r
a=sendrecv\r
m=audio 49170/1 RTP/AVP 0 96\r
a=rtpmap:96 telephone-event/8000\r
a=ptime:20\r
m=video 51372 RTP/AVP 31\r
c=IN IP6 2001:db8::1\r
"""


def test_reads_what_matters() -> None:
    description = SessionDescription.parse(PHONE)
    assert (description.username, description.session_id, description.version) == ("alice", "2890844526", "2890844527")
    assert description.host == "192.0.2.7"
    audio, video = description.media
    assert (audio.kind, audio.port, audio.protocol, audio.formats) == ("audio", 49170, "RTP/AVP", ["0", "96"])
    assert audio.host is None
    assert audio.attribute("ptime") == "20"
    assert audio.attribute("sendonly") is None
    assert video.host == "2001:db8::1"


def test_line_feeds_alone_read_the_same() -> None:
    assert SessionDescription.parse(PHONE.replace(b"\r\n", b"\n")) == SessionDescription.parse(PHONE)


def test_what_is_written_reads_back() -> None:
    description = SessionDescription.parse(PHONE)
    assert SessionDescription.parse(description.encode()) == description


HEAD = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"v=1\r\n",
        b"v=0\r\ns=-\r\n",
        b"v=0\r\no=- 1 1 IN IP4\r\n",
        HEAD + b"rubbish\r\n",
        HEAD + b"c=IN IP4\r\n",
        HEAD + b"c=ATM NSAP x\r\n",
        HEAD + b"m=audio x RTP/AVP 0\r\n",
        HEAD + b"m=audio 65536 RTP/AVP 0\r\n",
        HEAD + "m=audio ٣ RTP/AVP 0\r\n".encode(),
        HEAD + b"m=audio 9 RTP/AVP\r\n",
        HEAD + b"m=audio 9 RTP/AVP 0\r\n" * 33,
        HEAD + b"a=x\r\n" * 1000,
        HEAD + b"a=" + b"x" * 20000,
    ],
)
def test_broken_descriptions_have_one_error(body: bytes) -> None:
    with pytest.raises(MalformedDescription):
        SessionDescription.parse(body)


LINES = st.lists(
    st.sampled_from(PHONE.split(b"\r\n")) | st.binary(max_size=40) | st.just(b"m=audio 1 RTP/AVP 0"), max_size=20
)


@settings(max_examples=150)
@given(LINES)
def test_any_bytes_give_a_description_or_the_one_error(lines: list[bytes]) -> None:
    """Whatever comes: a parse or MalformedDescription; and what parses once parses again after writing."""
    for body in (b"\r\n".join(lines), HEAD + b"\r\n".join(lines)):
        try:
            description = SessionDescription.parse(body)
        except MalformedDescription:
            continue
        assert len(SessionDescription.parse(description.encode()).media) == len(description.media)
