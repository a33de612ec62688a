"""Among several phones of the user are some that register here: real softphones beside phones with numbers."""

from __future__ import annotations

import pytest

from .harness import CONNECTED, ENDED, World, need
from .registering import LinphoneRegistered
from .steps import answers, rings_until_cancelled
from .test_hunt import CALLEE_HZ, ELSEWHERE, place
from .test_registered_phones import PASSWORD, USER, Office, hears

pytestmark = pytest.mark.sipp


def list_all(office: Office, mode: str) -> None:
    """All of the user's phones, numbers and devices."""
    records = office.api.request("GET", f"{USER}/forwarding-number").body["records"]
    rules = [{"forwardingNumbers": [{"id": record["id"]}], "ringCount": 3} for record in records]
    body = {"forwarding": {"ringingMode": mode, "rules": rules}}
    answer = office.api.request("PUT", f"{USER}/answering-rule/business-hours-rule", body)
    assert answer.code == 200, answer


@pytest.mark.baresip
def test_a_registered_softphone_answers_and_the_mobile_stops_ringing(world: World) -> None:
    mobile = world.sipp("mobile").does(rings_until_cancelled())
    callee = world.sipp("callee").does(answers())
    office = Office(world, forwarding_numbers=[mobile.number])
    list_all(office, "Simultaneously")
    softphone = office.baresip("desk", 600)
    office.is_there("desk")
    call = place(world, callee)
    call.until(CONNECTED)
    assert mobile.await_received("CANCEL").header("Reason") == ELSEWHERE
    mobile.finish()
    callee.hum(CALLEE_HZ)
    hears(softphone, CALLEE_HZ)
    caller = call.leg("caller")
    assert (caller.get("phoneNumber"), caller["extensionNumber"], caller["label"]) == (None, "101", "Desk phone")
    call.cancel()
    call.until(ENDED)
    callee.finish()


def test_a_softphone_that_is_not_there_costs_no_time(world: World) -> None:
    mobile = world.sipp("mobile").does(answers())
    callee = world.sipp("callee").does(answers())
    office = Office(world, forwarding_numbers=[mobile.number])
    records = office.api.request("GET", f"{USER}/forwarding-number").body["records"]
    devices_first = sorted(records, key=lambda record: "device" not in record)
    rules = [{"forwardingNumbers": [{"id": record["id"]}]} for record in devices_first]
    office.api.request("PUT", f"{USER}/answering-rule/business-hours-rule", {"forwarding": {"rules": rules}})
    call = place(world, callee)
    call.until(CONNECTED)
    told = [phone["explanation"] for phone in call.leg("caller")["phones"]]
    assert told[:2] == ["The caller's phone is not registered at the moment."] * 2
    call.cancel()
    mobile.finish()
    callee.finish()


class UnansweredLinphone(LinphoneRegistered):
    """linphonec that lets calls ring."""

    def command(self) -> list[str]:
        return [word for word in super().command() if word != "-a"]


def test_linphone_lists_a_call_that_another_phone_took_as_answered_elsewhere(world: World) -> None:
    """The proof of a foreign phone: what its own list of calls makes of our Reason."""
    need("linphonec")
    mobile = world.raw("mobile")
    callee = world.sipp("callee").does(answers())
    office = Office(world, forwarding_numbers=[mobile.number], phones={})
    list_all(office, "Simultaneously")
    phone = UnansweredLinphone("soft", PASSWORD, f"127.0.0.1:{office.server.sip_port}", 600)
    world.phones.append(phone)  # type: ignore[arg-type]
    phone.start()
    office.is_there("soft")
    call = place(world, callee)
    invite = mobile.ring()
    phone.shows("(?i)receiving new incoming call|is contacting you")
    mobile.answer(invite)
    call.until(CONNECTED)
    phone.type("call-logs")
    phone.shows("(?i)answered elsewhere")
    call.cancel()
    mobile.take_bye()
    callee.finish()
