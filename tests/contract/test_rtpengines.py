"""Several rtpengines: weights, deaths, returns, limits, what they tell of a call; and their prompts as files."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from contract.conftest import MediaCall, need_rtpengine
from contract.rtp_peer import Listener, RtpPeer, until
from contract.rtpengine_process import RtpengineProcess
from fakes.ports import free_port
from ringout.audio import tones, wav
from ringout.config import MediaConfig, RtpengineConfig
from ringout.domain.errors import Unavailable
from ringout.domain.quality import LegQuality
from ringout.domain.status import Party
from ringout.media.rtpengine.engine import RtpengineMedia
from ringout.net.random_ids import RandomIds
from ringout.net.rtp_socket import bind_udp
from ringout.rtp import rtcp

CALLER, CALLEE = Party.CALLER, Party.CALLEE

StartMedia = Callable[..., Awaitable[RtpengineMedia]]


@pytest.fixture
async def start_media() -> AsyncIterator[StartMedia]:
    """start_media(instances, setting=...): closed at the end."""
    engines: list[RtpengineMedia] = []

    async def start(*instances: RtpengineConfig, **settings: object) -> RtpengineMedia:
        fields: dict[str, object] = {
            "engine": "rtpengine",
            "rtpengine": instances,
            "digits_listen": f"127.0.0.1:{free_port()}",
            "ping_seconds": 0.1,
        }
        engine = RtpengineMedia(MediaConfig(**(fields | settings)), RandomIds())  # type: ignore[arg-type]
        engines.append(engine)
        await engine.start()
        return engine

    yield start
    for engine in engines:
        await engine.close()


StartRtpengine = Callable[..., RtpengineProcess]


@pytest.fixture
def start_rtpengine(tmp_path: Path) -> Iterator[StartRtpengine]:
    """start_rtpengine(pairs, ...): the arguments of RtpengineProcess; killed at the end."""
    need_rtpengine()
    processes: list[RtpengineProcess] = []

    def start(pairs: int = 20, digits: str = "", name: str = "own", address: str = "") -> RtpengineProcess:
        processes.append(RtpengineProcess(tmp_path, pairs, digits, name, address))
        return processes[-1].start()

    yield start
    for process in processes:
        process.kill()


@pytest.fixture
def second(rtpengine: RtpengineProcess, start_rtpengine: StartRtpengine) -> RtpengineProcess:
    """Another one, which the test may kill."""
    return start_rtpengine(20, rtpengine.digits, "two")


async def test_calls_are_shared_by_weight_and_in_turns(
    start_media: StartMedia, rtpengine: RtpengineProcess, second: RtpengineProcess
) -> None:
    media = await start_media(rtpengine.config(weight=3), second.config(weight=1))
    assert media.up == ["one", "two"]
    sessions = []
    for _ in range(8):
        sessions.append(media.open(Listener()))
        await sessions[-1].ready()
    assert media.calls == {"one": 6, "two": 2}
    hosts = Counter(session.local(CALLER).host for session in sessions)
    assert hosts == {rtpengine.address: 6, second.address: 2}
    for session in sessions:
        session.close()
    assert media.calls == {"one": 0, "two": 0}


async def test_dead_one_fails_its_calls_and_gets_no_new_ones_until_it_is_back(
    start_media: StartMedia, rtpengine: RtpengineProcess, second: RtpengineProcess
) -> None:
    media = await start_media(rtpengine.config(), second.config())
    listeners = [Listener() for _ in range(4)]
    sessions = [media.open(listener) for listener in listeners]
    for session in sessions:
        await session.ready()
    second.kill()
    await until(lambda: media.up == ["one"])
    failed = [listener.heard for listener in listeners if listener.heard]
    assert failed == [[("failed", "The media server of this call (two) is not running.")]] * 2
    for session in sessions:
        session.close()
        session.bridge()  # too late, and harmless
    others = [media.open(Listener()) for _ in range(3)]
    for session in others:
        await session.ready()
    assert media.calls == {"one": 3, "two": 0}
    second.start()
    await until(lambda: media.up == ["one", "two"])
    await media.open(Listener()).ready()
    await media.open(Listener()).ready()
    assert media.calls["two"] == 1


async def test_none_that_is_up_is_unavailable(start_media: StartMedia) -> None:
    media = await start_media(RtpengineConfig("gone", f"127.0.0.1:{free_port()}"))
    assert media.up == []
    with pytest.raises(Unavailable, match="No media server is up"):
        media.open(Listener())


async def test_one_that_says_nothing_is_down(start_media: StartMedia) -> None:
    with bind_udp("127.0.0.1", 0) as silent:
        media = await start_media(RtpengineConfig("silent", f"127.0.0.1:{silent.getsockname()[1]}"))
        assert media.up == []


async def test_call_goes_to_another_where_one_has_no_ports_left(
    start_media: StartMedia, rtpengine: RtpengineProcess, start_rtpengine: StartRtpengine
) -> None:
    tiny = start_rtpengine(4, rtpengine.digits, "tiny")
    media = await start_media(tiny.config(weight=1000), rtpengine.config())
    sessions = [media.open(Listener()) for _ in range(6)]
    for session in sessions:
        await session.ready()
    assert media.calls["one"] >= 3
    alone = await start_media(tiny.config())
    waiting = (alone.open(Listener()).ready() for _ in range(6))
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert {type(outcome) for outcome in refused} == {Unavailable}
    assert "No media server has ports" in str(refused[0])
    assert alone.up == ["tiny"]


async def test_call_that_rtpengine_has_forgotten_ends_with_a_reason(
    start_media: StartMedia, second: RtpengineProcess
) -> None:
    """It was started anew, so quickly that no ping noticed."""
    media = await start_media(second.config(), ping_seconds=30.0)
    session = media.open(listener := Listener())
    await session.ready()
    second.kill()
    second.start()
    peer = RtpPeer()
    session.connect(CALLER, peer.destination())
    await until(lambda: listener.heard)
    assert listener.heard == [("failed", "The media server of this call (two) has lost it.")]
    assert media.up == ["two"]
    peer.close()


async def test_nothing_is_left_at_rtpengine_when_calls_are_over(
    start_media: StartMedia, start_rtpengine: StartRtpengine
) -> None:
    own = start_rtpengine()
    media = await start_media(own.config(), digits_listen=own.digits)
    for _ in range(200):  # ten times what its ports are enough for
        session = media.open(Listener())
        await session.ready()
        session.close()
    late = media.open(Listener())
    late.close()  # before it was ready
    with pytest.raises(asyncio.CancelledError):
        await late.ready()
    await media.open(Listener()).ready()


async def test_prompts_may_lie_on_its_machine(
    start_media: StartMedia, rtpengine: RtpengineProcess, tmp_path: Path
) -> None:
    (tmp_path / "en").mkdir()
    for name, hz in (("press_1", 1200), ("wrong_key", 700)):
        (tmp_path / "en" / f"{name}.wav").write_bytes(wav.write(tones.hum((hz,), 0.4)))
    media = await start_media(rtpengine.config(prompts=str(tmp_path)), prompts=tmp_path)
    session = media.open(listener := Listener())
    await session.ready()
    peer = RtpPeer()
    session.connect(CALLER, peer.destination())
    session.play(CALLER, ["press_1", "no_such", "wrong_key"], "en")
    await until(lambda: ("played", CALLER) in listener.heard)
    assert peer.hears(700)
    assert len(peer.received) >= 38
    peer.received[:] = peer.received[:15]
    assert peer.hears(1200)
    (tmp_path / "en" / "press_1.wav").unlink()  # now missing on its side: the call must not hang
    session.play(CALLER, ["press_1"], "en")
    await until(lambda: listener.heard.count(("played", CALLER)) == 2)
    peer.close()


async def test_long_sound_is_sent_in_parts(
    start_media: StartMedia, rtpengine: RtpengineProcess, tmp_path: Path
) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "goodbye.wav").write_bytes(wav.write(tones.hum((1200,), 8.5)))
    media = await start_media(rtpengine.config(), prompts=tmp_path)
    session = media.open(listener := Listener())
    await session.ready()
    peer = RtpPeer()
    session.connect(CALLER, peer.destination())
    session.play(CALLER, ["goodbye"], "en")
    await until(lambda: ("played", CALLER) in listener.heard)
    assert abs(len(peer.received) - 425) <= 5
    assert peer.hears(1200)
    peer.close()


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_our_ports_stay_where_phones_were_told_they_are(
    start_media: StartMedia, rtpengine: RtpengineProcess, codec: str
) -> None:
    """Each phone moves, before and after the other is there."""
    media = await start_media(rtpengine.config())
    session = media.open(Listener())
    await session.ready()
    callers = [RtpPeer(ssrc=number) for number in (1, 2, 3)]
    callees = [RtpPeer(codec, 1000, ssrc=number) for number in (4, 5)]
    for phones, party in ((callers, CALLER), (callees, CALLEE)):
        for phone in phones:
            phone.remote = session.local(party).address
    (first, caller, third), (second, callee) = callers, callees
    session.connect(CALLER, first.destination())
    session.connect(CALLER, caller.destination())
    session.connect(CALLEE, second.destination())
    session.bridge()
    await caller.talk(3, to=second)
    session.connect(CALLEE, callee.destination())
    await caller.talk(6, to=callee)
    await callee.talk(6, to=caller)
    session.connect(CALLER, third.destination())
    await callee.talk(6, to=third)
    await third.talk(6, to=callee)
    assert callee.hears(600)
    assert third.hears(1000)
    session.close()
    for phone in callers + callees:
        phone.close()


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_who_sends_first_takes_nothing_of_a_phone_behind_no_nat(
    start_media: StartMedia, rtpengine: RtpengineProcess, codec: str
) -> None:
    media = await start_media(rtpengine.config(), digits_listen=rtpengine.digits)
    session = media.open(listener := Listener())
    await session.ready()
    caller, callee = RtpPeer(ssrc=1), RtpPeer(codec, 1000, ssrc=2)
    strangers = [RtpPeer(tone_hz=2000, ssrc=3, host="127.0.0.9"), RtpPeer(tone_hz=2000, ssrc=4)]
    caller.remote, callee.remote = session.local(CALLER).address, session.local(CALLEE).address
    session.connect(CALLER, caller.destination(signalling="127.0.0.1"))
    session.play_ringback(CALLER, "us")
    await until(lambda: caller.received)
    for stranger in strangers:
        stranger.remote = caller.remote
        stranger.press("1")
        await stranger.talk(5)
    session.connect(CALLEE, callee.destination(signalling="127.0.0.1"))
    session.bridge()
    for stranger in strangers:
        await stranger.talk(3)
    await caller.talk(8, to=callee)
    await callee.talk(8, to=caller)
    assert callee.hears(600, last=8)
    assert caller.hears(1000)
    assert len(callee.received) == 8
    assert [stranger.received for stranger in strangers] == [[], []]
    caller.press("2")
    await until(lambda: listener.digits)
    assert listener.digits == "2"
    session.close()
    for peer in (caller, callee, *strangers):
        peer.close()


async def test_phones_at_an_ipv6(start_media: StartMedia, start_rtpengine: StartRtpengine) -> None:
    media = await start_media(start_rtpengine(address="::1").config(), address="::1")
    session = media.open(Listener())
    await session.ready()
    caller, callee = RtpPeer(ssrc=1, host="::1"), RtpPeer(tone_hz=1000, ssrc=2, host="::1")
    for phone, party in ((caller, CALLER), (callee, CALLEE)):
        assert session.local(party).host == "::1"
        phone.remote = session.local(party).address
        session.connect(party, phone.destination())
    session.bridge()
    await caller.talk(6, to=callee)
    await callee.talk(6, to=caller)
    assert callee.hears(600)
    assert caller.hears(1000)
    session.close()
    caller.close()
    callee.close()


async def test_digits_from_elsewhere_are_not_heard(start_media: StartMedia, rtpengine: RtpengineProcess) -> None:
    media = await start_media(rtpengine.config(), digits_listen=rtpengine.digits)
    session = media.open(listener := Listener())
    await session.ready()
    log = media._dtmf_log
    assert log is not None
    told = b'{"callid":"%s","source_tag":"caller","event":1,"duration":100,"volume":8}' % session.call_id.encode()
    with bind_udp("127.0.0.9", 0) as stranger, bind_udp("127.0.0.1", 0) as own:
        for rubbish in (told, b"", b"{}", b"\xff" * 100):
            stranger.sendto(rubbish, log.address)
        for rubbish in (b"", b"{", told.replace(b"caller", b"nobody"), told.replace(b":1", b":77")):
            own.sendto(rubbish, log.address)
        own.sendto(told.replace(b'event":1', b'event":2'), log.address)
        await until(lambda: listener.heard)
    assert listener.heard == [("digit", CALLER, "2")]
    assert log.dropped == 6


async def test_what_phones_report_is_told_at_the_end(rtpengine_media: RtpengineMedia) -> None:
    session = rtpengine_media.open(listener := Listener())
    await session.ready()
    call = MediaCall(session, listener, RtpPeer(ssrc=0xA1), RtpPeer(ssrc=0xB2))
    call.caller.remote, call.callee.remote = session.local(CALLER).address, session.local(CALLEE).address
    reports = {party: bind_udp("127.0.0.1", 0) for party in Party}
    loop = asyncio.get_running_loop()
    sent: dict[Party, int] = {}  # the middle of the time stamp of the last report that came

    def read(party: Party) -> None:
        data = reports[party].recv(2048)
        if data[1] == rtcp.SENDER_REPORT:
            sent[party] = int.from_bytes(data[10:14], "big")

    for party, peer in ((CALLER, call.caller), (CALLEE, call.callee)):
        loop.add_reader(reports[party].fileno(), read, party)
        call.session.connect(party, peer.destination(rtcp_port=reports[party].getsockname()[1]))
    call.session.bridge()
    lost = {CALLER: 3, CALLEE: 7}  # of what it hears
    talking = [asyncio.ensure_future(peer.talk(900)) for peer in (call.caller, call.callee)]
    await until(lambda: len(sent) == 2)
    for _ in range(2):  # rtpengine judges once it knows the way to both, and once in a second
        for party, peer, other in ((CALLER, call.caller, call.callee), (CALLEE, call.callee, call.caller)):
            info = rtcp.SenderInfo(1.7e9, peer.timestamp, 50, 8000)
            block = rtcp.ReportBlock(other.ssrc, lost[party], other.sequence, 80, 5, sent[party], 66)
            host, port = call.session.local(party).address
            reports[party].sendto(rtcp.report(peer.ssrc, "phone", info, block), (host, port + 1))
            await asyncio.sleep(0.55)
    for each in talking:
        each.cancel()
    call.session.close()
    await until(lambda: any(fact[0] == "quality" for fact in call.listener.heard))
    quality = next(fact[2] for fact in call.listener.heard if fact[:2] == ("quality", CALLER))
    assert isinstance(quality, LegQuality)
    assert quality.codec == "PCMU"
    assert quality.received > 100
    assert quality.lost == 7
    assert quality.jitter_ms == 10
    assert 1 <= quality.mos <= 4.5
    assert quality.far_lost == 3
    assert quality.round_trip_ms is not None
    for party in Party:
        loop.remove_reader(reports[party].fileno())
        reports[party].close()
    call.caller.close()
    call.callee.close()
