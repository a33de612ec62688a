"""Keep-alives between RingOut and programs of other people: who asks on which connection, and that each is answered."""

from __future__ import annotations

from e2e.registering import LinphoneRegistered
from e2e.server import EXTENSION, PASSWORD
from e2e.waiting import eventually

from .asterisk import Asterisk
from .kamailio import Kamailio
from .lab import CALLEE, Lab
from .programs import need
from .wire import Capture

SECRET = "Kz4-long-enough"
PING, PONG = "0d0a0d0a", "0d0a"


def answered(capture: Capture, port: int, asks: str) -> int:
    """How many pings of the side that asks got their pong on the same connection. port: the side that was connected to.
    asks: "in" = who connected to it asks, "out" = the other."""
    to, back = ("dstport", "srcport") if asks == "in" else ("srcport", "dstport")
    pings = capture.fields(f"tcp.{to} == {port} && tcp.payload == {PING}", f"tcp.{back}", "frame.number")
    pongs = capture.fields(f"tcp.{back} == {port} && tcp.payload == {PONG}", f"tcp.{to}", "frame.number")
    found = 0
    for peer, number in pings:
        later = [one for one in pongs if one[0] == peer and int(one[1]) > int(number)]
        if later:
            pongs.remove(later[0])
            found += 1
    return found


def office(lab: Lab, **settings: object) -> int:
    """A server whose user has the device desk; its SIP port."""
    extension = {"extension": EXTENSION, "password": PASSWORD, "devices": [{"username": "desk", "password": SECRET}]}
    server = lab.ring_out({"gateways": ["sip:127.0.0.1:9"]}, account={"extensions": [extension]}, **settings)
    return server.sip_port


def test_pings_of_linphone_are_answered(lab: Lab) -> None:
    """It asks on the TCP connection by which it registered."""
    need("linphonec")
    port = office(lab)
    capture = lab.add(Capture(lab.directory, [port])).start()
    server = f"127.0.0.1:{port};transport=tcp"
    lab.add(LinphoneRegistered("desk", SECRET, server, 600, ["keepalive_period=1000"])).start()
    eventually(lambda: answered(capture, port, "in") >= 2, "two pings of linphone, and their pongs", 30)


def test_pings_of_asterisk_are_answered(lab: Lab) -> None:
    """keep_alive_interval: on the connection that it registers by."""
    asterisk = lab.add(Asterisk())
    asterisk.transport("tcp")
    asterisk.change("global", "global", keep_alive_interval=1)
    port = office(lab)
    asterisk.login("desk", "desk", SECRET)
    asterisk.section(
        "ringout-registration", "registration", outbound_auth="desk", contact_user="desk",
        server_uri=f"sip:127.0.0.1:{port};transport=tcp", client_uri="sip:desk@127.0.0.1", max_random_initial_delay=0,
    )  # fmt: skip
    capture = lab.add(Capture(lab.directory, [port])).start()
    asterisk.start()
    eventually(lambda: answered(capture, port, "in") >= 2, "two pings of Asterisk, and their pongs", 30)


def test_our_pings_are_answered_by_kamailio(lab: Lab) -> None:
    """On the connection that we opened for a call's sake; when Kamailio dies without a word the next ping tells."""
    proxy = lab.add(Kamailio()).listen("tcp", "udp")
    callee = lab.sipp(CALLEE)
    proxy.route(CALLEE, f"sip:127.0.0.1:{callee.port}")
    proxy.start()
    capture = lab.add(Capture(lab.directory, [proxy.port])).start()
    trunk = {"gateways": [proxy.gateway("tcp")], "options_seconds": 30.0}
    lab.ring_out(trunk, sip={"keep_alive_seconds": 0.5})
    eventually(lambda: answered(capture, proxy.port, "in") >= 3, "three pings of ours, and their pongs", 30)


def test_kamailio_asks_over_udp_whom_it_has_registered(lab: Lab) -> None:
    """nathelper: OPTIONS to RingOut, which has registered there; it answers each, so it stays registered."""
    proxy = lab.add(Kamailio()).listen("udp")
    proxy.add("loads", 'loadmodule "nathelper.so"\nloadmodule "kex.so"')
    for name, value in (("natping_interval", "1"), ("sipping_bflag", "7"), ("ping_nated_only", "0")):
        proxy.add("parameters", f'modparam("nathelper", "{name}", {value})')
    for name, value in (("sipping_from", "sip:pinger@carrier.example"), ("sipping_method", "OPTIONS")):
        proxy.add("parameters", f'modparam("nathelper", "{name}", "{value}")')
    proxy.add("parameters", 'modparam("nathelper", "natping_processes", 1)\nmodparam("usrloc", "nat_bflag", 6)')
    proxy.add("first_request", 'if (is_method("REGISTER")) { setbflag(6); setbflag(7); save("location"); exit; }')
    proxy.start()
    lab.ring_out({"gateways": [proxy.gateway()], "username": "acme", "password": SECRET, "register": True})
    answers = "three answers of ours to its OPTIONS"
    eventually(lambda: len([one for one in proxy.received("SIP/2.0 200") if " OPTIONS" in one.text]) >= 3, answers)
