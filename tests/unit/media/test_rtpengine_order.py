"""In which order a session asks its rtpengine, which answers when the test lets it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ringout.domain.status import Party
from ringout.media.rtpengine.client import Answer
from ringout.media.rtpengine.commands import Message
from ringout.media.rtpengine.session import RtpengineSession
from ringout.service.ports import MediaKind, RtpDestination

CALLER, CALLEE = Party.CALLER, Party.CALLEE
OURS = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 101\r\n"


class SlowRtpengine:
    """asked: what it has been asked, oldest first: the command, and whom it is about."""

    def __init__(self) -> None:
        self.name = "slow"
        self.calls: set[RtpengineSession] = set()
        self.asked: list[str] = []
        self._answers: list[Callable[[Answer], None]] = []

    def request(self, message: Message, then: Callable[[Answer], None]) -> None:
        if message["command"] == "query":
            return
        self.asked.append(f"{message['command']} {message.get('from-tag', 'both')}")
        self._answers.append(then)

    def answers(self) -> None:
        """What waits, and whatever is asked upon that."""
        while self._answers:
            self._answers.pop(0)({"result": b"ok", "sdp": OURS})


def phone(port: int) -> RtpDestination:
    return RtpDestination(host="127.0.0.1", port=port, codec="PCMU", payload_type=0, telephone_event=101)


@pytest.fixture
async def rtpengine() -> SlowRtpengine:
    return SlowRtpengine()


def opened(rtpengine: SlowRtpengine) -> RtpengineSession:
    sound = SimpleNamespace(ringback=lambda country: {"file": "/ringback.wav"})
    engine = SimpleNamespace(ip_version=4, silence_seconds=60.0, sounds=lambda instance: sound)
    kinds = {CALLER: MediaKind.RTP, CALLEE: MediaKind.RTP}
    listener = SimpleNamespace(sounds_played=lambda party: None)
    session = RtpengineSession(cast(Any, engine), cast(Any, rtpengine), "call", kinds, cast(Any, listener))
    rtpengine.answers()
    rtpengine.asked.clear()
    return session


async def test_a_ringback_that_is_over_before_its_turn_is_not_played(rtpengine: SlowRtpengine) -> None:
    session = opened(rtpengine)
    session.connect(CALLER, phone(4000))
    session.play_ringback(CALLER, "us")
    session.connect(CALLEE, phone(4002))
    session.bridge()
    rtpengine.answers()
    assert not [one for one in rtpengine.asked if "play" in one or "stop" in one]


async def test_who_is_to_hear_the_other_is_first_told_no_more_of_ours(rtpengine: SlowRtpengine) -> None:
    session = opened(rtpengine)
    session.connect(CALLER, phone(4000))
    session.play_ringback(CALLER, "us")
    rtpengine.answers()
    assert "play media caller" in rtpengine.asked
    session.connect(CALLEE, phone(4002))
    session.bridge()
    rtpengine.answers()
    assert rtpengine.asked.index("stop media caller") < rtpengine.asked.index("unblock media callee")
