"""The usual Asterisk of a test: RingOut is known by its address, phones stand behind it."""

from __future__ import annotations

from typing import Any

from e2e.baresip import BaresipPhone
from e2e.raw_phone import RawPhone
from e2e.sipp import SippPhone
from e2e.tones import level, read_wav, share

from .asterisk import Asterisk
from .lab import Lab

Phone = SippPhone | RawPhone | BaresipPhone


def pbx(lab: Lab, *transports: str, **settings: Any) -> Asterisk:
    """Not started yet. settings: of the endpoint that stands for RingOut."""
    asterisk = lab.add(Asterisk())
    for transport in dict.fromkeys([*transports, "udp"]):  # the phones speak UDP
        asterisk.transport(transport)
    asterisk.peer("ringout", **settings)
    asterisk.knows_by_address("ringout")
    return asterisk


def behind(
    asterisk: Asterisk, *phones: Phone, number: str | None = None, answers_first: bool = False, **settings: Any
) -> None:
    """Asterisk rings each phone when its number is called, as `number` when that is given. answers_first: it takes the
    call half a second before. settings: of the phone's endpoint."""
    for phone in phones:
        asterisk.peer(f"p{phone.port}", f"sip:{phone.number}@127.0.0.1:{phone.port}", **settings)
        first = "Answer(500)" if answers_first else "NoOp()"
        asterisk.dialplan(f"exten => {number or phone.number},1,{first}", f" same => n,Dial(PJSIP/p{phone.port},60)")


def own_phone(asterisk: Asterisk, number: str, hz: float, *later: str) -> None:
    """Asterisk itself answers that number, hums, and records what it hears. later: what it does then."""
    asterisk.dialplan(
        f"exten => {number},1,Answer()",
        f" same => n,MixMonitor({asterisk.directory}/all{hz}.wav,r({asterisk.directory}/{hz}.wav))",
        f" same => n,Playtones({hz})",
        *(f" same => n,{one}" for one in later),
        " same => n,Wait(120)",
    )


def heard(asterisk: Asterisk, hz: float) -> list[int]:
    """What its own phone that hums at hz has heard so far, at 8 kHz."""
    path = asterisk.directory / f"{hz}.wav"
    return read_wav(path)[1] if path.exists() and path.stat().st_size > 100 else []


def own_hears(asterisk: Asterisk, phone: float, other: float, least: float = 0.9) -> bool:
    """The last second of that phone's recording is mostly the other's tone. least: of the energy."""
    last = heard(asterisk, phone)[-8000:]
    return len(last) == 8000 and share(last, other) > least and share(last, phone) < 0.05 and level(last) > 500
