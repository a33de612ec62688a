"""One call on an rtpengine: what the media port asks, as orders to it, and what it tells, as the listener's facts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ringout import logs
from ringout.domain.errors import Unavailable
from ringout.domain.status import Party
from ringout.media.rtpengine import commands, descriptions
from ringout.media.rtpengine.client import Answer
from ringout.media.rtpengine.commands import Message
from ringout.media.rtpengine.dtmf_log import Press
from ringout.media.rtpengine.gates import Gates
from ringout.media.rtpengine.instance import Instance
from ringout.media.rtpengine.joining import Joining
from ringout.media.rtpengine.orders import Orders
from ringout.media.rtpengine.playing import Playing
from ringout.media.rtpengine.presses import Presses
from ringout.media.rtpengine.quality import quality_of
from ringout.media.rtpengine.watch import Watch
from ringout.rtp.telephone_event import DIGITS
from ringout.sdp.errors import MalformedDescription
from ringout.service.ports import LocalMedia, MediaKind, MediaListener, RtpDestination

if TYPE_CHECKING:
    from ringout.media.rtpengine.engine import RtpengineMedia

log = logs.get("media")

_RETRY_SECONDS = 1
_PRESS_SECONDS = 0.3  # from the first word of a press to the last packet of it


class RtpengineSession:
    """service.ports.MediaSession."""

    __slots__ = (
        *("_bridged", "_engine", "_gates", "_joining", "_kinds", "_listener", "_listening", "_local", "_loop", "_open"),
        *("_orders", "_playing", "_pressed_at", "_presses", "_ready", "_tried", "_watch"),
        "call_id",
    )

    def __init__(
        self,
        engine: RtpengineMedia,
        instance: Instance,
        call_id: str,
        kinds: dict[Party, MediaKind],
        listener: MediaListener,
    ) -> None:
        self.call_id = call_id
        self._engine = engine
        self._kinds = kinds
        self._listener = listener
        self._loop = loop = asyncio.get_running_loop()
        self._local: dict[Party, LocalMedia] = {}
        self._ready: asyncio.Future[None] = loop.create_future()
        self._open = True
        self._bridged = False
        self._gates = Gates(call_id)
        self._listening: Party | None = None  # hears the other as soon as there is something to hear
        self._presses = {party: Presses() for party in Party}
        self._pressed_at = 0.0
        self._joining = Joining(call_id, kinds, engine.ip_version)
        self._watch = Watch(self, loop, engine.silence_seconds)
        self._tried: list[Instance] = []
        self._begin(instance)

    # --- the beginning -------------------------------------------------------------------------------------------

    def _begin(self, instance: Instance) -> None:
        """Asks for the ports of both parties."""
        self._tried.append(instance)
        instance.calls.add(self)
        self._orders = Orders(instance, self._refused)
        self._playing = Playing(self.call_id, self._orders, self._loop, self._listener.sounds_played)
        for party in Party:
            self._orders.give(self._joining.first_offer(party), partial(self._opened, party))

    def _opened(self, party: Party, answer: Answer) -> None:
        description = answer.get("sdp")
        if not self._open or not isinstance(description, bytes):
            return  # a refusal is _refused's business
        try:
            self._local[party] = descriptions.local_media(description)
        except MalformedDescription as problem:
            log.error("an rtpengine's description cannot be read", rtpengine=self._instance.name, why=problem.reason)
            self._try_another()
            return
        if len(self._local) == len(Party):
            self._ready.set_result(None)

    def _try_another(self) -> None:
        """That instance gives no ports: on to one that was not asked yet."""
        self._orders.clear()
        self._instance.request(commands.delete(self.call_id), lambda _: None)
        self._instance.calls.discard(self)
        self._local.clear()
        other = self._engine.another(self._tried)
        if other is not None:
            self._begin(other)
            return
        self._end()
        self._ready.set_exception(Unavailable("No media server has ports for a call.", _RETRY_SECONDS))
        self._ready.exception()  # looked at: whoever has given up does not wait for it

    @property
    def _instance(self) -> Instance:
        return self._orders.instance

    async def ready(self) -> None:
        await self._ready

    def local(self, party: Party) -> LocalMedia:
        return self._local[party]

    # --- orders --------------------------------------------------------------------------------------------------

    def connect(self, party: Party, remote: RtpDestination) -> None:
        if not self._open:
            return
        messages = self._joining.connect(party, remote, self._local[party])
        self._local[party] = descriptions.answered(self._local[party], remote.description)
        self._gates.connected(party, remote)
        self._orders.give(self._gates.to_close)
        for message in messages:
            self._orders.give(message)
        self._orders.give(self._gates.to_open)
        self._watch.connected(party, remote)

    def play(self, party: Party, sounds: Sequence[str], language: str) -> None:
        if self._open:
            found = self._engine.sounds(self._instance).prompts(sounds, language)
            # A browser hears nothing before ICE and DTLS are done; with its first packet they are.
            can_hear = self._kinds[party] is not MediaKind.WEBRTC or self._watch.was_heard(party)
            self._playing.play(party, found, at_once=can_hear)

    def play_ringback(self, party: Party, country: str) -> None:
        if self._open:
            self._playing.play_on(party, self._engine.sounds(self._instance).ringback(country))

    def stop_playing(self, party: Party) -> None:
        if self._open:
            self._playing.stop(party)

    def listen_to_other(self, party: Party) -> None:
        if not self._open or self._bridged:
            return
        self._listening = party
        if self._watch.was_heard(party.other):
            self._let_hear(party)
        else:
            self._watch.hurry = True
            self._watch.look_soon()

    def _let_hear(self, party: Party) -> None:
        """That one hears the other, who goes on hearing nothing."""
        self._listening = None
        self._watch.hurry = False
        self.stop_playing(party)
        self._open_gates(partial(self._gates.let_hear, party))

    def _open_gates(self, change: Callable[[], None]) -> None:
        """The change is made when its turn has come: who is to hear the other must hear no more of us."""

        def step() -> Iterator[Message]:
            change()
            return self._gates.to_open()

        self._orders.give(step)

    def bridge(self) -> None:
        self._listening = None
        self._watch.hurry = False
        self._bridged = True
        self._watch.bridge()
        if self._open:
            for party in Party:
                self._playing.stop(party)
            self._open_gates(self._gates.bridge)
            # What is left of the press that was asked for is not for a callee that answers in no time.
            self._loop.call_at(self._pressed_at + _PRESS_SECONDS, self._let_digits)

    def _let_digits(self) -> None:
        if self._open:
            self._open_gates(self._gates.let_digits)

    def send_digit(self, party: Party, digit: str, duration_ms: int = 100) -> None:
        # Not handled: a digit while the other party sends no RTP. rtpengine puts digits into audio that passes.
        if self._open and (digit := _digit(digit)) and self._joining.both:
            for message in self._joining.inject():
                self._orders.give(message)
            self._put_in(party.other, digit, duration_ms)

    def _put_in(self, by: Party, digit: str, duration_ms: int) -> None:
        self._presses[by].made(digit, self._loop.time())
        self._orders.give(commands.press(self.call_id, by, digit, duration_ms))

    def digit_seen(self, party: Party, digit: str) -> None:
        if self._open and (digit := _digit(digit)) and self._presses[party].info(digit, self._loop.time()):
            self._pressed_at = self._loop.time()
            self._loop.call_soon(self._tell_digit, party, digit)
            if self._bridged:
                self.send_digit(party.other, digit)

    def close(self) -> None:
        if not self._open:
            return
        self._end()
        self._orders.clear()
        self._orders.give(commands.delete(self.call_id), self._deleted)
        if not self._ready.done():
            self._ready.cancel()

    # --- what rtpengine tells ------------------------------------------------------------------------------------

    def receive_press(self, press: Press) -> None:
        """A press of one of the parties, at its end."""
        party, digit = commands.party_of(press.source_tag), press.digit
        if party is None or digit is None or not self._open:
            return
        self._pressed_at = self._loop.time()
        seconds = min(max(press.duration, 0) / 1000, _LONGEST_PRESS_SECONDS)
        is_tone = not self._joining.has_events(party)
        if self._presses[party].event(digit, seconds, press.volume, self._loop.time(), is_tone):
            if self._bridged and not self._joining.carries_digits:
                self._put_in(party, digit, press.duration)
            self._listener.digit_pressed(party, digit)

    def _tell_digit(self, party: Party, digit: str) -> None:
        if self._open:
            self._listener.digit_pressed(party, digit)

    def ask(self) -> None:
        """For the watch."""
        self._instance.request(commands.query(self.call_id), self._asked)

    def _asked(self, answer: Answer | None) -> None:
        if answer is None or not self._open:
            return
        if answer.get("result") == b"ok":
            self._watch.receive(answer)
        else:
            self._refused({"command": "query"}, answer)

    def heard(self, party: Party) -> None:
        """From the watch."""
        self._listener.media_started(party)
        self._playing.can_hear(party)
        if self._open and self._listening is party.other:
            self._let_hear(party.other)

    def silent(self, party: Party, seconds: float) -> None:
        """From the watch."""
        if self._open:
            self._listener.media_silent(party, seconds)

    def _deleted(self, answer: Answer) -> None:
        for party in Party:
            codec = self._joining.codec(party)
            if codec is not None and (quality := quality_of(answer, party, codec)) is not None:
                self._listener.media_quality(party, quality)

    # --- the end -------------------------------------------------------------------------------------------------

    def _refused(self, message: Message, answer: Answer) -> None:
        if not self._open:
            return
        why = answer.get("error-reason") or answer.get("message") or answer.get("result")
        reason = why.decode("utf-8", "replace")[:200] if isinstance(why, bytes) else "no reason given"
        log.warning("an rtpengine refused", rtpengine=self._instance.name, command=message["command"], why=reason)
        if not self._ready.done():
            self._try_another()
        elif "Unknown call-id" in reason or message["command"] in ("offer", "answer"):
            self.lost(f"The media server of this call ({self._instance.name}) has lost it.")

    def lost(self, why: str) -> None:
        """The instance is gone, or has forgotten the call."""
        if not self._open:
            return
        if not self._ready.done():
            self._try_another()
        else:
            self._end()
            self._orders.clear()
            self._listener.media_failed(why)

    def _end(self) -> None:
        self._open = False
        self._watch.stop()
        self._playing.close()
        self._instance.calls.discard(self)
        self._engine.forget(self)


_LONGEST_PRESS_SECONDS = 10.0


def _digit(text: str) -> str:
    """One of 0-9 * # A-D, else "": what a phone wrote into an INFO is not ours to trust."""
    digit = text.strip().upper()
    return digit if len(digit) == 1 and digit in DIGITS else ""
