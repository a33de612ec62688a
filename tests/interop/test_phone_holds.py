"""Hold, resume and change of codec by phones of other people, in moments at which it is less usual."""

from __future__ import annotations

import re
import time

from e2e.baresip import BaresipPhone
from e2e.harness import CALLER_UP, CONNECTED, ENDED
from e2e.registering import LinphoneRegistered
from e2e.server import EXTENSION, PASSWORD
from e2e.tones import from_now_on, parts_with, share
from e2e.waiting import eventually

from .asterisk import Asterisk
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears
from .pbx import heard, own_hears, own_phone, pbx
from .programs import need

SECRET = "Kz4-long-enough"


def goes(phone: BaresipPhone) -> tuple[bool, bool]:
    """Whether it sends audio now, and whether it is sent some, by its own counters."""

    def counted() -> list[int]:
        """Packets sent, and received of every SSRC."""
        shown = phone.command("audio_debug")
        return [sum(map(int, re.findall(pattern, shown))) for pattern in (r"TX: packets=(\d+)", r"rcvd=(\d+)")]

    before = counted()
    time.sleep(0.4)  # twenty packets
    sent, received = (now - then for now, then in zip(counted(), before, strict=True))
    return sent > 5, received > 5


def until_goes(phone: BaresipPhone, *ways: bool) -> None:
    """ways: sends, receives."""
    eventually(lambda: goes(phone) == ways, f"{phone.name} to send and to receive audio: {ways}")


def test_the_caller_holds_while_the_callee_rings(lab: Lab) -> None:
    """The ringback stops for it, the callee's answer finds it on hold, and both hear each other when it comes back."""
    caller, callee = lab.baresip(CALLER, LOW_HZ).answers(), lab.raw(CALLEE)
    lab.ring_out(*({"gateways": [phone.gateway], "prefixes": [phone.number]} for phone in (caller, callee)))
    call = lab.place()
    invite = callee.ring()
    eventually(lambda: share(caller.heard()[1][-1600:], 440) > 0.3, "the ringback at the caller")
    caller.command("hold")
    until_goes(caller, False, False)
    assert call.look() == CALLER_UP
    callee.answer(invite)
    call.until(CONNECTED)
    callee.hum(HIGH_HZ)
    assert goes(caller) == (False, False)
    caller.command("resume")
    hears(callee.rtp, LOW_HZ, HIGH_HZ)
    until_goes(caller, True, True)
    caller.hang_up()
    callee.take_bye()
    call.until(ENDED)


def test_both_phones_hold_each_other(lab: Lab) -> None:
    """The first that comes back hears nothing yet; with the second both talk again."""
    caller, callee = lab.baresip(CALLER, LOW_HZ).answers(), lab.baresip(CALLEE, HIGH_HZ).answers()
    lab.ring_out(*({"gateways": [phone.gateway], "prefixes": [phone.number]} for phone in (caller, callee)))
    call = lab.place()
    call.until(CONNECTED)
    hears(caller, HIGH_HZ, LOW_HZ)
    for phone in (caller, callee):
        phone.command("hold")
        until_goes(phone, False, False)
    caller.command("resume")
    until_goes(caller, True, False)
    assert goes(callee) == (False, False)
    callee.command("resume")
    for phone in (caller, callee):
        until_goes(phone, True, True)
    callee.hang_up()
    call.until(ENDED)


def test_linphone_holds_with_music_and_resumes(lab: Lab) -> None:
    """What it plays meanwhile reaches the other phone, which holds and comes back in between."""
    need("linphonec")
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    extension = {"extension": EXTENSION, "password": PASSWORD, "devices": [{"username": "ann", "password": SECRET}]}
    server = lab.ring_out({"gateways": [callee.gateway]}, account={"extensions": [extension]})
    phone = lab.add(LinphoneRegistered("ann", SECRET, f"127.0.0.1:{server.sip_port}", LOW_HZ))
    phone.start()
    lab.until_logged("a phone has registered")
    call = lab.place(EXTENSION, CALLEE)
    call.until(CONNECTED)
    hears(callee, LOW_HZ, HIGH_HZ)
    phone.type("pause")
    phone.shows("(?i)paused")
    hears(callee, LOW_HZ, HIGH_HZ)
    callee.command("hold")
    until_goes(callee, False, False)
    callee.command("resume")
    until_goes(callee, True, True)
    phone.type("resume")
    new = from_now_on(phone.heard)
    eventually(lambda: len(last := new()[-8000:]) == 8000 and parts_with(last, HIGH_HZ) > 0.7, "the callee at linphone")
    assert call.look() == CONNECTED
    call.cancel()
    call.until(ENDED)


def test_asterisk_changes_the_codec_during_the_call(lab: Lab) -> None:
    """A re-INVITE of the caller's side to A-law only, while the callee's stays with mu-law."""
    asterisk = pbx(lab, allow="ulaw,alaw")
    change = ("Wait(3)", "Set(PJSIP_MEDIA_OFFER(audio)=!all,alaw)", "Set(PJSIP_SEND_SESSION_REFRESH()=invite)")
    own_phone(asterisk, CALLER, LOW_HZ, *change)
    own_phone(asterisk, CALLEE, HIGH_HZ)
    asterisk.start()
    lab.ring_out({"gateways": [asterisk.gateway()]})
    call = lab.place()
    call.until(CONNECTED)
    eventually(lambda: asterisk.messages("INVITE", sent=True), "the re-INVITE")
    eventually(lambda: asterisk.finals("INVITE"), "its answer")
    assert asterisk.finals("INVITE") == [200]
    (answer,) = (one for one in asterisk.messages("SIP/2.0 200", sent=False, about="INVITE"))
    assert re.search(r"m=audio \d+ RTP/AVP 8 101", answer), answer
    both_hear(asterisk)
    call.cancel()
    call.until(ENDED)
    eventually(lambda: call.look() and "quality" in call.leg("caller"), "the quality of the leg")
    assert [call.leg(party)["quality"]["codec"] for party in ("caller", "callee")] == ["PCMA", "PCMU"]


def both_hear(asterisk: Asterisk) -> None:
    """From now on: a recording lies behind the call."""
    for phone, other in ((LOW_HZ, HIGH_HZ), (HIGH_HZ, LOW_HZ)):
        until = len(heard(asterisk, phone)) + 2 * 8000

        def there(phone: float = phone, other: float = other, until: int = until) -> bool:
            return len(heard(asterisk, phone)) > until and own_hears(asterisk, phone, other)

        eventually(there, f"{other} Hz at the phone")
