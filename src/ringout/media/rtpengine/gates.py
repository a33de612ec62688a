"""Who of a call may hear whom, and what rtpengine is to be told so that it is so. Pure.

rtpengine sends what comes to the one party's port on to the other as soon as it knows that one's description, and to a
phone that holds the call as well. So what must not pass is blocked at its source.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringout.domain.status import Party
from ringout.media.rtpengine import commands
from ringout.media.rtpengine.commands import Message
from ringout.service.ports import RtpDestination


class Gates:
    """A gate closes before what it keeps apart is joined, and opens after."""

    __slots__ = ("_call", "_closed", "_digits_closed", "_digits_pass", "_hearing", "_holding", "_present")

    def __init__(self, call: str) -> None:
        self._call = call
        self._present: set[Party] = set()
        self._holding: set[Party] = set()  # want nothing sent
        self._hearing: set[Party] = set()  # may hear the other
        self._closed: set[Party] = set()  # sources whose audio rtpengine blocks
        self._digits_closed = False
        self._digits_pass = False

    def connected(self, party: Party, phone: RtpDestination) -> None:
        """A new description of that party."""
        self._present.add(party)
        if phone.may_send and phone.port:
            self._holding.discard(party)
        else:
            self._holding.add(party)

    def let_hear(self, party: Party) -> None:
        """One way: the other hears nothing of it."""
        self._hearing.add(party)

    def bridge(self) -> None:
        """Both hear each other; key presses go across with let_digits."""
        self._hearing.update(Party)

    def let_digits(self) -> None:
        self._digits_pass = True

    def to_close(self) -> Iterator[Message]:
        """To be asked when its turn has come, since much may have happened since; gates count as closed then."""
        for source in Party:
            # Who is there hears whatever comes to the other's port, be it a stranger's or a phone's that has answered
            # and is not connected yet. A browser that is sent that, then a sound of ours, and then that again hears
            # nothing any more.
            if source.other in self._present and source not in self._closed and not self._passes(source):
                self._closed.add(source)
                yield commands.block_media(self._call, source)
        if self._present and not self._digits_closed and not self._digits_pass:
            self._digits_closed = True
            yield commands.block_digits(self._call)

    def to_open(self) -> Iterator[Message]:
        """As to_close."""
        for source in Party:
            if source in self._closed and self._passes(source):
                self._closed.discard(source)
                yield commands.unblock_media(self._call, source)
        if self._digits_closed and self._digits_pass:
            self._digits_closed = False
            yield commands.unblock_digits(self._call)

    def _passes(self, source: Party) -> bool:
        return source.other in self._hearing and source.other not in self._holding
