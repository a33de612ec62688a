"""A device from the command line: made, registered, watched, and put out."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import World, need
from .registering import LinphoneRegistered
from .test_administration import EmptyServer
from .waiting import eventually

pytestmark = pytest.mark.baresip


def test_a_device_is_made_registers_and_is_put_out(world: World) -> None:
    need("linphonec")
    server = EmptyServer(world)
    made = server.init("--phone", "+16505550101")
    login = {
        "RINGOUT_ADMIN_CLIENT_ID": made["adminClientId"],
        "RINGOUT_ADMIN_CLIENT_SECRET": made["adminClientSecret"],
        "RINGOUT_ADMIN_URL": f"http://127.0.0.1:{server.admin_port}",
    }
    server.start()

    def admin(*words: str) -> Any:
        return server.admin(*words, **login)

    device = admin("devices", "add", "101", "--name", "Desk phone", "--username", "ann-desk")
    assert (device["online"], device["name"]) == (False, "Desk phone")
    phone = LinphoneRegistered("ann-desk", device["password"], f"127.0.0.1:{server.sip_port}", 600)
    world.phones.append(phone)  # type: ignore[arg-type]
    phone.start()

    def listed() -> dict[str, Any]:
        (found,) = admin("devices", "list", "101")
        return dict(found)

    eventually(lambda: listed()["online"], "the phone to be registered", 40)
    (place,) = listed()["places"]
    assert place["via"].startswith("udp:127.0.0.1:")
    assert place["agent"].startswith("Linphone")
    assert "password" not in listed()
    assert admin("devices", "set-password", "101", "ann-desk", "--generate")["online"] is False
    assert admin("forwarding-numbers", "list", "101")[-1]["phoneNumber"] == "ann-desk"
    assert device["password"] not in server.log()
    server.ringout("admin", "devices", "remove", "101", "ann-desk", **login)
    assert admin("devices", "list", "101") == []
