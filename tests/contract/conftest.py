"""A media engine on loopback, and calls on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from contract.rtp_peer import Listener, RtpPeer, free_ports
from ringout.config import MediaConfig
from ringout.domain.status import Party
from ringout.media.embedded import EmbeddedMedia
from ringout.service.ports import MediaSession


@dataclass
class MediaCall:
    session: MediaSession
    listener: Listener
    caller: RtpPeer
    callee: RtpPeer

    def connect_both(self) -> None:
        self.session.connect(Party.CALLER, self.caller.destination())
        self.session.connect(Party.CALLEE, self.callee.destination())


OpenCall = Callable[..., MediaCall]


@pytest.fixture
async def media() -> AsyncIterator[EmbeddedMedia]:
    config = MediaConfig(**free_ports(100), silence_seconds=1.0)  # type: ignore[arg-type]
    engine = EmbeddedMedia(config)
    await engine.start()
    yield engine
    await engine.close()


@pytest.fixture
async def open_call(media: EmbeddedMedia) -> AsyncIterator[OpenCall]:
    """open_call(caller={...}, callee={...}): the arguments of each RtpPeer."""
    peers: list[RtpPeer] = []

    def open_it(caller: dict[str, object] | None = None, callee: dict[str, object] | None = None) -> MediaCall:
        listener = Listener()
        session = media.open(listener)
        one = RtpPeer(**({"tone_hz": 600, "ssrc": 0xA1} | (caller or {})))  # type: ignore[arg-type]
        two = RtpPeer(**({"tone_hz": 1000, "ssrc": 0xB2} | (callee or {})))  # type: ignore[arg-type]
        one.remote = session.local(Party.CALLER).address
        two.remote = session.local(Party.CALLEE).address
        peers.extend((one, two))
        return MediaCall(session, listener, one, two)

    yield open_it
    for peer in peers:
        peer.close()
