"""The simulated phones: each incoming call gets the personality of the number that was dialled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from ringout import logs
from ringout.net.random_ids import RandomIds
from ringout.net.sip_driver import SipDriver
from ringout.net.tasks import Tasks
from ringout.sandbox.numbers import BY_NUMBER, PERSONALITIES, Personality
from ringout.sandbox.sound import Metronome, Sound
from ringout.sdp.errors import NotAcceptable
from ringout.sdp.offer_answer import answer_offer, make_offer, read_answer
from ringout.sip.errors import SipError
from ringout.sip.events import (
    AnswerReceived,
    Ended,
    Event,
    Failed,
    IncomingInvite,
    OfferReceived,
    OfferWanted,
)
from ringout.sip.flow import Flow
from ringout.sip.invite_server import UasSession
from ringout.sip.uri import SipUri
from ringout.sip.user_agent import UserAgent, UserAgentSettings

log = logs.get("phones")

_TONES_HZ = tuple(sorted({personality.tone_hz for personality in PERSONALITIES}))
_DEAF = tuple(f"sip:{personality.number}@".encode() for personality in PERSONALITIES if not personality.responds)
Report = Callable[[dict[str, Any]], None]


class PhonesUserAgent(UserAgent):
    """One user agent for all phones. What is sent to a number that never responds is dropped before it is read, so that
    not even a 100 goes back."""

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        start = data[:80]
        if not any(number in start for number in _DEAF):
            super().receive_datagram(data, flow, now)


class PhoneCall:
    """One call on one phone, from the INVITE to the end."""

    def __init__(self, phones: Phones, session: UasSession, personality: Personality, offer: bytes) -> None:
        self._phones = phones
        self._session = session
        self._personality = personality
        self._offer = offer
        self._timers: list[asyncio.TimerHandle] = []
        self._sound: Sound | None = None
        self._sdp_session = phones.ids.number(31)
        self._sdp_version = 0

    def begin(self) -> None:
        """Rings, and answers or refuses at its time."""
        personality = self._personality
        if personality.refusal is None or personality.rings_seconds:
            self._session.ring(self._phones.now())
        if personality.rings_seconds is None:
            return
        self._after(personality.rings_seconds, self._answer if personality.refusal is None else self._refuse)

    def take(self, event: Event) -> None:
        """What the far side does later."""
        match event:
            case Failed() | Ended():
                self._end()
            case OfferReceived(body=body):
                answer = self._answer_to(body)
                if answer is None:
                    self._session.refuse_offer(self._phones.now())
                else:
                    self._session.accept_offer(self._phones.now(), answer)
            case OfferWanted():
                self._session.accept_offer(self._phones.now(), self._own_offer())
            case AnswerReceived(body=body) if body:
                self._connect(body)

    def _refuse(self) -> None:
        assert self._personality.refusal is not None
        self._session.reject(self._phones.now(), self._personality.refusal)

    def _answer(self) -> None:
        sound = Sound(self._phones.metronome, self._personality.tone_hz, _TONES_HZ, self._phones.ids.number(32))
        self._sound = sound
        body = self._answer_to(self._offer) if self._offer else self._own_offer()
        if body is None:
            self._session.reject(self._phones.now(), 488)
            return
        self._session.answer(self._phones.now(), body)
        for seconds, digit in self._personality.presses:
            self._after(seconds, partial(sound.press, digit))
        if self._personality.hangs_up_seconds is not None:
            self._after(self._personality.hangs_up_seconds, lambda: self._session.hang_up(self._phones.now()))

    def _answer_to(self, offer: bytes) -> bytes | None:
        """Our SDP answer, with the sound going where the offer says; None = nothing to talk with."""
        sound = self._sound
        if sound is None:
            return None
        self._sdp_version += 1
        try:
            body, negotiated = answer_offer(offer, "127.0.0.1", sound.port, self._sdp_session, self._sdp_version)
        except NotAcceptable as error:
            log.warning("no common audio", phone=self._personality.number, why=error.reason)
            return None
        sound.connect(negotiated)
        return body

    def _own_offer(self) -> bytes:
        assert self._sound is not None
        self._sdp_version += 1
        return make_offer("127.0.0.1", self._sound.port, self._sdp_session, self._sdp_version)

    def _connect(self, body: bytes) -> None:
        try:
            negotiated = read_answer(body)
        except NotAcceptable as error:
            log.warning("no common audio", phone=self._personality.number, why=error.reason)
            return
        if self._sound is not None:
            self._sound.connect(negotiated)

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        def turn() -> None:
            act()
            self._phones.driver.flush()

        self._timers.append(self._phones.loop.call_later(seconds, turn))

    def _end(self) -> None:
        for timer in self._timers:
            timer.cancel()
        sound, self._sound = self._sound, None
        if sound is None:
            return
        sound.close()
        self._phones.report(
            {
                "phone": self._personality.number,
                "call_id": self._session.call_id,
                "hummed_hz": self._personality.tone_hz,
                "heard_hz": sound.heard_hz,
                "sent": sound.sent,
                "received": sound.received,
                "strange": sound.strange,
                "digits": sound.digits,
            }
        )


class Phones:
    """All phones on one SIP socket shell. report: told once for each answered call when it ends."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tasks: Tasks, report: Report) -> None:
        self.loop = loop
        self.ids = RandomIds()
        self.metronome = Metronome(loop)
        self.report = report
        settings = UserAgentSettings(product="RingOut-phone", accept_invites=True)
        self.driver = SipDriver(PhonesUserAgent(self.ids, settings), self._on_event, tasks)

    def now(self) -> float:
        return self.loop.time()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, IncomingInvite):
            self._ring(event)
        elif isinstance(call := getattr(getattr(event, "session", None), "owner", None), PhoneCall):
            call.take(event)

    def _ring(self, event: IncomingInvite) -> None:
        session = event.session
        assert isinstance(session, UasSession)
        personality = BY_NUMBER.get(_dialled(event.request.uri))
        if personality is None:
            session.reject(self.now(), 404)
            return
        call = PhoneCall(self, session, personality, event.request.body)
        session.owner = call
        call.begin()


def _dialled(uri: str) -> str:
    try:
        return SipUri.parse(uri).user or ""
    except SipError:
        return ""
