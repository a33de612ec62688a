"""A media worker: `python -m ringout.media.worker FD`, started by the server only. FD: its end of the socket pair."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys

from ringout.media.loop import Loop

_PRIORITY = -10  # packets before requests when both want the same core


def main(arguments: list[str]) -> None:
    """Serves until the server's end closes, which also happens when the server is killed."""
    # A terminal's Ctrl-C and a service stop reach the whole group; the calls drain first, and the server says when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    except OSError:
        pass  # needs a privilege that not every service has; then all processes share alike
    control = socket.socket(fileno=int(arguments[0]))
    Loop(control).run()


if __name__ == "__main__":
    main(sys.argv[1:])
