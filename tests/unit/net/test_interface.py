"""The network interface goes away and comes back while the server runs, in a network namespace of its own: nothing has
to be started again. On uvloop, which the server runs on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .test_vanished_peer import namespaces_work

PROGRAM = """
import asyncio, subprocess
import uvloop

from fakes.sip_node import answers, node
from ringout.sip.events import Answered, Failed
from ringout.sip.flow import NoFlow

def sh(*commands):
    for command in commands:
        subprocess.run(command.split(), check=True)

async def outcome(a, transport, port):
    a.events.clear()
    try:
        a.call(transport, port, host="10.9.0.1")
    except NoFlow:
        return "no way"
    ends = ()
    async with asyncio.timeout(10):
        while not ends:
            await asyncio.sleep(0.01)
            ends = [event for event in a.events if isinstance(event, (Answered, Failed))]
    return getattr(ends[0], "cause", "answered")

async def main():
    listen = [f"{transport}:10.9.0.1:0" for transport in ("udp", "tcp")]
    async with (
        node("wild", "udp:0.0.0.0:0", "tcp:0.0.0.0:0") as wild,
        node("bound", *listen) as bound,
        node("b", *listen, on_event=answers) as b,
    ):
        ports = {transport: port for transport, _, port in b.driver.listeners}

        async def all_outcomes():
            return [await outcome(one, *way) for one in (wild, bound) for way in ports.items()]

        print(*await all_outcomes())
        sh("ip link set lo down", "ip addr flush dev lo")
        for one in (wild, bound):
            for connection in list(one.driver._connections._open.values()):
                connection.abort()
        await asyncio.sleep(0)
        print(*{said for said in await all_outcomes()} - {"transport", "no way"}, "none")
        sh("ip addr add 10.9.0.1/24 dev lo", "ip link set lo up")
        print(*await all_outcomes())

sh("ip addr add 10.9.0.1/24 dev lo", "ip link set lo up")
uvloop.run(main())
"""


@pytest.mark.skipif(not namespaces_work(), reason="network namespaces cannot be made here")
def test_listeners_and_calls_outlive_it() -> None:
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    every = "answered answered answered answered"
    assert done.stdout.splitlines() == [every, "none", every], done.stderr
