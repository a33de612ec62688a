"""A NAT for one phone on loopback: what the phone sends leaves from another address, and what comes there gets back."""

from __future__ import annotations

import socket
import threading


class Nat:
    """The phone speaks to `inside` (host:port) as if it were the server. The server sees 127.0.0.3 and a port of ours.

    sent: first words of all that the server has sent to the phone by this way, oldest first."""

    def __init__(self, server_port: int) -> None:
        self._server = ("127.0.0.1", server_port)
        self._phone: tuple[str, int] | None = None
        self._near, self._far = _bound("127.0.0.2"), _bound("127.0.0.3")
        self.inside = f"127.0.0.2:{self._near.getsockname()[1]}"
        self.sent: list[str] = []
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._out, self._in)]
        for thread in self._threads:
            thread.start()

    def _out(self) -> None:
        while (data := _next(self._near)) is not None:
            self._phone = data[1]
            self._far.sendto(data[0], self._server)

    def _in(self) -> None:
        while (data := _next(self._far)) is not None:
            self.sent.append(data[0].split(b" ", 1)[0].decode("latin-1"))
            if self._phone is not None:
                self._near.sendto(data[0], self._phone)

    def close(self) -> None:
        for line in (self._near, self._far):
            line.sendto(b"", line.getsockname())  # wakes its thread
        for thread in self._threads:
            thread.join(5)
        self._near.close()
        self._far.close()


def _bound(host: str) -> socket.socket:
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind((host, 0))
    return line


def _next(line: socket.socket) -> tuple[bytes, tuple[str, int]] | None:
    """None = the end."""
    data, source = line.recvfrom(65536)
    return None if source == line.getsockname() else (data, source)
