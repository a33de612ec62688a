"""Better than telephone sound, where both phones have it.

A leg begins in G.711, which we can speak: prompts and ringback need it. A wideband codec is only passed through, so
both phones must have the same one. Once they are joined they are asked for it: first a phone of which nobody knows
whether it has it, since the way back from a codec is one that phones seldom go, and often badly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout import logs
from ringout.sdp.codecs import SPOKEN, passable
from ringout.sip.errors import LocalProtocolError

if TYPE_CHECKING:
    from ringout.engine.leg import Leg
    from ringout.service.ports import Clock

_MOST_OFFERS = 4  # to one phone in one call: it may change its mind as often as that, and be asked back
_REMEMBER_SECONDS = 86400.0
_REMEMBERED = 10_000

log = logs.get("engine")


class Declined:
    """Which phones have lately declined which codec: to ask one that lacks it costs the other party a moment's sound.
    Of this node, in memory; the oldest is forgotten first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}

    def add(self, phone: str, codec: str) -> None:
        self._until.pop((phone, codec), None)
        self._until[phone, codec] = self._clock.monotonic() + _REMEMBER_SECONDS
        if len(self._until) > _REMEMBERED:
            del self._until[next(iter(self._until))]

    def __contains__(self, phone_and_codec: tuple[str, str]) -> bool:
        return self._until.get(phone_and_codec, 0.0) > self._clock.monotonic()


class Wideband:
    """The two legs of a call from their joining on. For calls whose configuration has wideband codecs."""

    __slots__ = ("_asked", "_later", "_left", "_legs", "_offers", "_trying")

    def __init__(self, caller: Leg, callee: Leg) -> None:
        self._legs = (caller, callee)
        self._asked: set[Leg] = set()  # whose answer is still to come
        self._offers = {caller: 0, callee: 0}
        self._trying: str | None = None
        self._later: list[Leg] = []  # to be asked when the one before has taken it
        self._left = list(caller.call.node.wideband)  # the best first
        caller.wideband = callee.wideband = self

    def begin(self) -> None:
        """Tries the best codec that both may have."""
        self._trying, self._later = None, []
        while self._left and self._trying is None:
            codec = self._left.pop(0)
            if all(_may_have(leg, codec) for leg in self._legs):
                self._trying = codec
        if self._trying is not None:
            caller, callee = self._legs
            known = [leg for leg in (callee, caller) if self._trying in _named(leg)]
            unknown = [leg for leg in (callee, caller) if leg not in known]
            self._later = unknown[1:] + known
            self._ask(unknown[:1] or [self._later.pop(0), self._later.pop(0)])

    def _ask(self, legs: list[Leg]) -> None:
        assert self._trying is not None
        for leg in legs:
            leg.audio.speaks = (self._trying,)
            self._offer(leg, [self._trying, *leg.call.node.spoken])

    def settled(self, leg: Leg) -> None:
        """An offer/answer of that leg has come to an end, well or not."""
        self._asked.discard(leg)
        if self._asked:
            return
        if self._trying is not None:
            declined = [each for each in self._legs if each not in self._later and _codec(each) != self._trying]
            for each in declined:
                each.call.node.declined.add(each.name, self._trying)
            if declined:
                self.begin()
            elif self._later:
                self._ask([self._later.pop(0)])
            else:
                self._trying = None
            if self._asked:
                return
        if self._trying is None:
            self._bring_back()

    def _bring_back(self) -> None:
        """Both to what we can translate, unless they speak the same."""
        one, other = map(_codec, self._legs)
        if passable(one, other):
            return
        for leg in self._legs:
            leg.audio.speaks = SPOKEN
            if _codec(leg) not in SPOKEN:
                self._offer(leg, leg.call.node.spoken)

    def _offer(self, leg: Leg, codecs: list[str] | tuple[str, ...]) -> None:
        self._offers[leg] += 1
        if self._offers[leg] > _MOST_OFFERS:
            log.warning("a phone does not stay with the codec of the other one", codecs=codecs)
            return
        try:
            leg.offer_again(codecs)
        except LocalProtocolError:
            return  # it is being hung up
        self._asked.add(leg)


def _codec(leg: Leg) -> str:
    return leg.audio.negotiated.codec if leg.audio.negotiated is not None else "PCMU"


def _named(leg: Leg) -> tuple[str, ...]:
    return leg.audio.negotiated.codecs if leg.audio.negotiated is not None else ()


def _may_have(leg: Leg, codec: str) -> bool:
    """Whether the phone has named it, or has answered with one codec alone, which tells nothing of others."""
    codecs = _named(leg)
    return codec in codecs or (len(codecs) == 1 and (leg.name, codec) not in leg.call.node.declined)
