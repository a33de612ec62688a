"""A registrar that we register with; what it says, and what we then do."""

from __future__ import annotations

from typing import Any

from fakes.scripted_peer import ScriptedPeer
from ringout.sip.digest import Credentials
from ringout.sip.events import RegistrationChanged
from ringout.sip.registration import (
    ClientRegistration,
    RegistrationSettings,
)

WHO = Credentials("acme", "secret")
OURS = "<sip:acme@192.0.2.1:5060>"
PLAIN = RegistrationSettings("sip:carrier.example", "sip:acme@carrier.example", "acme")


class Registrar(ScriptedPeer):
    """The peer is the registrar."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        fields = {name: getattr(PLAIN, name) for name in PLAIN.__slots__}
        self.registration = ClientRegistration(self.user_agent, RegistrationSettings(**(fields | changes)))

    def start(self) -> None:
        self.registration.go_to(self.flow, self.now)

    @property
    def request(self) -> Any:
        return self.last("REGISTER")

    @property
    def told(self) -> list[int]:
        return [event.code for event in self.reported(RegistrationChanged)]

    @property
    def bound(self) -> bool:
        return self.registration.is_bound(self.now)

    def grant(self, seconds: int | None, *others: str) -> None:
        """200 with our binding; None = without saying for how long."""
        contacts = ", ".join([*others, OURS if seconds is None else f"{OURS};expires={seconds}"])
        self.answer(self.request, 200, f"Contact: {contacts}", contact=None)

    def refuse(self, code: int, *lines: str) -> None:
        self.answer(self.request, code, *lines, contact=None)

    def seconds_until_next(self, most: float = 5000) -> float:
        """How long nothing was asked."""
        count, before = self.request.cseq[0], self.now
        while self.request.cseq[0] == count:
            assert self.now - before <= most, "nothing is asked any more"
            self.pass_time(0.5)
        return self.now - before


def registered(seconds: int | None = 3600, **changes: Any) -> Registrar:
    peer = Registrar(**changes)
    peer.start()
    peer.grant(seconds)
    return peer
