"""Wideband between two linphones, by ear: what each has recorded of the other, at the rate of the codec."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.registering import LinphoneRegistered
from e2e.server import EXTENSION, PASSWORD
from e2e.tones import RATE_HZ, from_now_on, parts_with
from e2e.waiting import eventually

from .lab import HIGH_HZ, LOW_HZ, Lab
from .programs import need

SECRET = "Kz4-long-enough"


_CODECS = {"opus": (48000, 2), "G722": (8000, 1), "PCMU": (8000, 1)}  # clock rate, channels


def only(*names: str) -> list[str]:
    """Settings for those of its codecs. What its configuration does not name it uses as well."""
    return [
        line
        for n, (name, (rate, channels)) in enumerate(_CODECS.items())
        for line in (
            f"[audio_codec_{n}]",
            f"mime={name}",
            f"rate={rate}",
            f"channels={channels}",
            f"enabled={int(name in names)}",
        )
    ]


@pytest.mark.parametrize(
    ("caller", "callee", "spoken", "rate_hz"),
    [
        (("opus", "PCMU"), ("opus", "PCMU"), "opus", 48000),
        (("G722", "PCMU"), ("opus", "G722", "PCMU"), "G722", 16000),
        (("opus", "PCMU"), ("PCMU",), "PCMU", 8000),
    ],
    ids=["Opus", "G.722", "one has none"],
)
def test_both_hear_each_other(
    lab: Lab, caller: Sequence[str], callee: Sequence[str], spoken: str, rate_hz: int
) -> None:
    """rate_hz: at which they record then."""
    need("linphonec")
    users = [(EXTENSION, "ann"), ("102", "bob")]
    extensions = [
        {"extension": number, "password": PASSWORD, "devices": [{"username": name, "password": SECRET}]}
        for number, name in users
    ]
    server = lab.ring_out(
        {"gateways": ["sip:127.0.0.1:9"]},
        account={"extensions": extensions},
        media={"codecs": ["PCMU", "opus", "G722"]},
    )
    where = f"127.0.0.1:{server.sip_port}"
    one, other = (
        lab.add(LinphoneRegistered(name, SECRET, where, hz, only(*codecs)))
        for name, hz, codecs in (("ann", LOW_HZ, caller), ("bob", HIGH_HZ, callee))
    )
    for phone in (one, other):
        phone.start()
    eventually(lambda: server.log().count("a phone has registered") == 2, "both to be registered")
    call = lab.place(EXTENSION, "102")
    call.until(CONNECTED)
    for phone, hz in ((one, HIGH_HZ), (other, LOW_HZ)):
        new = from_now_on(phone.heard)
        at_8_khz = hz * RATE_HZ / rate_hz  # what the tone is when its samples are read at 8 kHz
        eventually(
            lambda new=new, at_8_khz=at_8_khz: (
                len(last := new()[-rate_hz:]) == rate_hz and parts_with(last, at_8_khz) > 0.7
            ),
            f"{hz} Hz of {spoken} at {phone.username}",
        )
    call.cancel()
    call.until(ENDED)
    for party in ("caller", "callee"):
        eventually(lambda party=party: call.look() and "quality" in call.leg(party), "the quality of that leg")
        assert call.leg(party)["quality"]["codec"] == spoken
