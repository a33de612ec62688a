"""A client of Asterisk's manager interface that originates calls."""

from __future__ import annotations

import asyncio
import time

from bench.numbers import callee_number, caller_number
from bench.open_loop import Placed


class AmiClient(asyncio.Protocol):
    """Rings A; when A answers, the dialplan dials B. Events are off: the cheapest way that Asterisk offers."""

    def __init__(self) -> None:
        self.placed = Placed()
        self._buffer = b""
        self._sent: dict[int, float] = {}
        self.logged_in = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"Action: Login\r\nActionID: login\r\nUsername: bench\r\nSecret: bench\r\nEvents: off\r\n\r\n")

    def send(self, index: int) -> None:
        self._sent[index] = time.time()
        self._transport.write(
            (
                f"Action: Originate\r\nActionID: {index}\r\nChannel: PJSIP/{caller_number(index)}@caller\r\n"
                f"Context: ringout\r\nExten: {callee_number(index)}\r\nPriority: 1\r\n"
                f"CallerID: <{caller_number(index)}>\r\nTimeout: 30000\r\nAsync: true\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        *blocks, self._buffer = (self._buffer + data).split(b"\r\n\r\n")
        for block in blocks:
            lines = block.split(b"\r\n")
            fields = dict(line.split(b": ", 1) for line in lines if b": " in line)
            action = fields.get(b"ActionID", b"")
            success = fields.get(b"Response") == b"Success"
            if action == b"login":
                self.logged_in.set_result(success)
            elif action.isdigit():
                sent = self._sent.pop(int(action), None)
                if sent is not None:
                    self.placed.note(int(action), sent, success, block)

    def close(self) -> None:
        self._transport.close()
