"""linphone behind an edge proxy: Kamailio puts itself into the Path, RingOut is the registrar inside."""

from __future__ import annotations

from e2e.harness import CONNECTED, ENDED
from e2e.registering import LinphoneRegistered
from e2e.server import EXTENSION, PASSWORD
from e2e.waiting import eventually

from .kamailio import Kamailio
from .lab import CALLEE, HIGH_HZ, LOW_HZ, Lab, hears
from .programs import need

SECRET = "Kz4-long-enough"

INWARDS = """if (is_method("REGISTER")) {{
        add_path_received();
        $du = "sip:127.0.0.1:{port}";
        t_relay();
        exit;
    }}
    if (is_present_hf("Route")) {{
        loose_route();
        record_route();
        t_relay();
        exit;
    }}
"""


def is_online(lab: Lab) -> bool:
    answer = lab.api.request("GET", "/restapi/v1.0/account/~/extension/~/device")
    return any(one["status"] == "Online" for one in answer.body["records"])


def test_linphone_registers_through_the_edge(lab: Lab) -> None:
    """Rung by its Path, with the callee behind the same proxy; hung up, and gone when its user ends it."""
    need("linphonec")
    proxy = lab.add(Kamailio()).listen("udp")
    callee = lab.baresip(CALLEE, HIGH_HZ).answers()
    proxy.route(CALLEE, f"sip:127.0.0.1:{callee.port}")
    devices = [{"username": "ann", "password": SECRET}]
    extension = {"extension": EXTENSION, "password": PASSWORD, "devices": devices}
    server = lab.ring_out({"gateways": [proxy.gateway()]}, account={"extensions": [extension]})
    proxy.add("first_request", INWARDS.format(port=server.sip_port))
    proxy.start()
    phone = lab.add(LinphoneRegistered("ann", SECRET, f"127.0.0.1:{proxy.port}", LOW_HZ))
    phone.start()
    eventually(lambda: is_online(lab), "linphone to be registered", 40)
    call = lab.place(EXTENSION, CALLEE)
    call.until(CONNECTED)
    hears(callee, LOW_HZ, HIGH_HZ)
    call.cancel()
    call.until(ENDED)
    phone.leave()
    eventually(lambda: not is_online(lab), "linphone to be gone")
