"""What can be wrong with a packet."""

from __future__ import annotations


class MalformedPacket(Exception):
    """Not an RTP or RTCP packet, or a payload of the wrong shape."""
