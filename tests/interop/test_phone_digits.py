"""The digit 1 at the prompt, pressed on phones of other people in every way that they have."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.api import PlacedCall
from e2e.harness import CALLER_UP, CONNECTED, ENDED
from e2e.registering import LinphoneRegistered
from e2e.server import EXTENSION, PASSWORD, ServerProcess
from e2e.waiting import eventually

from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .programs import need
from .rtpengine import RtpengineInLab
from .wire import Capture

SECRET = "Kz4-long-enough"

# What linphone may use for its press: telephone-event, INFO.
WAYS = {"telephone-event": (1, 0), "INFO": (0, 1), "both": (1, 1)}


def test_baresip_presses_1(lab: Lab) -> None:
    caller, callee = lab.baresip(CALLER, LOW_HZ).answers(), lab.baresip(CALLEE, HIGH_HZ).answers()
    lab.ring_out(*({"gateways": [phone.gateway], "prefixes": [phone.number]} for phone in (caller, callee)))
    call = lab.place(prompt=True)
    eventually(lambda: len(caller.heard()[1]) > 8000, "a second of the prompt")
    assert call.look()[1:] == CALLER_UP[1:]
    caller.command("sndcode", "1")
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    hears(callee, LOW_HZ, HIGH_HZ)
    assert callee.digits() == "", "what was asked for at the prompt is not for the callee"
    caller.hang_up()
    call.until(ENDED)


@pytest.mark.parametrize("engine", ["embedded", "rtpengine"])
@pytest.mark.parametrize("way", WAYS)
def test_linphone_presses_1_and_then_5(lab: Lab, way: str, engine: str) -> None:
    need("linphonec")
    event, info = WAYS[way]
    media = {} if engine == "embedded" else rtpengine_settings(lab)
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    extension = {"extension": EXTENSION, "password": PASSWORD, "devices": [{"username": "ann", "password": SECRET}]}
    server = lab.ring_out({"gateways": [callee.gateway]}, account={"extensions": [extension]}, media=media)
    capture = lab.add(Capture(lab.directory, [server.sip_port, *server.rtp_ports])).start()
    settings = [f"use_rfc2833={event}", f"use_info={info}"]
    phone = lab.add(LinphoneRegistered("ann", SECRET, f"127.0.0.1:{server.sip_port}", LOW_HZ, settings)).start()
    lab.until_logged("a phone has registered")
    call = lab.place(EXTENSION, CALLEE, prompt=True)
    hears_the_prompt(phone, call)
    phone.type("1")
    call.until(CONNECTED)
    hears(callee, LOW_HZ, HIGH_HZ)
    assert callee.digits() == ""
    phone.type("5")
    phone.type("6")
    eventually(lambda: "6" in callee.digits(), "the callee to be told of the last press")
    assert callee.digits() == "56"
    call.cancel()
    call.until(ENDED)
    if engine == "embedded":  # what the phone says to rtpengine is not in the capture
        check_ways(capture, server, event, info)


def check_ways(capture: Capture, server: ServerProcess, event: int, info: int) -> None:
    """The phone used those ways and no other."""
    sip = [f"udp.port=={server.sip_port},sip"]
    to_us = f"udp.dstport in {{{server.rtp_ports[0]}..{server.rtp_ports[-1]}}}"
    for what, used in (('sip.Method == "INFO"', info), (f"rtpevent && {to_us}", event)):
        if used:
            capture.until(what, decode_as=sip)
        else:
            assert not capture.fields(what, "frame.number", decode_as=sip), what


def rtpengine_settings(lab: Lab) -> dict[str, Any]:
    need("rtpengine")
    process = lab.add(RtpengineInLab(lab.directory, 20)).start()
    instance = {"name": process.name, "control": process.control}
    return {"engine": "rtpengine", "digits_listen": process.digits, "ping_seconds": 0.2, "rtpengine": [instance]}


def hears_the_prompt(phone: LinphoneRegistered, call: PlacedCall) -> None:
    eventually(lambda: len(phone.heard()) > 8000, "a second of the prompt")
    assert call.look()[1:] == CALLER_UP[1:]
