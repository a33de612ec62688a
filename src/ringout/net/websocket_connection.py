"""One connection of SIP over WebSocket, the server's side (RFC 7118): one message of it is one message of SIP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from ringout.net.connection import PING, PONG, Connection, Owner, log
from ringout.sip.flow import Flow

_SUBPROTOCOL: Final = Subprotocol("sip")  # RFC 7118 section 4.1: a client that does not offer it is refused
_BLANKS: Final = b"\r\n\0 "
_MOST_TOLD: Final = 20  # strangers make origins up
_told: Final[set[str]] = set()  # origins that the log has of this process
_silent = logging.getLogger(f"{__name__}.protocol")
_silent.disabled = True  # it would write the messages, credentials included, at level debug


class WebSocketConnection(Connection):
    """A browser or another client that connects to us. We never connect by WebSocket ourselves."""

    def __init__(self, owner: Owner, flow: Callable[[asyncio.Transport], Flow]) -> None:
        super().__init__(owner, flow)
        settings = owner.settings
        self._protocol = ServerProtocol(
            # Only pages of browsers have an origin; what is no browser has none.
            origins=[None, *map(Origin, settings.origins)] if settings.origins else None,
            subprotocols=[_SUBPROTOCOL],
            max_size=settings.max_message_bytes,
            logger=_silent,
        )
        self._parts = bytearray()  # of a message that comes in fragments

    def _read(self, data: bytes, flow: Flow) -> None:
        protocol = self._protocol
        protocol.receive_data(data)
        messages: list[bytes] = []
        for event in protocol.events_received():
            if isinstance(event, Request):
                response = protocol.accept(event)
                if response.status_code == 403:
                    _tell_of(event.headers.get("Origin", ""))
                protocol.send_response(response)
            elif isinstance(event, Frame):
                self._read_frame(event, messages)
        self._pass_on()
        if messages:
            self._deliver(messages, flow)
        if protocol.parser_exc is not None:
            self._owner.malformed(self)

    def _read_frame(self, frame: Frame, messages: list[bytes]) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        self._parts += frame.data
        if not frame.fin:
            return
        message = bytes(self._parts)
        self._parts.clear()
        if message.strip(_BLANKS):
            messages.append(message)
        elif message == PING:  # RFC 5626 section 4.4.1, which clients that cannot send a ping of WebSocket use
            self._send(PONG)

    def send(self, data: bytes) -> None:
        self.used_at = asyncio.get_running_loop().time()
        self._send(data)
        self._pass_on()

    def _send(self, data: bytes) -> None:
        """As text when it is UTF-8, else as it is: browsers cut a connection that sends broken text (RFC 7118 5)."""
        if self._protocol.state is not State.OPEN:
            return
        if _is_utf8(data):
            self._protocol.send_text(data)
        else:
            self._protocol.send_binary(data)

    def _pass_on(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._write(data)
            else:  # the end, after everything that is written
                self.close_transport()

    def eof_received(self) -> None:
        """The peer has closed without the closing handshake; the transport closes itself."""

    def close(self) -> None:
        """With the closing handshake, whose second half nobody waits for."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1001)
            self._pass_on()
        self.close_transport()

    def close_transport(self) -> None:
        super().close()

    def _ask(self) -> bool:
        if self._protocol.state is not State.OPEN:
            return False
        self._protocol.send_ping(b"")
        self._pass_on()
        return True

    @property
    def _must_answer(self) -> bool:
        return True  # RFC 6455 section 5.5.2


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _tell_of(origin: str) -> None:
    """Once of each page, as whoever looks for the reason has nothing else to look at: browsers do not say it."""
    if origin not in _told and len(_told) < _MOST_TOLD:
        _told.add(origin)
        log.warning("a web page may not connect: its origin %.200r is not in [sip] websocket_origins", origin)
