"""The embedded engine's processes, ports and prompts: limits, deaths, leaks."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contract.conftest import OpenCall
from contract.rtp_peer import Listener, RtpPeer, free_ports, until
from ringout.audio import tones, wav
from ringout.config import MediaConfig
from ringout.domain.errors import Unavailable
from ringout.domain.status import Party
from ringout.media.embedded import EmbeddedMedia
from ringout.media.prompts import BadPrompt
from ringout.net.rtp_socket import bind_pair


def memory_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def test_pairs_are_even_and_odd_of_the_range_and_exhaustion_is_unavailable() -> None:
    first = free_ports(6)["first_port"]
    busy, neighbour = bind_pair("127.0.0.1", first + 2)
    engine = EmbeddedMedia(MediaConfig(first_port=first, last_port=first + 10))
    await engine.start()
    sessions = [engine.open(Listener()) for _ in range(2)]
    ports = [session.local(party).address[1] for session in sessions for party in Party]
    assert sorted(ports) == [first, first + 4, first + 6, first + 8]
    with pytest.raises(Unavailable):
        engine.open(Listener())
    sessions[0].close()
    engine.open(Listener())
    await engine.close()
    busy.close()
    neighbour.close()


async def test_no_more_pairs_are_held_than_asked_for() -> None:
    """Servers that share one machine's ports must not take them all at once."""
    engine = EmbeddedMedia(MediaConfig(**free_ports(20), spare_pairs=4))
    await engine.start()
    assert engine.free_pairs == 4
    for _ in range(8):  # and yet every call gets two
        await until(lambda: engine.free_pairs >= 2)
        engine.open(Listener())
    await engine.close()


@pytest.mark.parametrize("pairs", [1, 2])
async def test_range_without_two_free_pairs_is_named_at_the_start(pairs: int) -> None:
    """A server that can place not even one call says so when it starts, not when somebody calls."""
    ports = free_ports(pairs)
    pair = bind_pair("127.0.0.1", ports["first_port"])
    engine = EmbeddedMedia(MediaConfig(**ports))
    with pytest.raises(OSError, match=rf"{ports['first_port']}-{ports['last_port']} on 127\.0\.0\.1"):
        await engine.start()
    await engine.close()
    for bound in pair:
        bound.close()


async def test_ten_thousand_calls_leak_nothing(media: EmbeddedMedia) -> None:
    (pid,) = media.workers
    free = media.free_pairs
    sink = RtpPeer()

    async def calls(number: int) -> None:
        for index in range(number):
            session = media.open(Listener())
            session.connect(Party.CALLER, sink.destination())
            session.play_ringback(Party.CALLER, "us")
            session.bridge()
            session.close()
            if index % 50 == 0:
                await asyncio.sleep(0)
        probe = media.open(listener := Listener())
        probe.play(Party.CALLER, [], "en")
        await until(lambda: listener.heard, 60)
        probe.close()

    await calls(10000)  # what the process grows to under such a burst
    before, open_before = memory_kb(pid), descriptors(pid)
    await calls(10000)
    assert media.free_pairs == free
    assert descriptors(pid) == open_before
    assert memory_kb(pid) - before < 1000
    sink.close()


async def test_dead_worker_is_replaced_and_its_calls_end_with_a_reason(
    media: EmbeddedMedia, open_call: OpenCall
) -> None:
    call = open_call()
    (pid,) = media.workers
    os.kill(pid, signal.SIGKILL)
    await until(lambda: call.listener.heard)
    assert call.listener.heard == [("failed", "The media process of this call died.")]
    with pytest.raises(Unavailable):
        media.open(Listener())
    call.session.close()
    await until(lambda: media.free_pairs)
    assert media.workers != [pid]
    again = open_call()
    again.connect_both()
    again.session.bridge()
    await again.caller.talk(2, to=again.callee)


async def test_worker_outlives_the_terminals_interrupt(media: EmbeddedMedia) -> None:
    (pid,) = media.workers
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    media.open(listener := Listener()).play(Party.CALLER, [], "en")
    await until(lambda: ("played", Party.CALLER) in listener.heard)
    assert media.workers == [pid]


async def test_two_workers_share_the_range() -> None:
    first = free_ports(4)["first_port"]
    engine = EmbeddedMedia(MediaConfig(first_port=first, last_port=first + 7, workers=2))
    await engine.start()
    assert len(set(engine.workers)) == 2
    sessions = [engine.open(Listener()) for _ in range(2)]
    ports = {session.local(party).address[1] for session in sessions for party in Party}
    assert ports == {first, first + 2, first + 4, first + 6}
    await engine.close()


PARENT = """
import asyncio, sys
from ringout.config import MediaConfig
from ringout.media.embedded import EmbeddedMedia

async def main():
    media = EmbeddedMedia(MediaConfig(first_port=int(sys.argv[1]), last_port=int(sys.argv[2])))
    await media.start()
    print(media.workers[0], flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_worker_dies_with_its_parent() -> None:
    with subprocess.Popen(  # noqa: ASYNC220 - a process of its own that is killed
        [sys.executable, "-c", PARENT, *map(str, free_ports(5).values())], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(await asyncio.to_thread(parent.stdout.readline))
        parent.kill()
        await asyncio.to_thread(parent.wait)
        await until(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes())


async def test_bad_recording_is_named_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    recording = tmp_path / "en" / "press_1.wav"
    recording.write_bytes(wav.write(tones.hum((600,), 0.1))[:-20])
    with pytest.raises(BadPrompt, match=r"press_1\.wav: It is truncated"):
        await EmbeddedMedia(MediaConfig(prompts=tmp_path)).start()


async def test_ones_own_recording_is_played(tmp_path: Path, open_call: OpenCall) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "press_1.wav").write_bytes(wav.write(tones.hum((1200,), 0.1)))
    engine = EmbeddedMedia(MediaConfig(**free_ports(5), prompts=tmp_path))
    await engine.start()
    call = open_call()
    session = engine.open(call.listener)
    session.connect(Party.CALLER, call.caller.destination())
    session.play(Party.CALLER, ["press_1"], "en")
    await until(lambda: len(call.caller.received) == 5)
    assert call.caller.hears(1200)
    await engine.close()
