"""A gateway whose network goes away in the middle of a call, in a network namespace of its own: no byte comes back, no
refusal, no end of the connection."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, subprocess

from fakes.sip_node import answers, node
from ringout.net.connection import ConnectionSettings
from ringout.net.sip_driver import SipDriverSettings
from ringout.sip.events import Answered

async def main():
    settings = SipDriverSettings(ConnectionSettings(keep_alive_seconds=0.5, pong_seconds=600.0))
    async with (
        node("a", "tcp:127.0.0.1:0", settings=settings) as a,
        node("b", "tcp:127.0.0.1:0", on_event=answers) as b,
    ):
        a.call("tcp", b.driver.listeners[0][2])
        await a.wait_for(Answered)
        subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
        async with asyncio.timeout(80):
            while len(a.driver._connections):
                await asyncio.sleep(0.05)
        print(a.agent.counters["transport_failed"])

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
asyncio.run(main())
"""


def namespaces_work() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not namespaces_work(), reason="network namespaces cannot be made here")
def test_it_is_noticed_by_the_bytes_that_are_not_acknowledged() -> None:
    """Without waiting for a pong, and within 80 seconds, where the system alone would take a quarter of an hour."""
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1"]
