"""A phone that falls silent and sends comfort noise instead (RFC 3389), which no SDP has named: SIPp plays it."""

from __future__ import annotations

import os
import random
import struct
import time
from pathlib import Path

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.steps import answers, recv, reply_last
from e2e.waiting import eventually

from .lab import CALLEE, CALLER, HIGH_HZ, Lab

NOISE = 13  # the static payload type


def recording(path: Path, seconds: float, interval_ms: int = 200) -> Path:
    """A capture file of comfort noise alone: a packet of one byte each interval."""
    packets = []
    source = random.getrandbits(32)
    for n in range(round(seconds * 1000 / interval_ms)):
        rtp = struct.pack("!BBHIIB", 0x80, NOISE | (0x80 if n == 0 else 0), n, 8 * interval_ms * n, source, 70)
        udp = struct.pack("!HHHH", 4000, 4000, 8 + len(rtp), 0) + rtp
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), n, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        frame = bytes(12) + b"\x08\0" + ip
        micros = n * interval_ms * 1000
        packets.append(struct.pack("<IIII", micros // 10**6, micros % 10**6, len(frame), len(frame)) + frame)
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(packets))
    return path


@pytest.mark.skipif(os.geteuid() != 0, reason="SIPp plays captures over raw sockets, which need root")
def test_a_call_of_comfort_noise_only_goes_on(lab: Lab) -> None:
    """Five seconds of it, where half as much silence ends a call: no digit, no break. The call ends after it."""
    noise = recording(lab.directory / "noise.pcap", 5.0)
    plays = f'<nop><action><exec play_pcap_audio="{noise}"/></action></nop>'
    caller = lab.sipp(CALLER).does(answers(then=[plays, recv("BYE"), reply_last()]))
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    trunks = [{"gateways": [phone.gateway], "prefixes": [phone.number]} for phone in (caller, callee)]
    lab.ring_out(*trunks, media={"silence_seconds": 2.5})
    began = time.monotonic()
    call = lab.place()
    call.until(CONNECTED)
    call.until(ENDED, seconds=20)
    assert time.monotonic() - began > 6
    caller.finish()
    assert callee.digits() == ""
    eventually(lambda: call.look() and "quality" in call.leg("caller"), "the quality of the leg")
    assert call.leg("caller")["quality"]["lossPercent"] == 0
