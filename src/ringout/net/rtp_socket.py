"""UDP sockets for RTP and its RTCP neighbour."""

from __future__ import annotations

import socket

RTP_DSCP_EF = 0xB8  # expedited forwarding (RFC 3246) in the TOS byte


def bind_udp(host: str, port: int) -> socket.socket:
    """A non-blocking UDP socket. port 0 = any free one. Raises OSError."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def bind_pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """RTP on that port and RTCP on the next (RFC 3550 section 11). Raises OSError when either is taken; then neither is
    held."""
    rtp = bind_udp(host, port)
    try:
        _prefer_delivery(rtp)
        return rtp, bind_udp(host, port + 1)
    except OSError:
        rtp.close()
        raise


def _prefer_delivery(bound: socket.socket) -> None:
    if bound.family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, RTP_DSCP_EF)
    else:
        bound.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, RTP_DSCP_EF)
