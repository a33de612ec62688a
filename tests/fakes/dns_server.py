"""A DNS server on loopback that knows what the test says, and remembers what it was asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from types import TracebackType

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class DnsServer:
    """Answers over UDP from a thread of its own. ttl: seconds, of every record.

    Records are zone-file text: put("_sip._udp.carrier.example", "SRV", "10 60 5060 gw1.carrier.example."). A name
    without any record does not exist; one with records of other kinds has none of that kind."""

    def __init__(self, ttl: int = 60) -> None:
        self.ttl = ttl
        self.asked: list[tuple[str, str]] = []  # (name, kind) in order
        self.fault: dns.rcode.Rcode | None = None  # answers everything so
        self.damage: Callable[[bytes], bytes] = bytes  # of each answer
        self.silent: set[str] = set()  # kinds that get no answer; "*" = all
        self._records: dict[str, dict[str, list[str]]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="test DNS", daemon=True)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def address(self) -> str:
        """As the nameservers setting wants it."""
        return f"127.0.0.1:{self.port}"

    def put(self, name: str, kind: str, *texts: str) -> None:
        """Those records in the place of what is known of that name and kind; none = it goes."""
        records = dict(self._records.get(name, {}))
        records.pop(kind, None)
        if texts:
            records[kind] = list(texts)
        self._records = {**self._records, name: records}
        if not records:
            del self._records[name]

    def asked_for(self, kind: str) -> list[str]:
        return [name for name, asked in self.asked if asked == kind]

    def __enter__(self) -> DnsServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", ("127.0.0.1", self.port))  # wakes the thread, which nothing else does
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, peer = self._socket.recvfrom(4096)
            if not data:
                return
            answer = self._answer(dns.message.from_wire(data))
            if answer is not None:
                self._socket.sendto(self.damage(answer.to_wire()), peer)

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if {"*", kind} & self.silent:
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        known = self._records.get(name)
        if self.fault is not None:
            answer.set_rcode(self.fault)
        elif known is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            answer.answer = list(self._rrsets(question.name.to_text(), kind, known))
        return answer

    def _rrsets(self, name: str, kind: str, known: dict[str, list[str]]) -> Iterable[dns.rrset.RRset]:
        if kind in known:
            yield dns.rrset.from_text(name, self.ttl, "IN", kind, *known[kind])
        elif "CNAME" in known:
            yield dns.rrset.from_text(name, self.ttl, "IN", "CNAME", *known["CNAME"])
            target = known["CNAME"][0]
            yield from self._rrsets(target, kind, self._records.get(target.rstrip("."), {}))
