"""A node with a real user agent and no socket: what it sends to its gateways is read, and answered, by the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakes.engine_media import MediaRoom
from fakes.engine_world import Store, World
from ringout.config import Config, TrunkConfig
from ringout.engine.node import Node
from ringout.sip.flow import Flow, NoFlow
from ringout.sip.message import Request, Response
from ringout.sip.parser import parse
from ringout.sip.user_agent import UserAgent

US = ("192.0.2.1", 5060)


class TrunkLab:
    """Driver, carriers and time in one. sent: (request, flow) of every first copy, oldest first."""

    def __init__(self, *trunks: TrunkConfig, locator: Any = None) -> None:
        self.world = World()
        self.sent: list[tuple[Request, Flow]] = []
        self.unreachable: set[str] = set()
        self._seen: set[str | None] = set()
        world: Any = self.world
        room: Any = MediaRoom()
        self.user_agent = UserAgent(world)
        driver: Any = self
        self.node = Node(
            Config(trunks=trunks),
            world,
            world,
            Store(),
            room,
            self.user_agent,
            driver,
            call_later=world.call_later,
            locator=locator,
        )

    # The driver.

    def flow_to(self, transport: Any, host: str, port: int, name: str = "") -> Flow:
        if host in self.unreachable or transport not in ("udp", "tcp", "tls"):
            raise NoFlow(host)
        return Flow(transport, US, (host, port), name)

    def flush(self) -> None:
        for _ in range(100):
            for data, flow in self.user_agent.datagrams_to_send():
                message = parse(data)
                if isinstance(message, Request) and message.headers.get("Via") not in self._seen:
                    self._seen.add(message.headers.get("Via"))
                    self.sent.append((message, flow))
            for event in self.user_agent.events():
                self.node.on_sip_event(event)
            if not self.user_agent.has_output:
                return
        raise AssertionError("no end of events")

    # Time.

    def pass_seconds(self, seconds: float) -> None:
        """Timers of the node and of the user agent, each at its own time."""
        world, until = self.world, self.world.now + seconds
        while True:
            due = [alarm.at for alarm in world.running if alarm.at <= until]
            deadline = self.user_agent.next_deadline()
            due += [deadline] if deadline is not None and deadline <= until else []
            if not due:
                break
            world.pass_seconds(max(min(due) - world.now, 0.0))
            self.user_agent.pass_time(world.now)
            self.flush()
        world.pass_seconds(until - world.now)
        self.flush()

    def wait_for_request(self, most: float = 2000.0) -> float:
        """Lets time pass until something is sent; how long that took."""
        began = self.world.now
        self.sent.clear()
        while not self.sent:
            assert self.world.now - began <= most, "nothing is asked"
            self.pass_seconds(0.5)
        return self.world.now - began

    # The carriers.

    def asked(self, method: str) -> list[str]:
        """Hosts that got that request since the last question."""
        hosts = [flow.remote[0] for request, flow in self.sent if request.method == method]
        self.sent = [(request, flow) for request, flow in self.sent if request.method != method]
        return hosts

    def answer(self, host: str, code: int, *lines: str, method: str | None = None) -> Request:
        """The oldest request to that host that was not answered."""
        position = next(
            index
            for index, (request, flow) in enumerate(self.sent)
            if flow.remote[0] == host and method in (None, request.method)
        )
        request, flow = self.sent.pop(position)
        self.user_agent.receive_datagram(response(request, code, lines).encode(), flow, self.world.now)
        self.flush()
        return request


def response(request: Request, code: int, lines: Sequence[str] = ()) -> Response:
    answer = Response(code, "Whatever", type(request.headers)())
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        for value in request.headers.all(name):
            tagged = f"{value};tag=them" if name == "To" and "tag=" not in value else value
            answer.headers.add(name, tagged)
    for line in lines:
        name, _, value = line.partition(": ")
        answer.headers.add(name, value)
    return answer
