"""The process of the simulated phones: `python -m ringout.sandbox.phone_process HOST`.

Standard output: one JSON line {"listeners": [port, port, port]} when the phones are ready, then one for each answered
call that ends. Standard input carries nothing; its end is the parent's end, and the process leaves at once. The three
listeners are three "carriers", so that the failures of one never make the server avoid the phones of another.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

import msgspec

from ringout import logs
from ringout.net.tasks import Tasks
from ringout.sandbox.phones import Phones

CARRIERS = ("carrier", "carrier-down", "carrier-silent")


def _write(message: dict[str, Any]) -> None:
    try:
        sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        pass  # the parent is gone; the end of standard input ends us


async def serve(host: str) -> None:
    """Runs the phones until standard input ends."""
    loop = asyncio.get_running_loop()
    parent_gone = asyncio.Event()
    tasks = Tasks()
    phones = Phones(loop, tasks, _write)
    await phones.driver.start([f"udp:{host}:0" for _ in CARRIERS])
    loop.add_reader(sys.stdin.fileno(), lambda: _note_end(parent_gone))
    _write({"listeners": [port for _, _, port in phones.driver.listeners]})
    await parent_gone.wait()
    loop.remove_reader(sys.stdin.fileno())
    await phones.driver.close()
    await tasks.stop()


def _note_end(parent_gone: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        parent_gone.set()


def main() -> None:
    # A Ctrl-C in the terminal reaches the whole group; the phones stay until the server has hung up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logs.configure("warning", node="phones")
    asyncio.run(serve(sys.argv[1]))


if __name__ == "__main__":
    main()
