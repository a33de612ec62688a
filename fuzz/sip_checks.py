"""What peers send as SIP."""

from __future__ import annotations

import random

import msgspec
from target import Target

from ringout.sip import digest, location, redirection, registration_answers
from ringout.sip.bindings import Binding, Intervals
from ringout.sip.errors import LocalProtocolError, MalformedMessage, MalformedStream
from ringout.sip.events import BindingsChanged
from ringout.sip.flow import Flow
from ringout.sip.framing import StreamFramer
from ringout.sip.gatekeeper import Gatekeeper, Secrets
from ringout.sip.message import Request, Response
from ringout.sip.parser import parse
from ringout.sip.reason import q850_cause
from ringout.sip.registrar import Registrar
from ringout.sip.session_interval import (
    chosen_interval,
    interval_lines,
    read_min_se,
    read_session_expires,
    refuse_interval,
)
from ringout.sip.uri import SipUri
from ringout.sip.user_agent import UserAgent

FLOW = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.9", 5070))
REALM = "ringout"
_SECRETS = Secrets(*(digest.hash_password(name, "desk", REALM, "secret") for name in ("SHA-256", "MD5")))
# Whatever else stands in an answer of ours was brought in by the peer.
_ANSWER_FIELDS = frozenset(
    ("Via", "From", "To", "Call-ID", "CSeq", "Contact", "Path", "Require", "Flow-Timer", "Supported", "Min-Expires",
     "Retry-After", "Unsupported", "WWW-Authenticate", "Content-Length", "Timestamp")
)  # fmt: skip
_INVITE_FIELDS = frozenset(
    ("Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "Route", "Allow", "Supported", "User-Agent",
     "Session-Expires", "Content-Type", "Content-Length", "Diversion", "History-Info", "Identity", "Date")
)  # fmt: skip


class Ids:
    """The source of everything that must be unpredictable, and is not here."""

    def __init__(self) -> None:
        self.count = 0

    def token(self) -> str:
        self.count += 1
        return f"t{self.count}"

    def number(self, bits: int) -> int:
        self.count += 1
        return self.count % 2**bits


class OpenDoor(Gatekeeper):
    """Every request is its user's."""

    def check(self, request: Request, username: str, flow: Flow, now: float) -> None:
        return None


def request_with(lines: bytes, method: bytes = b"REGISTER") -> bytes:
    return (
        method + b" sip:pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1\r\n"
        b"From: <sip:desk@pbx.example>;tag=1\r\nTo: <sip:desk@pbx.example>\r\nCall-ID: x\r\nCSeq: 1 "
        + method + b"\r\n" + lines + b"\r\nContent-Length: 0\r\n\r\n"
    )  # fmt: skip


def message_with(lines: bytes) -> Request | Response | None:
    try:
        return parse(request_with(lines, b"UPDATE"))
    except MalformedMessage:
        return None


def response_with(lines: bytes, code: bytes = b"302") -> Response | None:
    data = request_with(lines).replace(b"REGISTER sip:pbx.example SIP/2.0", b"SIP/2.0 " + code + b" Moved", 1)
    try:
        message = parse(data)
    except MalformedMessage:
        return None
    return message if isinstance(message, Response) else None


# --- SIP ------------------------------------------------------------------------------------------------------------


def check_register(lines: bytes) -> bool:
    """One answer at most, with no line that the peer has put into it; what is registered can be stored, shown and
    called, and is never more than allowed."""
    agent = UserAgent(Ids())
    registrar = Registrar(agent, OpenDoor(Ids(), REALM, lambda user: _SECRETS), Intervals(), 10)
    agent.receive_datagram(request_with(lines), FLOW, 100.0)
    for event in agent.events():
        if isinstance(event, BindingsChanged) and event.registration is not None:
            event.registration.confirm(100.0)
    sent = [parse(data) for data, _ in agent.datagrams_to_send()]
    assert len(sent) <= 1, lines
    for answer in sent:
        assert {name for name, _ in answer.headers.items()} <= _ANSWER_FIELDS, lines
    bindings = registrar.bindings("desk", 100.0)
    assert len(bindings) <= 10, lines
    assert msgspec.json.decode(msgspec.json.encode(bindings), type=list[Binding]) == bindings, lines
    for binding in bindings:
        check_invite(binding.uri, binding.path, (), lines)
    return bool(bindings)


def check_invite(uri: str, route: tuple[str, ...], headers: tuple[tuple[str, str], ...], lines: bytes) -> None:
    agent = UserAgent(Ids())
    try:
        agent.invite(
            flow=FLOW,
            uri=uri,
            from_="<sip:a@b>",
            to=f"<{uri.partition(';')[0]}>",
            route=route,
            headers=headers,
            now=1.0,
        )
    except LocalProtocolError:
        return
    for data, _ in agent.datagrams_to_send():
        sent = parse(data)
        assert {name for name, _ in sent.headers.items()} <= _INVITE_FIELDS, lines


def check_authorization(lines: bytes) -> bool:
    """Nobody is let in without the password, and nothing of a stranger is kept but a few small numbers."""
    agent = UserAgent(Ids())
    keeper = Gatekeeper(Ids(), REALM, lambda user: _SECRETS if user == "desk" else None)
    registrar = Registrar(agent, keeper, Intervals())
    agent.receive_datagram(request_with(b"Contact: <sip:desk@192.0.2.9>\r\n" + lines), FLOW, 100.0)
    sent = [parse(data) for data, _ in agent.datagrams_to_send()]
    assert not registrar.bindings("desk", 100.0), lines
    assert not agent.layer.servers, lines
    assert len(sent) <= 1, lines
    assert all(isinstance(answer, Response) and answer.status >= 400 for answer in sent), lines
    assert len(repr(keeper._silent)) + len(repr(keeper._failures)) + len(repr(keeper._counts)) < 500, lines
    return any(isinstance(answer, Response) and answer.status in (401, 403) for answer in sent)


def check_session_timer(lines: bytes) -> bool:
    """An interval is read within its limits or not at all, and the lines that we make of it are two at most."""
    message = message_with(lines)
    if not isinstance(message, Request):
        return False
    wanted = read_session_expires(message)
    least = read_min_se(message)
    assert 90 <= least <= 7 * 86400, lines
    refusal = refuse_interval(message, 90)
    assert refusal is None or refusal[0] == 422, lines
    if wanted is None:
        return False
    assert 0 <= wanted.seconds <= 7 * 86400, lines
    assert wanted.refresher in ("uac", "uas", None), lines
    assert 90 <= chosen_interval(message, wanted, 1800, 90) <= 7 * 86400, lines
    assert interval_lines(wanted.seconds, wanted.refresher, least).count("\r\n") <= 2, lines
    return True


def check_reason(lines: bytes) -> bool:
    """A cause is from 1 to 127."""
    message = message_with(lines)
    cause = q850_cause(message) if message is not None else None
    assert cause is None or 0 < cause < 128, lines
    return cause is not None


def check_redirection(lines: bytes) -> bool:
    """What a 302 says is shown on one line each, and what the next INVITE repeats of it stays in its place."""
    response = response_with(lines)
    found = redirection.read_redirection(response) if response is not None else None
    if found is None:
        return False
    assert all(len(text) <= 128 and text.isprintable() for pair in found.came_from for text in pair if text), lines
    assert found.attestation in ("A", "B", "C", None), lines
    assert msgspec.json.encode(found.came_from), lines
    both = found.after(found)
    headers = both.headers_for("sip:+14155550100@carrier.example")
    assert sum(len(value) for _, value in headers) < 40_000, lines
    check_invite("sip:+14155550100@carrier.example", (), headers, lines)
    return True


def check_registrar_s_answer(lines: bytes) -> bool:
    """A registrar cannot make us ask more often than each second, nor send calls by more than a few proxies."""
    response = response_with(lines, b"200")
    if response is None:
        return False
    ours = [SipUri.parse("sip:ringout@192.0.2.1")]
    assert 1.0 <= registration_answers.granted_seconds(response, ours, 3600) <= 7 * 86400, lines
    least = registration_answers.min_expires(response)
    assert least is None or 0 <= least <= 7 * 86400, lines
    route = registration_answers.service_route(response)
    assert len(route) <= 8, lines
    check_invite("sip:x@y", route, (), lines)
    return bool(route)


def check_stream(data: bytes) -> bool:
    """Messages come out alike whatever portions the bytes come in, or the connection is given up; no more is held than
    one message may have."""
    whole, portions = StreamFramer(4096), StreamFramer(4096)
    try:
        expected = whole.feed(data)
    except MalformedStream:
        expected = None
    found: list[bytes] = []
    try:
        for begin in range(0, len(data), 7):
            found += portions.feed(data[begin : begin + 7])
            assert len(portions._buffer) <= 4096 + 7, data
    except MalformedStream:
        assert expected is None, data
        return False
    assert found == expected, data
    return bool(found)


# --- where things are -------------------------------------------------------------------------------------------------


def check_location(text: bytes) -> bool:
    """A URI leads to questions or nowhere; records, whatever they hold, to a few places, each of them once."""
    dice = random.Random(text)
    try:
        want = location.wanted(SipUri.parse(text.decode("utf-8", "surrogateescape")))
    except MalformedMessage:
        return False
    if want is None:
        return False
    target = text.decode("latin-1")[:20]
    records = [_srv(dice, target) for _ in range(dice.randrange(40))]
    naptrs = [_naptr(dice, target) for _ in range(dice.randrange(8))]
    assert all(name == target for _, name in location.services(naptrs, secure=dice.random() < 0.5)), text
    addresses = [f"192.0.2.{one}" for one in range(dice.randrange(1, 9))]
    tiers = location.limited(
        [location.Choice(one.weight, tuple(want.place(ip, None, one.port) for ip in addresses)) for one in tier]
        for tier in location.tiers(records)
    )
    places = location.drawn(tiers, lambda bits: dice.randrange(2**bits))
    assert len(places) == len(set(places)) <= location.MOST_PLACES, text
    assert all(0 < place.port < 65536 for place in places), text
    return True


def _srv(dice: random.Random, target: str) -> location.Srv:
    weight, port = dice.choice((0, 0, 1, 65535)), dice.choice((0, 1, 5060, 65535))
    return location.Srv(dice.randrange(4), weight, port, dice.choice(("", target)))


def _naptr(dice: random.Random, target: str) -> location.Naptr:
    service = dice.choice(("SIP+D2U", "sips+d2t", target))
    return location.Naptr(dice.randrange(3), dice.randrange(3), dice.choice("sSuaA "), service, target)


_PASSPORT = b"eyJhbGciOiJFUzI1NiJ9.eyJhdHRlc3QiOiJBIn0.c2ln;info=<https://cert.example/a.pem>;alg=ES256;ppt=shaken"

SIP_TARGETS = {
    "register": Target(
        [
            b"Contact: <sip:desk@192.0.2.9:5070>;expires=300\r\nUser-Agent: phone",
            b'Contact: "A" <sip:desk@192.0.2.9;transport=tcp>;q=0.5;+sip.instance="<urn:uuid:1>";reg-id=1\r\n'
            b"Supported: path, outbound, gruu\r\nPath: <sip:edge.example;lr;ob>",
            b"Contact: <sip:a@[2001:db8::1]>, <sip:b@192.0.2.9>;expires=0\r\nExpires: 60\r\n"
            b"Path: <sip:e;lr>, <sip:f;lr>",
            b"Contact: *\r\nExpires: 0",
        ],
        check_register,
    ),
    "authorization": Target(
        [
            b'Authorization: Digest username="desk", realm="ringout", nonce="64.t1.00", uri="sip:pbx.example", '
            b'response="00", algorithm=SHA-256, cnonce="c", qop=auth, nc=00000001',
            b'Authorization: Digest username="desk", realm="ringout", nonce="x", uri="sip:pbx.example", response="0"',
            b"Authorization: Basic YTpi",
        ],
        check_authorization,
    ),
    "session timer": Target(
        [b"Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\nSupported: timer, 100rel", b"x: 60\r\nRequire: timer"],
        check_session_timer,
    ),
    "reason": Target(
        [
            b'Reason: Q.850;cause=17;text="User busy", SIP;cause=486',
            b"Reason: SIP;cause=200\r\nReason: q.850 ;cause=16",
        ],
        check_reason,
    ),
    "redirection": Target(
        [
            b"Contact: <sip:+14155550100@carrier.example>\r\n"
            b"Diversion: <sip:+14155550101@c.example>;reason=user-busy\r\n"
            b"History-Info: <sip:a@b?Reason=SIP%3Bcause%3D302>;index=1, <sip:c@d>;index=1.1",
            b"Identity: " + _PASSPORT + b"\r\nDate: Mon, 23 Nov 2026 15:00:00 GMT",
            b'Diversion: "x" <tel:+1415;phone-context=y>;reason="no-answer";counter=1, <sip:b@c>',
        ],
        check_redirection,
    ),
    "registrar's answer": Target(
        [
            b"Contact: <sip:ringout@192.0.2.1>;expires=60, <sip:x@y>;expires=5\r\nExpires: 300\r\nMin-Expires: 120",
            b"Service-Route: <sip:p1.example;lr>, <sip:p2.example;lr>\r\nContact: <sip:ringout@192.0.2.1>",
        ],
        check_registrar_s_answer,
    ),
    "stream": Target(
        [
            b"\r\n\r\n" + request_with(b"A: b") * 3 + b"\r\n\r\n",
            request_with(b"l: 0\r\nX: y").replace(b"Content-Length: 0", b"Content-Length: 5") + b"hello\r\n",
        ],
        check_stream,
    ),
    "location": Target(
        [b"sip:carrier.example", b"sips:a@carrier.example;transport=tcp", b"sip:x@[2001:db8::1]:5061;transport=tls",
         b"sip:u@h;maddr=192.0.2.1;ttl=1", b"sip:localhost:5060"],
        check_location,
    ),
}  # fmt: skip
