"""How the two parties of a call are put together at an rtpengine: which offers and answers, in which order. Pure.

As long as both speak the same, the answer of each to its placeholder's offer is enough, and packets pass untouched.
Otherwise the one party's description is offered to the other, so that rtpengine translates.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringout.domain.status import Party
from ringout.media.rtpengine import commands, descriptions
from ringout.media.rtpengine.commands import CODECS, Message
from ringout.sdp.codecs import TELEPHONE_EVENT
from ringout.service.ports import LocalMedia, MediaKind, RtpDestination


class Joining:
    """kinds: of both parties. ip_version: of the addresses that phones are given."""

    __slots__ = ("_call", "_descriptions", "_ip_version", "_kinds", "_phones", "_translated", "injecting")

    def __init__(self, call: str, kinds: Mapping[Party, MediaKind], ip_version: int) -> None:
        self._call = call
        self._kinds = kinds
        self._ip_version = ip_version
        self._phones: dict[Party, RtpDestination] = {}
        self._descriptions: dict[Party, str] = {}
        self._translated = False  # once so, always so: the simple way would leave the translators as they are
        self.injecting = False  # digits can be put into the audio

    def first_offer(self, party: Party) -> Message:
        """Gives that party's ports."""
        placeholder = descriptions.placeholder(self._ip_version)
        family = {"address family": f"IP{self._ip_version}"}
        flags = self._source_flags(party.other)
        return {**commands.offer(self._call, party, placeholder, self._kinds[party], flags), **family}

    def connect(self, party: Party, phone: RtpDestination, local: LocalMedia) -> list[Message]:
        """What tells rtpengine of that phone: the first time, or that it has changed."""
        self._phones[party] = phone
        self._descriptions[party] = descriptions.of_phone(phone, self._kinds[party], local)
        return self._together() if self._translated or not self._alike() else self._alone(party)

    def inject(self) -> list[Message]:
        """What makes digits go into the audio; nothing when they do, or when somebody is missing."""
        if self.injecting or not self.both:
            return []
        self.injecting = True
        return self._together()

    @property
    def both(self) -> bool:
        return len(self._phones) == len(Party)

    def codec(self, party: Party) -> str | None:
        """What is spoken with that party; None = it is not there."""
        phone = self._phones.get(party)
        return None if phone is None else phone.codec

    def has_events(self, party: Party) -> bool:
        """Whether telephone-event was negotiated with that party."""
        phone = self._phones.get(party)
        return phone is not None and phone.telephone_event is not None

    @property
    def carries_digits(self) -> bool:
        """Whether rtpengine itself passes key presses on: with two numbers for telephone-event it does not, what a
        phone sends under its own number reaches the other as something unknown."""
        one, other = (self._phones[party].telephone_event for party in Party)
        return one == other or one is None or other is None

    def _alike(self) -> bool:
        """Whether neither needs anything translated, also as long as there is only one. A codec that no placeholder
        names is passed on only when the one party's description is offered to the other."""
        spoken = {(phone.codec, phone.telephone_event) for phone in self._phones.values()}
        return len(spoken) == 1 and (not self.both or next(iter(spoken))[0] in CODECS)

    def _alone(self, party: Party) -> list[Message]:
        event = self._phones[party].telephone_event
        if event == TELEPHONE_EVENT:
            return [self._answer(party)]
        # It answered with another number than our offer's, or with none: the offer is made to match, since rtpengine
        # reads only what both sides name. Without any, keypad tones are looked for.
        flags = (commands.ANYTHING, commands.HEAR_TONES) if event is None else ()
        return [
            self._placeholder(party, event if event is not None else TELEPHONE_EVENT, flags, event is None),
            self._answer(party, flags, event is None),
        ]

    def _together(self) -> list[Message]:
        self._translated = True
        if not self.carries_digits:
            # Each side keeps its own number; the session carries the digits across.
            self.injecting = True
            inject = (commands.INJECT,)
            return [
                *(self._placeholder(each, phone.telephone_event, inject, True) for each, phone in self._phones.items()),
                *(self._answer(each, inject, True) for each in self._phones),
            ]
        # Whoever has telephone-event offers; only so its key presses become the other's tones.
        offerer = Party.CALLER if self._phones[Party.CALLER].telephone_event is not None else Party.CALLEE
        flags = (commands.INJECT,) if self.injecting else (commands.ANYTHING,)
        to = offerer.other
        description, all_flags = self._descriptions[offerer], (*flags, *self._address_flags(offerer))
        return [
            commands.offer(self._call, to, description, self._kinds[to], all_flags, True),
            self._answer(to, flags, True),
        ]

    def _placeholder(self, party: Party, event: int | None, flags: tuple[str, ...], translate: bool) -> Message:
        description = descriptions.placeholder(self._ip_version, event)
        all_flags = (*flags, *self._source_flags(party.other))
        return commands.offer(self._call, party, description, self._kinds[party], all_flags, translate)

    def _answer(self, party: Party, flags: tuple[str, ...] = (), translate: bool = False) -> Message:
        all_flags = (*flags, *self._address_flags(party))
        return commands.answer(self._call, party, self._descriptions[party], all_flags, translate)

    def _address_flags(self, party: Party) -> tuple[str, ...]:
        """A phone whose SIP comes from the very address of its description is behind no NAT: only that address and
        port count, and whoever sends first takes nothing. With SRTP the key tells who sends."""
        phone = self._phones[party]
        if phone.crypto is None and self._is_strict(party) and phone.signalling and phone.signalling == phone.host:
            return (commands.STRICT, commands.FIXED)
        return self._source_flags(party)

    def _source_flags(self, party: Party) -> tuple[str, ...]:
        return (commands.STRICT,) if self._is_strict(party) else ()

    def _is_strict(self, party: Party) -> bool:
        """A browser's ICE moves from one of its addresses to another whenever it likes, and the keys of DTLS let no
        stranger in."""
        return self._kinds[party] is not MediaKind.WEBRTC
