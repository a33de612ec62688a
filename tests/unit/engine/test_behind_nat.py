"""Which address SDP names when a NAT stands in front of the server."""

from __future__ import annotations

import pytest

from fakes.engine_phones import PHONE_SDP
from fakes.engine_world import Stage
from ringout.config import MediaConfig, SipConfig, TrunkConfig

NAT = "198.51.100.7"
OUTSIDE = TrunkConfig("carrier", ("sip:203.0.113.9:5060",))
INSIDE = TrunkConfig("pbx", ("sip:10.0.0.1:5060",))


@pytest.mark.parametrize(
    ("trunk", "sip", "media", "named"),
    [
        (OUTSIDE, None, None, "127.0.0.1"),
        (OUTSIDE, NAT, None, NAT),
        (OUTSIDE, None, NAT, NAT),
        (OUTSIDE, NAT, "198.51.100.8", "198.51.100.8"),
        (INSIDE, NAT, None, "127.0.0.1"),
        (INSIDE, NAT, NAT, "127.0.0.1"),
    ],
)
def test_the_address_in_our_sdp(trunk: TrunkConfig, sip: str | None, media: str | None, named: str) -> None:
    stage = Stage(trunk, sip=SipConfig(public_address=sip), media=MediaConfig(public_address=media))
    stage.place()
    line = f"c=IN IP4 {named}\r\n".encode()
    assert line in stage.caller.body
    stage.caller.answers()
    stage.callee.answers()
    stage.callee.offers(PHONE_SDP)
    assert line in stage.callee.body  # as it answers
    stage.callee.wants_offer()
    assert line in stage.callee.body


def test_rtpengines_are_told_their_public_address_themselves() -> None:
    stage = Stage(OUTSIDE, sip=SipConfig(public_address=NAT), media=MediaConfig(engine="rtpengine"))
    stage.place()
    assert b"c=IN IP4 127.0.0.1\r\n" in stage.caller.body
