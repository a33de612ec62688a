"""A network namespace behind a link that loses, delays, doubles and reorders IP packets, whatever is in them."""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from .programs import need

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h
_SOUND_BYTES = 20 + 8 + 12 + 160  # IP, UDP, RTP, 20 ms of G.711


@dataclass(frozen=True)
class Faults:
    """Shares of all packets, 0 to 1, each way. delay_ms: of every packet; late_ms: more for the overtaken."""

    lost: float = 0.0
    doubled: float = 0.0
    overtaken: float = 0.0
    delay_ms: float = 5.0
    late_ms: float = 30.0


def _times_a_round_trip(packet: bytes) -> bool:
    """RTCP whose first report block names a sender report that had come (LSR, RFC 3550 section 6.4.1)."""
    rtcp = packet[28:]
    if packet[9] != 17 or len(rtcp) < 32 or rtcp[1] not in (200, 201) or not rtcp[0] & 0x1F:
        return False
    block = rtcp[28 if rtcp[1] == 200 else 8 :]
    return any(block[16:20])


class LossyLink:
    """Two TUN devices, `here` in this namespace and `there` in one of its own, and a thread that carries the packets.

    Needs root. Subnets differ from process to process, so that tests run side by side."""

    def __init__(self, faults: Faults, seed: int = 1) -> None:
        need("ip")
        if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
            pytest.skip("network namespaces and TUN devices need root")
        number = os.getpid() % 4096
        subnet = f"10.{200 + number // 256}.{number % 256}"
        self.here, self.there = f"{subnet}.1", f"{subnet}.2"
        self.namespace = f"lossy{os.getpid()}"
        self.lost = self.carried = 0
        self.sound: dict[int, tuple[int, int]] = {}  # by port there: packets of G.711 lost on the way to it, and sent
        self.timed: Counter[int] = Counter()  # by port there: RTCP from it that came here and answers a report of ours
        self._faults, self._random = faults, random.Random(seed)
        self._stop, self._wake = os.pipe()
        names = f"tunh{number}", f"tunt{number}"
        _ip("netns", "add", self.namespace)
        try:
            self._near, self._far = (_tun(name) for name in names)
            _ip("link", "set", names[1], "netns", self.namespace)
            _ip("addr", "add", self.here, "peer", self.there, "dev", names[0])
            _ip("link", "set", names[0], "up")
            for words in (
                ("addr", "add", self.there, "peer", self.here, "dev", names[1]),
                ("link", "set", names[1], "up"),
                ("link", "set", "lo", "up"),
            ):
                _ip("-n", self.namespace, *words)
        except BaseException:
            _ip("netns", "del", self.namespace)
            raise
        self._thread = threading.Thread(target=self._run, name="lossy link", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        """Packets wait in a heap until their time has come."""
        waiting: list[tuple[float, int, int, bytes]] = []
        count = 0
        while True:
            pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            ready = select.select([self._near, self._far, self._stop], [], [], pause)[0]
            if self._stop in ready:
                return
            now = time.monotonic()
            for source, target in ((self._near, self._far), (self._far, self._near)):
                if source in ready:
                    packet = os.read(source, 65536)
                    copies = self._fate()
                    if target == self._far and len(packet) == _SOUND_BYTES:
                        lost, sent = self.sound.get(port := int.from_bytes(packet[22:24], "big"), (0, 0))
                        self.sound[port] = lost + (not copies), sent + 1
                    for seconds in copies:
                        count += 1
                        heapq.heappush(waiting, (now + seconds, count, target, packet))
            while waiting and waiting[0][0] <= now:
                _, _, target, packet = heapq.heappop(waiting)
                os.write(target, packet)
                if target == self._near and _times_a_round_trip(packet):
                    self.timed[int.from_bytes(packet[20:22], "big")] += 1

    def _fate(self) -> list[float]:
        """After how many seconds the packet arrives: once, twice or never."""
        faults, chance = self._faults, self._random.random
        self.carried += 1
        if chance() < faults.lost:
            self.lost += 1
            return []
        copies = 2 if chance() < faults.doubled else 1
        late = faults.late_ms if chance() < faults.overtaken else 0.0
        return [(faults.delay_ms + late) / 1000] * copies

    def close(self) -> None:
        os.write(self._wake, b"x")
        self._thread.join(5)
        for descriptor in (self._near, self._far, self._stop, self._wake):
            os.close(descriptor)
        _ip("netns", "del", self.namespace)

    def report(self) -> str:
        return f"lossy link: {self.carried} packets, {self.lost} lost"


def _tun(name: str) -> int:
    """Its descriptor; the device goes when that is closed."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return descriptor


def _ip(*words: str) -> None:
    subprocess.run([need("ip"), *words], check=True, capture_output=True, timeout=20)
