"""Media that play nothing: each call's verbs are noted, and its listener is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ringout.domain.errors import Unavailable
from ringout.domain.status import Party
from ringout.media.sdes import local_media
from ringout.service.ports import LocalMedia, MediaKind, MediaListener, RtpDestination


@dataclass
class Media:
    """One call's media: `log` holds the verbs, `tell` is the listener."""

    tell: MediaListener
    log: list[str] = field(default_factory=list)
    connected: list[tuple[Party, RtpDestination]] = field(default_factory=list)
    fails_at: str | None = None
    closed: bool = False
    kinds: tuple[MediaKind, MediaKind] = (MediaKind.RTP, MediaKind.RTP)
    locals: dict[Party, LocalMedia] = field(default_factory=dict)

    def _note(self, text: str) -> None:
        if self.fails_at is not None and text.startswith(self.fails_at):
            raise RuntimeError(f"bug at {text}")
        self.log.append(text)

    async def ready(self) -> None:
        pass

    def local(self, party: Party) -> LocalMedia:
        if party not in self.locals:
            port, kind = (20000, self.kinds[0]) if party is Party.CALLER else (20002, self.kinds[1])
            self.locals[party] = local_media("127.0.0.1", "2001:db8::1", port, kind)
        return self.locals[party]

    def connect(self, party: Party, remote: RtpDestination) -> None:
        self.connected.append((party, remote))
        self._note(f"connect {party.value}")

    def play(self, party: Party, sounds: Sequence[str], language: str) -> None:
        self._note(f"play {party.value} {'+'.join(sounds)} {language}")

    def play_ringback(self, party: Party, country: str) -> None:
        self._note(f"ringback {party.value} {country}")

    def stop_playing(self, party: Party) -> None:
        self._note(f"stop {party.value}")

    def listen_to_other(self, party: Party) -> None:
        self._note(f"listen {party.value}")

    def bridge(self) -> None:
        self._note("bridge")

    def send_digit(self, party: Party, digit: str, duration_ms: int = 100) -> None:
        self._note(f"send {party.value} {digit}")

    def digit_seen(self, party: Party, digit: str) -> None:
        self._note(f"seen {party.value} {digit}")

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._note("close")


class MediaRoom:
    """Opens as many sessions as `free`."""

    def __init__(self) -> None:
        self.opened: list[Media] = []
        self.free = 1000

    def open(
        self, listener: MediaListener, caller: MediaKind = MediaKind.RTP, callee: MediaKind = MediaKind.RTP
    ) -> Media:
        if self.free == 0:
            raise Unavailable("no ports", 1)
        self.free -= 1
        media = Media(listener, kinds=(caller, callee))
        self.opened.append(media)
        return media
