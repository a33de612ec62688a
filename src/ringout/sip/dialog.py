"""A dialog: who talks with whom, by which way, and where the counting stands (RFC 3261 section 12)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from ringout.sip.errors import MalformedMessage
from ringout.sip.flow import Flow, Listeners, default_port, flow_by, is_transport
from ringout.sip.header_values import NameAddr
from ringout.sip.outgoing import OutgoingRequest, new_branch, route_lines
from ringout.sip.uri import SipUri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringout.sip.ids import IdSource
    from ringout.sip.message import Message


class Dialog:
    """One dialog, early or confirmed. local and remote are whole From/To values with their tags."""

    __slots__ = (
        "ack",
        "ack_cseq",
        "call_id",
        "early_body",
        "flow",
        "local",
        "local_cseq",
        "next_flow",
        "path_known",
        "pinned",
        "remote",
        "remote_cseq",
        "remote_tag",
        "remote_target",
        "request_uri",
        "route_set",
        "routes",
        "rseq",
    )

    def __init__(
        self, *, call_id: str, local: str, remote: str, remote_tag: str, local_cseq: int, remote_target: str, flow: Flow
    ) -> None:
        """flow: the INVITE's own. set_path must follow."""
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.remote_tag = remote_tag
        self.local_cseq = local_cseq
        self.remote_cseq: int | None = None
        self.remote_target = remote_target
        self.route_set: tuple[str, ...] = ()
        self.flow = flow
        self.next_flow = flow
        self.pinned = False  # every request takes the INVITE's way, whatever the peer says of itself
        self.path_known = False
        self.request_uri = remote_target
        self.routes = ""
        self.ack = b""  # of the latest 2xx to an INVITE of ours, for its copies
        self.ack_cseq = -1
        self.rseq = 0  # of the last reliable 1xx taken, 0 = none yet
        self.early_body = b""  # SDP of the latest 1xx, the answer when the 2xx has none

    def set_path(self, remote_target: str, route_set: Sequence[str], listeners: Listeners) -> None:
        """route_set: name-addrs, first hop first. Cheap when nothing has changed."""
        routes = tuple(route_set)
        if self.path_known and remote_target == self.remote_target and routes == self.route_set:
            return
        self.path_known = True
        self.remote_target = remote_target
        self.route_set = routes
        first = remote_target
        self.request_uri = remote_target
        if routes:
            first = NameAddr.parse(routes[0]).uri
            if not SipUri.parse(first).lr:
                # A strict router wants itself as the Request-URI and the target last (section 12.2.1.1).
                self.request_uri = first
                routes = (*routes[1:], f"<{remote_target}>")
        self.routes = route_lines(routes)
        self.next_flow = self.flow if self.pinned else next_flow(self.flow, first, listeners)

    def refresh_target(self, message: Message, listeners: Listeners) -> bool:
        """A re-INVITE, UPDATE or its 2xx may move the peer (section 12.2); True = it did. A broken Contact moves
        nobody."""
        try:
            target = contact_uri(message)
        except MalformedMessage:
            return False
        if target is None or target == self.remote_target:
            return False
        self.set_path(target, self.route_set, listeners)
        return True

    def follow(self, flow: Flow) -> None:
        """The peer has connected anew, by WebSocket: the connection of before is gone, and there is no other way."""
        if self.flow.is_websocket:
            self.flow = self.next_flow = flow

    def request(
        self,
        ids: IdSource,
        method: str,
        *,
        extra: str = "",
        content_type: str | None = None,
        body: bytes = b"",
        cseq: int | None = None,
    ) -> OutgoingRequest:
        """A request within the dialog. cseq: None = the next one."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        return OutgoingRequest(
            method=method,
            uri=self.request_uri,
            flow=self.next_flow,
            branch=new_branch(ids.token()),
            routes=self.routes,
            from_=self.local,
            to=self.remote,
            call_id=self.call_id,
            cseq=cseq,
            extra=extra,
            content_type=content_type,
            body=body,
        )


def contact_uri(message: Message) -> str | None:
    """The URI of the first Contact, None when there is none. Raises MalformedMessage."""
    text = message.headers.get("Contact")
    if text is None:
        return None
    if "," in text:
        text = message.headers.values("Contact")[0]
    return NameAddr.parse(text).uri


def record_routes(message: Message) -> list[str]:
    """Record-Route entries as sent, top first."""
    return message.headers.values("Record-Route") if "Record-Route" in message.headers else []


def next_flow(flow: Flow, uri: str, listeners: Listeners) -> Flow:
    """Where a request with that next hop goes: to the address that the URI names, else along the known flow.

    A host name stays on the flow, because names are resolved outside; so does the peer of a connection on the same
    host, because its connection is open (RFC 3261 section 18.2.2) and a NAT may hide any other, and one that came by
    WebSocket, to which nobody else can connect. An encrypted flow is never left for one that is not: that would show
    the keys of the media.
    """
    if flow.is_websocket:
        return flow
    try:
        target = SipUri.parse(uri)
    except MalformedMessage:
        return flow
    try:
        host = str(ipaddress.ip_address((target.params.get("maddr") or target.host).strip("[]")))
    except ValueError:
        return flow
    transport = "tls" if target.scheme == "sips" else target.transport or flow.transport
    if not is_transport(transport) or (flow.secure and transport != flow.transport):
        return flow
    if transport == flow.transport and flow.reliable and host == flow.remote[0]:
        return flow
    remote = (host, target.port or default_port(transport))
    if transport == flow.transport:
        return flow if remote == flow.remote else Flow(transport, flow.local, remote, flow.name)
    if transport in ("ws", "wss"):
        return flow
    return flow_by(transport, flow, remote, listeners) or flow
