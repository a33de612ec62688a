"""Gateways in order, TCP, and rubbish on the wire during a live call."""

from __future__ import annotations

import random
import socket
from pathlib import Path

import pytest

from fakes.ports import free_port

from .harness import CALLER_UP, CONNECTED, ENDED, World
from .steps import answers, hangs_up, recv, recv_invite, refuses, reply, reply_last
from .waiting import eventually

pytestmark = pytest.mark.sipp


def test_carrier_down_503_the_second_gateway_answers(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    second = world.sipp("second").does(answers(then=hangs_up()))
    first = world.sipp("first", more_gateways=[second.gateway]).does(refuses(503))
    call = world.place(caller, first)
    call.until(ENDED)
    first.finish()
    second.finish()
    caller.finish()
    number = second.received("INVITE")[0].start_line.split()[1]
    assert number == f"sip:{first.number}@127.0.0.1:{second.port}"


def test_carrier_down_503_rests_for_its_retry_after(world: World) -> None:
    """RFC 3261 section 21.5.4: a gateway that named a Retry-After is not asked again meanwhile."""
    caller = world.raw("caller")
    second = world.raw("second")
    first = world.sipp("first", more_gateways=[second.gateway]).does(refuses(503, headers=["Retry-After: 60"]))
    for _ in range(2):
        call = world.place(caller, first)
        caller.answer(caller.ring())
        second.reply(second.expect("INVITE"), 486)
        second.expect("ACK")
        call.until(("Success", "Busy", "CannotReach"))
        caller.take_bye()
    first.finish()
    assert len(first.received("INVITE")) == 1


def test_first_gateway_has_no_open_port(world: World) -> None:
    """Transport failure: the next gateway at once."""
    caller = world.sipp("caller").does(answers())
    second = world.sipp("second").does(answers(then=hangs_up()))
    first = world.sipp("first", more_gateways=[second.gateway]).unplugged()
    call = world.place(caller, first)
    call.until(ENDED)
    second.finish()
    caller.finish()


def test_first_gateway_is_silent(world: World) -> None:
    """No response for gateway_timeout_seconds: the next gateway; a late answer of the first is hung up."""
    caller = world.sipp("caller").does(answers())
    second = world.sipp("second").does(answers())
    first = world.raw("first", more_gateways=[second.gateway], gateway_timeout_seconds=1.5)
    call = world.place(caller, first)
    invite = first.expect("INVITE")
    call.until(CONNECTED)
    first.reply(invite, 180)
    first.reply(first.expect("CANCEL"), 200)
    first.reply(invite, 487)
    first.expect("ACK")
    assert call.look() == CONNECTED
    call.cancel()
    second.finish()
    caller.finish()


def test_all_gateways_are_down(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    second = world.sipp("second").does(refuses(503))
    first = world.sipp("first", more_gateways=[second.gateway]).does(refuses(503))
    call = world.place(caller, first)
    call.until(("Success", "GenericError", "CannotReach"))
    first.finish()
    second.finish()
    caller.finish()


def test_no_second_gateway_after_ringing(world: World) -> None:
    """A 503 after the 180 is the callee's: nobody else's phone may ring now."""
    caller = world.sipp("caller").does(answers())
    second = world.raw("second")
    first = world.sipp("first", more_gateways=[second.gateway]).does(refuses(503, ringing=True))
    call = world.place(caller, first)
    call.until(("Success", "GenericError", "CannotReach"))
    first.finish()
    caller.finish()
    assert not second.messages


def test_busy_is_no_reason_for_a_second_gateway(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    second = world.raw("second")
    first = world.sipp("first", more_gateways=[second.gateway]).does(refuses(486))
    call = world.place(caller, first)
    call.until(("Success", "Busy", "CannotReach"))
    caller.finish()
    assert not second.messages


def test_the_callers_trunk_fails_over_too(world: World) -> None:
    second = world.sipp("second").does(answers())
    caller = world.sipp("caller", more_gateways=[second.gateway]).does(refuses(503))
    callee = world.sipp("callee").does(answers(then=hangs_up()))
    call = world.place(caller, callee)
    call.until(ENDED)
    caller.finish()
    second.finish()
    callee.finish()


def test_both_phones_on_tcp(world: World) -> None:
    caller = world.sipp("caller", transport="tcp").does(answers())
    callee = world.sipp("callee", transport="tcp").does(answers(then=hangs_up(after_seconds=0.3)))
    call = world.place(caller, callee)
    call.until(ENDED)
    callee.finish()
    caller.finish()
    invite = callee.received("INVITE")[0]
    assert invite.header("Via").upper().startswith("SIP/2.0/TCP")
    assert "transport=tcp" in invite.header("Contact").lower()
    assert len(callee.received("INVITE")) == 1


def test_callee_on_tcp_is_cancelled(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee", transport="tcp").does(
        recv_invite(), reply(180), recv("CANCEL"), reply_last(), reply(487), recv("ACK")
    )
    call = world.place(caller, callee)
    callee.await_sent("180 INVITE")
    assert call.cancel() == 204
    callee.finish()
    caller.finish()


def test_tcp_gateway_that_is_closed_fails_over_to_udp(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    second = world.sipp("second").does(answers(then=hangs_up()))
    first = world.sipp("first", transport="tcp", more_gateways=[second.gateway]).unplugged()
    call = world.place(caller, first)
    call.until(ENDED)
    second.finish()
    caller.finish()


RUBBISH = [
    b"",
    b"\x00",
    b"\r\n\r\n",
    b"SIP/2.0",
    b"SIP/2.0 200 OK\r\n\r\n",
    b"SIP/2.0 999999999999 Big\r\nVia: x\r\n\r\n",
    b"INVITE\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\nVia: ;;;\r\nCSeq: -1 INVITE\r\nContent-Length: -5\r\n\r\n",
    b"BYE sip:a@b SIP/2.0\r\nCSeq: 99999999999999999999 BYE\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"OPTIONS sip:" + b"a" * 60000 + b" SIP/2.0\r\n\r\n",
    b"\xff\xfe" * 4000,
    b"REGISTER sip:a SIP/2.0\r\nVia: SIP/2.0/UDP [::1\r\nFrom: <\r\nTo: >\r\nCall-ID: \r\nCSeq: a b\r\n\r\n",
]


def waiting_bytes(port: int) -> int:
    """Of datagrams that have come to that port and were not read yet."""
    rows = [row.split() for row in Path("/proc/net/udp").read_text().splitlines()]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[1] == f"0100007F:{port:04X}")


def test_malformed_datagrams_during_a_live_call(world: World) -> None:
    """Whatever comes is counted and forgotten: the live call goes on, its BYE is answered, the next call works."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    good = invite.text.replace("\n", "\r\n").encode()
    chance = random.Random(4475)
    mangled = [good[: chance.randrange(len(good))] for _ in range(50)]
    for _ in range(150):
        copy = bytearray(good)
        for _ in range(chance.randrange(1, 12)):
            copy[chance.randrange(len(copy))] = chance.randrange(256)
        mangled.append(bytes(copy))
    address = ("127.0.0.1", world.server.sip_port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for data in [*RUBBISH, *mangled]:
            stranger.sendto(data, address)
            callee._socket.sendto(data, address)
    eventually(lambda: not waiting_bytes(address[1]), "the server to have read all of it")
    call.until(CALLER_UP)
    callee.answer(invite)
    call.until(CONNECTED)
    call.cancel()
    callee.take_bye()
    call.until(ENDED)
    caller.finish()
    assert "Traceback" not in world.log()


def test_malformed_streams_during_a_live_call(world: World) -> None:
    """A TCP peer that sends rubbish loses its connection and nothing else happens."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee")
    call = world.place(caller, callee)
    invite = callee.ring()
    address = ("127.0.0.1", world.server.sip_port)
    for data in RUBBISH[3:]:
        with socket.create_connection(address, 20) as stream:
            stream.settimeout(20)
            try:
                stream.sendall(data)
                stream.shutdown(socket.SHUT_WR)
                while stream.recv(65536):
                    pass
            except ConnectionError:
                pass
    callee.answer(invite)
    call.until(CONNECTED)
    call.cancel()
    callee.take_bye()
    caller.finish()
    assert "Traceback" not in world.log()


def test_options_split_into_single_bytes_over_tcp(world: World) -> None:
    """Any split of a stream gives the same messages (RFC 3261 section 18.3)."""
    port = free_port()
    server = world.server
    lines = [
        f"OPTIONS sip:ringout@127.0.0.1:{server.sip_port} SIP/2.0",
        f"Via: SIP/2.0/TCP 127.0.0.1:{port};branch=z9hG4bKsplit",
        "Max-Forwards: 70",
        "From: <sip:a@example.net>;tag=1",
        "To: <sip:ringout@example.net>",
        "Call-ID: split",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
        "",
        "",
    ]
    data = "\r\n".join(lines).encode()
    two = data + data.replace(b"CSeq: 1", b"CSeq: 2").replace(b"bKsplit", b"bKagain")
    with socket.create_connection(("127.0.0.1", server.sip_port), 20) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.settimeout(20)
        for byte in two:
            stream.sendall(bytes([byte]))
        answer = b""
        while answer.count(b"SIP/2.0 200") < 2:
            piece = stream.recv(65536)
            assert piece, answer
            answer += piece
