"""Many phones behind one port that live through a crash of the server: each INVITE meets one of four characters."""

from __future__ import annotations

import random
import socket
import threading
import time
from dataclasses import dataclass

from .rtp_phone import RtpPhone
from .shared import Outlet
from .sipp import WireMessage
from .steps import REASONS, sdp

CHARACTERS = ("answers", "answers later", "rings", "busy")
_LATER_SECONDS = {"answers later": 0.15, "rings": 6.0}  # until somebody picks it up, if it still rings then
_T1 = 0.5


@dataclass
class CrowdCall:
    """One phone's call. state: ringing, up, or ended."""

    invite: WireMessage
    character: str
    state: str = "ringing"
    last: str = ""  # the final response to the INVITE, while its ACK has not come
    due: float = 0.0  # when to answer, or to send `last` again
    wait: float = _T1
    acknowledged: float = float("inf")  # monotonic
    history: str = ""


class CrowdPhone:
    """Answers by itself what comes; sends its final responses again until they are acknowledged, as phones do."""

    def __init__(self, name: str, outlet: Outlet, seed: int) -> None:
        self.name, self.number = name, outlet.number
        self.port = outlet.port
        self.calls: dict[str, CrowdCall] = {}
        self._random = random.Random(seed)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        outlet.release()
        self._socket.bind(("127.0.0.1", self.port))
        self._socket.settimeout(0.02)
        self._rtp = RtpPhone()
        self._body = sdp().replace("[$rtp_port]", str(self._rtp.port)).replace("\n", "\r\n")
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"crowd-{self.port}", daemon=True)
        self._thread.start()

    def still_there(self, crash: float = float("inf"), stored: bytes = b"") -> list[str]:
        """What the phones that ring or talk have seen. crash: its monotonic time; stored: the dialogs of all legs whose
        answer was on the disk then. Those that were acknowledged before it and are not among them are left out: the
        gap is known (docs/decisions/sip-after-a-crash.md)."""
        return [
            f"{call.character}: {call.history}"
            for call_id, call in list(self.calls.items())
            if call.state != "ended" and not (call.acknowledged <= crash and call_id.encode() not in stored)
        ]

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._socket.close()
        self._rtp.close()

    def report(self) -> str:
        return f"phone {self.name}: {len(self.calls)} calls; still there: {self.still_there()}"

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                data, source = self._socket.recvfrom(65536)
            except TimeoutError:
                pass
            else:
                self._take(WireMessage(False, data.decode().replace("\r", "")), source)
            self._pass_time()

    def _take(self, message: WireMessage, source: tuple[str, int]) -> None:
        call_id, name = message.header("Call-ID"), message.name
        call = self.calls.get(call_id)
        if name == "INVITE" and call is None:
            self._begin(call_id, message, source)
            return
        if name.endswith("OPTIONS") or call is None:
            code = 200 if name == "OPTIONS" else 481
            if name not in ("ACK",) and not name[0].isdigit():
                self._send(_response(message, code, ""), source)
            return
        call.history += f" >{name}"
        if name == "ACK":
            call.last = ""
            call.acknowledged = min(call.acknowledged, time.monotonic())
        elif name == "CANCEL":
            self._send(_response(message, 200, ""), source)
            if call.state == "ringing":
                self._final(call, 487)
        elif name == "BYE":
            self._send(_response(message, 200, ""), source)
            call.state, call.last = "ended", ""

    def _begin(self, call_id: str, invite: WireMessage, source: tuple[str, int]) -> None:
        call = CrowdCall(invite, self._random.choice(CHARACTERS))
        self.calls[call_id] = call
        self._send(_response(invite, 180, ""), source)
        if call.character == "answers":
            self._final(call, 200)
        elif call.character == "busy":
            self._final(call, 486)
        else:
            call.due = time.monotonic() + _LATER_SECONDS[call.character]

    def _final(self, call: CrowdCall, code: int) -> None:
        call.state = "up" if code == 200 else "ended"
        call.last = _response(call.invite, code, self._body if code == 200 else "")
        call.due = 0.0
        call.wait = _T1
        call.history += f" <{code}"

    def _pass_time(self) -> None:
        now = time.monotonic()
        for call in self.calls.values():
            if call.state == "ringing" and now >= call.due:
                self._final(call, 200)
            if call.last and now >= call.due:
                self._send(call.last, _server(call.invite))
                call.due, call.wait = now + call.wait, min(call.wait * 2, 4.0)

    def _send(self, text: str, to: tuple[str, int]) -> None:
        try:
            self._socket.sendto(text.encode(), to)
        except ConnectionRefusedError:
            pass  # an earlier datagram met no server


def _server(invite: WireMessage) -> tuple[str, int]:
    """Where responses go: the Via's address (RFC 3261 section 18.2.2)."""
    host, _, port = invite.header("Via").split()[1].partition(";")[0].partition(":")
    return host, int(port)


def _response(request: WireMessage, code: int, body: str) -> str:
    to = request.header("To")
    if "tag=" not in to:
        to += ";tag=crowd"
    lines = [
        f"SIP/2.0 {code} {REASONS[code]}",
        *(f"Via: {via}" for via in request.headers("Via")),
        f"From: {request.header('From')}",
        f"To: {to}",
        f"Call-ID: {request.header('Call-ID')}",
        f"CSeq: {request.header('CSeq')}",
        f"Contact: <{request.start_line.split()[1]}>",  # the dialog's requests come to the same port
        *(["Content-Type: application/sdp"] if body else []),
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", body])
