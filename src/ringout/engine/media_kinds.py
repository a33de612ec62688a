"""How the media of a leg is carried: as its phone registered or is written, or as its trunk wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout import logs
from ringout.service.ports import MediaKind

if TYPE_CHECKING:
    from ringout.domain.plan import Phone
    from ringout.engine.node import Node
    from ringout.engine.trunks import Trunk

log = logs.get("engine")


class MediaKinds:
    """Of the legs of a node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        encrypting = [trunk for trunk in node.trunks.trunks if trunk.config.media != MediaKind.RTP]
        self._trunks_encrypt = bool(encrypting)
        for trunk in encrypting:
            _warn_of_open_keys(trunk)

    def of(self, phone: Phone | None, number: str) -> MediaKind:
        """Of a leg to that phone, or to that number when there is none."""
        node = self._node
        if phone is not None and phone.device:
            return node.phones.kind(phone.device) if node.phones is not None else MediaKind.RTP
        if phone is not None and phone.address:
            # Keys that nobody on the way can read are worth offering.
            return MediaKind.SRTP_OPTIONAL if phone.address.startswith("sips:") else MediaKind.RTP
        if not self._trunks_encrypt:
            return MediaKind.RTP
        trunk = node.trunks.find(phone.number if phone is not None else number)
        return MediaKind.RTP if trunk is None else MediaKind(trunk.config.media)


def _warn_of_open_keys(trunk: Trunk) -> None:
    if not all(gateway.secure or gateway.uri_parts.transport == "tls" for gateway in trunk.gateways):
        log.warning("the keys of the audio are sent over SIP that others can read: use TLS", trunk=trunk.name)
