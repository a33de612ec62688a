"""Free ports of loopback."""

from __future__ import annotations

import socket
import subprocess
import time


def free_port(transport: str) -> int:
    """A port nobody has at the moment. transport: "tcp" or "udp"."""
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for_tcp(host: str, port: int, seconds: float, server: subprocess.Popen[bytes]) -> None:
    """Returns once a connection succeeds. Raises TimeoutError, or ChildProcessError when that server has ended."""
    give_up = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((host, port), 1).close()
            return
        except OSError:
            if server.poll() is not None:
                raise ChildProcessError(f"the server ended with status {server.returncode}") from None
            if time.monotonic() > give_up:
                raise TimeoutError(f"nobody listens on {host}:{port} after {seconds:g} s") from None
            time.sleep(0.05)
