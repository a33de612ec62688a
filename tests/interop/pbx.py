"""The usual Asterisk of a test: RingOut is known by its address, phones stand behind it."""

from __future__ import annotations

from typing import Any

from e2e.baresip import BaresipPhone
from e2e.raw_phone import RawPhone
from e2e.sipp import SippPhone

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


def behind(asterisk: Asterisk, *phones: Phone, number: str | None = None, **settings: Any) -> None:
    """Asterisk rings each phone when its number is called, as `number` when that is given. settings: of the phone's
    endpoint."""
    for phone in phones:
        asterisk.peer(f"p{phone.port}", f"sip:{phone.number}@127.0.0.1:{phone.port}", **settings)
        asterisk.dialplan(f"exten => {number or phone.number},1,Dial(PJSIP/p{phone.port},60)")
