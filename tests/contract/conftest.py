"""A media engine on loopback, and calls on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

import pytest

from contract.rtp_peer import Listener, RtpPeer, free_ports
from contract.rtpengine_process import RtpengineProcess
from ringout.config import MediaConfig
from ringout.domain.status import Party
from ringout.media.embedded import EmbeddedMedia
from ringout.media.rtpengine.engine import RtpengineMedia
from ringout.media.rtpengine.session import RtpengineSession
from ringout.net.random_ids import RandomIds
from ringout.service.ports import MediaKind, MediaSession


@dataclass
class MediaCall:
    session: MediaSession
    listener: Listener
    caller: RtpPeer
    callee: RtpPeer

    def connect_both(self) -> None:
        self.session.connect(Party.CALLER, self.caller.destination())
        self.session.connect(Party.CALLEE, self.callee.destination())


def call_on(
    session: MediaSession, listener: Listener, caller: dict[str, object] | None, callee: dict[str, object] | None
) -> MediaCall:
    """caller, callee: arguments of each RtpPeer, over those that let the two be told apart."""
    one = RtpPeer(**({"tone_hz": 600, "ssrc": 0xA1} | (caller or {})))  # type: ignore[arg-type]
    two = RtpPeer(**({"tone_hz": 1000, "ssrc": 0xB2} | (callee or {})))  # type: ignore[arg-type]
    one.remote = session.local(Party.CALLER).address
    two.remote = session.local(Party.CALLEE).address
    return MediaCall(session, listener, one, two)


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
        call = call_on(session, listener, caller, callee)
        peers.extend((call.caller, call.callee))
        return call

    yield open_it
    for peer in peers:
        peer.close()


# --- the same on both engines ----------------------------------------------------------------------------------------

AnyMedia = EmbeddedMedia | RtpengineMedia
OpenAny = Callable[..., Awaitable[MediaCall]]


def need_rtpengine() -> None:
    """Skips the test where rtpengine is not installed; with CI=true that is a failure."""
    if shutil.which("rtpengine") is None:
        message = "rtpengine is not installed"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)


@pytest.fixture(scope="session")
def rtpengine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtpengineProcess]:
    need_rtpengine()
    process = RtpengineProcess(tmp_path_factory.mktemp("rtpengine")).start()
    yield process
    process.kill()


@pytest.fixture
async def rtpengine_media(
    rtpengine: RtpengineProcess, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RtpengineMedia]:
    config = MediaConfig(
        engine="rtpengine", silence_seconds=1.0, digits_listen=rtpengine.digits, rtpengine=(rtpengine.config(),)
    )
    engine = RtpengineMedia(config, RandomIds())
    await engine.start()
    monkeypatch.setattr(
        RtpPeer, "orders_done", staticmethod(lambda: not any(map(_has_orders, engine._sessions.values())))
    )
    yield engine
    await engine.close()


def _has_orders(session: RtpengineSession) -> bool:
    """Our own engine is a pipe away; this one answers each request when it has done it."""
    return session._orders._busy or bool(session._orders._waiting)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that names what only our own engine does is run with that one alone."""
    if "any_media" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("embedded_only") is not None
        metafunc.parametrize("any_media", ["embedded"] if alone else ["embedded", "rtpengine"], indirect=True)


@pytest.fixture
def any_media(request: pytest.FixtureRequest) -> AnyMedia:
    engine: AnyMedia = request.getfixturevalue("media" if request.param == "embedded" else "rtpengine_media")
    return engine


@pytest.fixture
async def open_any(any_media: AnyMedia) -> AsyncIterator[OpenAny]:
    """As open_call; kinds: of the two legs."""
    peers: list[RtpPeer] = []

    async def open_it(
        caller: dict[str, object] | None = None,
        callee: dict[str, object] | None = None,
        kinds: tuple[MediaKind, MediaKind] = (MediaKind.RTP, MediaKind.RTP),
    ) -> MediaCall:
        listener = Listener()
        session = any_media.open(listener, *kinds)
        await session.ready()
        call = call_on(session, listener, caller, callee)
        peers.extend((call.caller, call.callee))
        return call

    yield open_it
    for peer in peers:
        peer.close()
