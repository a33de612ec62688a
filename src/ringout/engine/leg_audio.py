"""The offer/answer of one leg: what our SDP says, and what the phone's makes of the leg's media."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout.sdp.codecs import SPOKEN
from ringout.sdp.errors import NotAcceptable
from ringout.sdp.offer_answer import Negotiated, answer_offer, make_offer, read_answer
from ringout.service.ports import LocalMedia, RtpDestination

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringout.engine.leg import Leg
    from ringout.sip.flow import Flow


class LegAudio:
    """speaks: codecs that are spoken when the phone takes them, whatever else it takes first. negotiated: None = no
    offer/answer has come to an end yet."""

    __slots__ = ("_leg", "negotiated", "sdp_id", "speaks", "version")

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self.sdp_id = 0
        self.version = 1
        self.speaks: Sequence[str] = SPOKEN
        self.negotiated: Negotiated | None = None

    def offer(self, flow: Flow, codecs: Sequence[str] | None = None) -> bytes:
        """Of the present version. codecs: names of sdp.codecs, the preferred first; None = all that are configured,
        after the one that is spoken."""
        media, node = self._leg.media, self._leg.call.node
        assert media is not None
        local = media.local(self._leg.party)
        if codecs is None:
            codecs = node.codecs if self.speaks is SPOKEN else (*self.speaks, *node.spoken)
        return make_offer(
            self._shown_host(local, flow),
            local.port,
            self.sdp_id,
            self.version,
            codecs,
            protocol=local.protocol,
            attributes=local.attributes,
        )

    def new_offer(self, flow: Flow, codecs: Sequence[str] | None = None) -> bytes:
        """Of the next version."""
        self.version += 1
        return self.offer(flow, codecs)

    def take_answer(self, body: bytes) -> bool:
        """The phone's answer. False = it cannot be used; all stays as it was."""
        leg = self._leg
        if leg.media is None:
            return False
        local = leg.media.local(leg.party)
        try:
            negotiated = read_answer(body, leg.call.node.codecs, self.speaks, local.protocol, local.attributes)
        except NotAcceptable:
            return False
        self._use(negotiated, body)
        return True

    def answer(self, offer: bytes, flow: Flow) -> bytes | None:
        """Ours to the phone's offer. None = it cannot be used; all stays as it was."""
        leg = self._leg
        if leg.media is None:
            return None
        local = leg.media.local(leg.party)
        try:
            body, negotiated = answer_offer(
                offer,
                self._shown_host(local, flow),
                local.port,
                self.sdp_id,
                self.version + 1,
                leg.call.node.codecs,
                self.speaks,
                local.protocol,
                local.attributes,
            )
        except NotAcceptable:
            return None
        self.version += 1
        self._use(negotiated, offer)
        return body

    def _shown_host(self, local: LocalMedia, flow: Flow) -> str:
        """The IP for our SDP to that peer."""
        host = local.host6 if local.host6 and ":" in flow.remote[0] else local.host
        return self._leg.call.node.media_address.towards(flow.remote[0], host)

    def _use(self, negotiated: Negotiated, description: bytes) -> None:
        leg = self._leg
        if leg.media is None or negotiated == self.negotiated:
            return  # a 2xx that repeats the 183's SDP must not re-arm the latching
        self.negotiated = negotiated
        leg.media.connect(
            leg.party,
            RtpDestination(
                negotiated.host,
                negotiated.port,
                negotiated.codec,
                negotiated.payload_type,
                negotiated.telephone_event,
                negotiated.may_send,
                negotiated.may_receive,
                description,
                negotiated.crypto,
                negotiated.rtcp_port,
                leg.session.flow.remote[0] if leg.session is not None else "",
                negotiated.codecs,
            ),
        )
