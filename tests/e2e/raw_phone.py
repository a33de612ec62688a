"""A phone whose every message the test writes: for what SIPp cannot do (drop, SHA-256, two tags at one instant)."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from collections.abc import Sequence

from .rtp_phone import RtpPhone
from .shared import Outlet
from .sipp import WireMessage, rtp_address, talk
from .steps import REASONS, sdp
from .waiting import eventually


class RawPhone:
    """A bound UDP socket, a thread that notes what comes, and verbs to answer. Answers nothing by itself."""

    def __init__(self, name: str, outlet: Outlet) -> None:
        self.name, self.number = name, outlet.number
        self.port, self.gateway = outlet.port, outlet.gateway
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        outlet.release()
        self._socket.bind(("127.0.0.1", self.port))
        self.rtp = RtpPhone()
        self.messages: list[WireMessage] = []
        self.server: tuple[str, int] | None = None
        self._taken: set[int] = set()
        threading.Thread(target=self._run, name=f"raw-{self.port}", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                data, source = self._socket.recvfrom(65536)
            except OSError:
                return
            if not data:
                return
            self.server = source
            self.messages.append(WireMessage(False, data.decode(errors="replace").replace("\r", "")))

    def expect(self, name: str, seconds: float = 20.0) -> WireMessage:
        """The next message of that name (`INVITE`, `200 OPTIONS`) that no `expect` has taken yet."""

        def found() -> WireMessage | None:
            for index, message in enumerate(list(self.messages)):
                if not message.sent and message.name == name and index not in self._taken:
                    self._taken.add(index)
                    return message
            return None

        return eventually(found, f"{name} at phone {self.name}; so far {self.talk()}", seconds)

    def received(self, name: str) -> list[WireMessage]:
        return [message for message in list(self.messages) if not message.sent and message.name == name]

    def talk(self) -> list[str]:
        return talk(list(self.messages))

    def reply(
        self,
        request: WireMessage,
        code: int,
        *,
        tag: str = "raw-tag",
        body: str = "",
        headers: Sequence[str] = (),
        contact: bool = True,
    ) -> None:
        """A response made from the request's own headers. body: as steps.sdp() gives it."""
        to = request.header("To")
        if code > 100 and "tag=" not in to:
            to += f";tag={tag}"
        lines = [
            f"SIP/2.0 {code} {REASONS[code]}",
            *(f"Via: {via}" for via in request.headers("Via")),
            f"From: {request.header('From')}",
            f"To: {to}",
            f"Call-ID: {request.header('Call-ID')}",
            f"CSeq: {request.header('CSeq')}",
            *(f"Record-Route: {route}" for route in request.headers("Record-Route")),
            *([f"Contact: <sip:raw@127.0.0.1:{self.port}>"] if contact else []),
            *headers,
        ]
        self.send(lines, body)

    def ask(
        self, invite: WireMessage, method: str, cseq: int, *, tag: str = "raw-tag", body: str = "",
        headers: Sequence[str] = (), branch: str | None = None,
    ) -> None:  # fmt: skip
        """A request of our own within the dialog that `invite` began."""
        target = re.search(r"<([^>]*)>", invite.header("Contact"))
        assert target is not None
        lines = [
            f"{method} {target[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK-{branch or f'{method}-{cseq}'}-{self.port}",
            f"From: {invite.header('To')};tag={tag}",
            f"To: {invite.header('From')}",
            f"Call-ID: {invite.header('Call-ID')}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:raw@127.0.0.1:{self.port}>",
            "Max-Forwards: 70",
            *(f"Route: {route}" for route in invite.headers("Record-Route")),
            *headers,
        ]
        self.send(lines, body)

    def send(self, lines: Sequence[str], body: str = "") -> None:
        """Head lines and a body; Content-Type for SDP and Content-Length are added."""
        payload = body.replace("[$rtp_port]", str(self.rtp.port)).replace("\n", "\r\n").encode()
        head = [*lines, *(["Content-Type: application/sdp"] if payload else []), f"Content-Length: {len(payload)}"]
        self.send_bytes("\r\n".join([*head, "", ""]).encode() + payload)

    def send_bytes(self, data: bytes) -> None:
        assert self.server is not None, "nothing has come yet, so nobody to answer"
        self.messages.append(WireMessage(True, data.decode(errors="replace").replace("\r", "")))
        self._socket.sendto(data, self.server)

    def hum(self, hz: float) -> None:
        """A tone to where the INVITE's SDP wants it, from now on."""
        self.rtp.remote = rtp_address(eventually(lambda: self.received("INVITE"), "an INVITE")[0].body)
        self.rtp.hum(hz)

    # --- what most tests need ------------------------------------------------------------------------------------

    def ring(self) -> WireMessage:
        """Takes the INVITE and rings."""
        invite = self.expect("INVITE")
        self.reply(invite, 180)
        return invite

    def answer(self, invite: WireMessage, tag: str = "raw-tag") -> WireMessage:
        """Answers and takes the ACK."""
        self.reply(invite, 200, body=sdp(), tag=tag)
        return self.expect("ACK")

    def take_bye(self) -> WireMessage:
        bye = self.expect("BYE")
        self.reply(bye, 200)
        return bye

    def close(self) -> None:
        self.rtp.close()
        # An empty datagram to itself wakes the thread, which then ends.
        self._socket.sendto(b"", ("127.0.0.1", self.port))
        self._socket.close()

    def report(self) -> str:
        return f"phone {self.name} {self.number}: {' '.join(self.talk()) or 'no message'}"


def digest_parts(value: str) -> dict[str, str]:
    """The parameters of an Authorization header."""
    return {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', value)}


def digest_response(value: str, method: str, password: str) -> str:
    """What `response` must be for that Authorization header (RFC 7616 section 3.4.1), counted without the product."""
    part = digest_parts(value)
    algorithm = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[part.get("algorithm", "MD5")]

    def digest(text: str) -> str:
        return algorithm(text.encode()).hexdigest()

    first = digest(f"{part['username']}:{part['realm']}:{password}")
    second = digest(f"{method}:{part['uri']}")
    if "qop" not in part:
        return digest(f"{first}:{part['nonce']}:{second}")
    return digest(f"{first}:{part['nonce']}:{part['nc']}:{part['cnonce']}:{part['qop']}:{second}")
