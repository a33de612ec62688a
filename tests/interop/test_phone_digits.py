"""The digit 1 at the prompt, pressed on phones of other people in every way that they have."""

from __future__ import annotations

import pytest

from e2e.api import PlacedCall
from e2e.harness import CALLER_UP, CONNECTED, ENDED
from e2e.registering import LinphoneRegistered
from e2e.server import EXTENSION, PASSWORD
from e2e.waiting import eventually

from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .programs import need
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


@pytest.mark.parametrize("way", WAYS)
def test_linphone_presses_1(lab: Lab, way: str) -> None:
    need("linphonec")
    event, info = WAYS[way]
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    extension = {"extension": EXTENSION, "password": PASSWORD, "devices": [{"username": "ann", "password": SECRET}]}
    server = lab.ring_out({"gateways": [callee.gateway]}, account={"extensions": [extension]})
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
    call.cancel()
    call.until(ENDED)
    sip = [f"udp.port=={server.sip_port},sip"]
    for what, used in (('sip.Method == "INFO"', info), ("rtpevent", event)):
        assert bool(capture.fields(what, "frame.number", decode_as=sip)) == bool(used), what


def hears_the_prompt(phone: LinphoneRegistered, call: PlacedCall) -> None:
    eventually(lambda: len(phone.heard()) > 8000, "a second of the prompt")
    assert call.look()[1:] == CALLER_UP[1:]
