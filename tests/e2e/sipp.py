"""One SIPp process as a phone: starts it, follows its message log, reads its verdict."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fakes.ports import free_port

from .rtp_phone import RtpPhone
from .shared import Outlet
from .steps import scenario
from .waiting import eventually, is_listening


@dataclass(frozen=True)
class WireMessage:
    """One SIP message as it passed the phone's socket."""

    sent: bool  # by the phone
    text: str  # lines end in \n

    @property
    def start_line(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def name(self) -> str:
        """The method of a request, "CODE METHOD" of a response: `INVITE`, `200 INVITE`."""
        first, second = self.start_line.split(" ")[:2]
        if first == "SIP/2.0":
            return f"{second} {self.header('CSeq').split()[-1]}"
        return first

    def header(self, name: str) -> str:
        """The first value; "" when the header is absent."""
        return (self.headers(name) or [""])[0]

    def headers(self, name: str) -> list[str]:
        head = self.text.partition("\n\n")[0]
        return re.findall(rf"(?im)^{re.escape(name)}[ \t]*:[ \t]*(.*?)[ \t]*$", head)

    @property
    def body(self) -> str:
        return self.text.partition("\n\n")[2]


def rtp_address(body: str) -> tuple[str, int]:
    """Where an SDP wants its audio."""
    found = re.search(r"c=IN IP4 (\S+)[\s\S]*?m=audio (\d+)", body)
    assert found, body
    return found[1], int(found[2])


def talk(messages: Sequence[WireMessage]) -> list[str]:
    """What was said, without retransmissions and 100s: `> INVITE` came to the phone, `< 200 INVITE` went out."""
    said = dict.fromkeys((message.sent, message.name, message.text) for message in messages)
    return [f"{'<' if sent else '>'} {name}" for sent, name, _ in said if name != "100 INVITE"]


_ENTRY = re.compile(r"^-{20,} .*$", re.M)


def read_message_log(text: str) -> list[WireMessage]:
    """SIPp's -trace_msg file -> messages, oldest first."""
    messages = []
    for entry in _ENTRY.split(text)[1:]:
        title, _, rest = entry.strip("\n").partition("\n\n")
        if "message" in title and rest:
            messages.append(WireMessage("sent" in title, rest.replace("\r", "") + "\n"))
    return messages


class SippPhone:
    """A phone on its own port that does its steps once. `finish` waits for its end and demands success."""

    def __init__(self, name: str, outlet: Outlet, directory: Path) -> None:
        self.name, self.number, self.transport = name, outlet.number, outlet.transport
        self.port, self.gateway = outlet.port, outlet.gateway
        self.rtp = RtpPhone()
        self._outlet = outlet
        self._directory = directory / f"sipp-{name}"
        self._directory.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None

    def does(self, *steps: str | Sequence[str]) -> SippPhone:
        """Starts SIPp on these steps; returns when its socket is bound."""
        flat = [one for step in steps for one in ([step] if isinstance(step, str) else step)]
        (self._directory / "scenario.xml").write_text(scenario(self.name, flat, self.rtp.port))
        command = [
            "sipp", "-sf", "scenario.xml", "-i", "127.0.0.1", "-bind_local", "-p", str(self.port), "-m", "1",
            "-cp", str(free_port()), "-mp", str(free_port(4)), "-t", "t1" if self.transport == "tcp" else "u1",
            "-nostdin", "-timeout", "110", "-timeout_error", "-trace_msg", "-message_file", "messages.log",
            "-trace_err", "-error_file", "errors.log", "-default_behaviors", "all,-bye", "-skip_rlimit",
        ]  # fmt: skip
        self._outlet.release()
        with (self._directory / "screen.log").open("wb") as screen:
            self._process = subprocess.Popen(
                command, cwd=self._directory, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen
            )
        process = self._process
        eventually(
            lambda: is_listening(self.transport, self.port, process.pid) or process.poll() is not None,
            f"SIPp phone {self.name} on port {self.port}",
        )
        assert process.poll() is None, self.report()
        return self

    def unplugged(self) -> SippPhone:
        """Nobody is at that port."""
        self._outlet.release()
        return self

    @property
    def messages(self) -> list[WireMessage]:
        log = self._directory / "messages.log"
        return read_message_log(log.read_text(errors="replace")) if log.exists() else []

    def received(self, name: str) -> list[WireMessage]:
        """All messages of that name that reached the phone, retransmissions included."""
        return [message for message in self.messages if not message.sent and message.name == name]

    def sent(self, name: str) -> list[WireMessage]:
        return [message for message in self.messages if message.sent and message.name == name]

    def talk(self) -> list[str]:
        return talk(self.messages)

    def await_received(self, name: str, seconds: float = 20.0) -> WireMessage:
        found = eventually(lambda: self.received(name), f"{name} at phone {self.name}", seconds)
        return found[0]

    def await_sent(self, name: str, seconds: float = 20.0) -> WireMessage:
        found = eventually(lambda: self.sent(name), f"{name} from phone {self.name}", seconds)
        return found[0]

    def hum(self, hz: float) -> None:
        """A tone to where the INVITE's SDP wants it, from now on."""
        self.rtp.remote = rtp_address(self.await_received("INVITE").body)
        self.rtp.hum(hz)

    @property
    def never_rang(self) -> bool:
        return not self.received("INVITE")

    def finish(self, seconds: float = 30.0) -> None:
        """The phone has done all its steps, and nothing came that it did not expect."""
        assert self._process is not None
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"phone {self.name} still waits\n{self.report()}") from None
        assert code == 0, f"phone {self.name} failed with {code}\n{self.report()}"

    def close(self) -> None:
        self.rtp.close()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def report(self) -> str:
        """The talk and SIPp's complaint, for a failure's text."""
        complaint = "".join(
            (self._directory / name).read_text(errors="replace")[-1500:]
            for name in ("errors.log", *(() if self.messages else ("screen.log",)))
            if (self._directory / name).exists()
        )
        return f"phone {self.name} {self.number}: {' '.join(self.talk()) or 'no message'}\n{complaint}"
