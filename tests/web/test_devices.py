"""Devices in the API, and how a browser becomes its user's phone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.description import complaints
from fakes.people import ACCOUNT, EXTENSION, SETTINGS, bearer_of, change_user, refusal
from fakes.web import WebWorld, make_world
from ringout.config import ClientConfig, Config, DeviceConfig, MediaConfig, PhonesConfig, RateConfig
from ringout.service.device_secrets import REALM
from ringout.sip.digest import hash_password

DESK = DeviceConfig("desk", "a-very-long-password", "Desk phone")
PROVISION = "/restapi/v1.0/client-info/sip-provision"
PHONES = f"{EXTENSION}/forwarding-number"
READER = ClientConfig("logs", "reads", scopes=("RingOut", "ReadAccounts", "ReadPresence", "ReadCallLog"))
VOIP = ClientConfig("voip", "calls", name="Web phone", scopes=("ReadAccounts", "EditExtensions", "VoipCalling"))


def settings(**phones: Any) -> Config:
    user, *others = SETTINGS.account.extensions
    extensions = (replace(user, devices=(DESK,)), *others)
    return replace(
        SETTINGS,
        account=replace(SETTINGS.account, extensions=extensions),
        clients=(*SETTINGS.clients, VOIP, READER),
        phones=PhonesConfig(**phones),
        media=MediaConfig(engine="rtpengine"),
    )


@pytest.fixture
async def world() -> WebWorld:
    return await make_world(settings())


async def provision(world: WebWorld, body: Any = None, **headers: str) -> Any:
    bearer = await bearer_of(world, "voip", "calls")
    body = {"sipInfo": [{"transport": "WSS"}]} if body is None else body
    return await world.ask("POST", PROVISION, body, authorization=f"Bearer {bearer}", **headers)


# --- the list ------------------------------------------------------------------------------------------------------


async def test_the_list_is_as_described(world: WebWorld) -> None:
    reply = await world.ask("GET", f"{EXTENSION}/device")
    assert complaints("listExtensionDevices", reply.json) == []
    (device,) = reply.json["records"]
    user = world.user
    assert (device["name"], device["serial"], device["type"]) == ("Desk phone", "desk", "OtherPhone")
    assert device["extension"]["id"] == user.id
    assert device["uri"].endswith(f"/account/{user.account_id}/device/{device['id']}")


async def test_a_device_is_online_while_it_is_registered(world: WebWorld) -> None:
    async def status() -> str:
        (device,) = (await world.ask("GET", f"{EXTENSION}/device")).json["records"]
        return str(device["status"])

    assert await status() == "Offline"
    world.registrations.there.add("desk")
    assert await status() == "Online"


async def test_the_devices_of_the_account_are_for_administrators(world: WebWorld) -> None:
    (own,) = (await world.ask("GET", f"{EXTENSION}/device")).json["records"]
    assert (await world.ask("GET", f"{ACCOUNT}/device/{own['id']}")).json == own
    for path in ("device", "device/1"):
        assert refusal(await world.ask("GET", f"{ACCOUNT}/{path}")) == (403, "CMN-408", "ReadCompanyDevices")
    await change_user(world, admin=True)
    everybody = (await world.ask("GET", f"{ACCOUNT}/device")).json
    assert everybody["records"] == [own]
    assert everybody["paging"]["totalElements"] == 1
    assert refusal(await world.ask("GET", f"{ACCOUNT}/device/1"))[:2] == (404, "CMN-102")


@pytest.mark.parametrize(
    ("query", "count"), [("type=OtherPhone", 1), ("type=SoftPhone", 0), ("type=SoftPhone,OtherPhone", 1)]
)
async def test_the_list_by_type(world: WebWorld, query: str, count: int) -> None:
    assert len((await world.ask("GET", f"{EXTENSION}/device?{query}")).json["records"]) == count


# --- as one of the user's phones ------------------------------------------------------------------------------------


async def test_a_device_is_one_of_the_phones(world: WebWorld) -> None:
    records = (await world.ask("GET", PHONES)).json["records"]
    device = next(record for record in records if record["type"] == "PhoneLine")
    assert device["label"] == "Desk phone"
    assert "phoneNumber" not in device
    (listed,) = (await world.ask("GET", f"{EXTENSION}/device")).json["records"]
    assert device["device"] == {"id": listed["id"]}
    placed = await world.place(**{"from": {"forwardingNumberId": device["id"]}})
    assert placed.status == 200
    caller = placed.json["status"]["caller"]
    assert (caller["extensionNumber"], caller["label"]) == ("101", "Desk phone")
    ((_, plan),) = world.engine.placed
    assert plan.caller_phones[0].device == "desk"
    # What the rules say of RingCentral's device numbers.
    assert refusal(await world.ask("DELETE", f"{PHONES}/{device['id']}"))[1] == "FPN-107"
    again = await world.ask("POST", PHONES, {"type": "PhoneLine", "device": {"id": listed["id"]}})
    assert refusal(again)[0] == 400
    assert refusal(await world.ask("PUT", f"{PHONES}/{device['id']}", {"phoneNumber": "+16505550188"}))[1] == "FPN-124"


@pytest.mark.parametrize("twin", ["ringout", "ring-out"])
async def test_a_call_from_a_device_is_told_everywhere_by_its_users_extension(world: WebWorld, twin: str) -> None:
    world.bearer = await bearer_of(world, "logs", "reads")
    records = (await world.ask("GET", PHONES)).json["records"]
    number_id = next(record["id"] for record in records if record["type"] == "PhoneLine")
    body = {"from": {"forwardingNumberId": number_id}, "to": {"phoneNumber": "+14155550199"}}
    placed = await world.ask("POST", f"{EXTENSION}/{twin}", body)
    assert placed.status == 200
    for over in (False, True):
        if over:
            world.end(world.engine.placed[-1][0].id)
        for path in (
            placed.json["uri"].removeprefix("http://api.test:8080"),
            f"{EXTENSION}/presence?detailedTelephonyState=true",
            f"{EXTENSION}/active-calls?view=Detailed",
            f"{EXTENSION}/call-log?view=Detailed",
            f"{EXTENSION}/call-log-sync?syncType=FSync&view=Detailed",
        ):
            told = await world.ask("GET", path)
            assert told.status == 200, path
            assert '"phoneNumber":""' not in told.body.decode(), path
    (record,) = (await world.ask("GET", f"{EXTENSION}/call-log?direction=Outbound")).json["records"]
    assert record["from"]["extensionNumber"] == "101"


async def test_a_device_costs_its_prepaid_account_nothing() -> None:
    config = replace(settings(), rates=(RateConfig("+1", 60),))
    account = replace(config.account, balance=100)
    world = await make_world(replace(config, account=account))
    records = (await world.ask("GET", PHONES)).json["records"]
    number_id = next(record["id"] for record in records if record["type"] == "PhoneLine")
    placed = await world.place(**{"from": {"forwardingNumberId": number_id}})
    assert placed.status == 200
    ((ring_out, _),) = world.engine.placed
    assert ring_out.prices is not None
    assert (ring_out.prices.caller, ring_out.prices.callee) == (0, 60)


async def test_a_sip_address_at_a_host_that_is_allowed() -> None:
    world = await make_world(settings(hosts=("PBX.example",)))
    made = await world.ask("POST", PHONES, {"phoneNumber": "sip:ann@pbx.example", "label": "PBX"})
    assert made.status == 200
    assert made.json["phoneNumber"] == "sip:ann@pbx.example"
    await world.place(**{"from": {"forwardingNumberId": made.json["id"]}})
    ((_, plan),) = world.engine.placed
    assert plan.caller_phones[0].address == "sip:ann@pbx.example"
    twice = await world.ask("POST", PHONES, {"phoneNumber": "sip:ann@pbx.example", "label": "Again"})
    assert refusal(twice)[0] == 400
    moved = await world.ask("PUT", f"{PHONES}/{made.json['id']}", {"phoneNumber": "+16505550188"})
    assert moved.json["phoneNumber"] == "+16505550188"


@pytest.mark.parametrize(
    "address", ["sip:ann@elsewhere.example", "sip:ann@pbx.example", "sip:", "sips:911@pbx.example"]
)
async def test_no_sip_address_is_allowed_by_default(world: WebWorld, address: str) -> None:
    reply = await world.ask("POST", PHONES, {"phoneNumber": address, "label": "PBX"})
    assert refusal(reply)[0] == 400


# --- sip-provision -------------------------------------------------------------------------------------------------


async def test_a_browser_becomes_a_phone(world: WebWorld) -> None:
    reply = await provision(world, {"device": {"computerName": "Laptop"}, "sipInfo": [{"transport": "WSS"}]})
    assert reply.status == 200
    assert complaints("createSIPRegistration", reply.json) == []
    device, (info,) = reply.json["device"], reply.json["sipInfo"]
    assert (device["type"], device["status"], device["name"]) == ("WebPhone", "Offline", "Web phone")
    assert device["computerName"] == "Laptop"
    assert (info["transport"], info["outboundProxy"], info["domain"]) == ("WSS", "api.test:7443", "api.test")
    assert info["authorizationTypes"] == ["SipDigest"]
    assert reply.json["sipFlags"]["voipFeatureEnabled"] is True
    owner, stored = world.accounts.device(info["username"]) or (None, None)
    assert owner is not None
    assert stored is not None
    assert owner.number == "101"
    assert stored.ha1_sha256 == hash_password("SHA-256", info["authorizationId"], REALM, info["password"])
    assert len(info["password"]) == 32


async def test_the_same_application_is_the_same_phone_again(world: WebWorld) -> None:
    first, second = (await provision(world)).json, (await provision(world, {})).json
    assert first["device"] == second["device"]
    assert first["sipInfo"][0]["password"] == second["sipInfo"][0]["password"]
    assert [info["transport"] for info in second["sipInfo"]] == ["UDP", "WSS"], "all, when none is named"
    phones = (await world.ask("GET", PHONES)).json["records"]
    assert [phone["label"] for phone in phones if phone["type"] == "PhoneLine"] == ["Desk phone", "Web phone"]


async def test_another_user_has_another_phone_and_password(world: WebWorld) -> None:
    mine = (await provision(world)).json["sipInfo"][0]
    bearer = await bearer_of(world, "voip", "calls", "102")
    reply = await world.ask("POST", PROVISION, {"device": {"id": mine["username"]}}, authorization=f"Bearer {bearer}")
    theirs = reply.json["sipInfo"][0]
    assert theirs["username"] != mine["username"]
    assert theirs["password"] != mine["password"]


async def test_what_phones_are_told_can_be_configured() -> None:
    world = await make_world(
        settings(domain="pbx.example", reached_at=("wss:edge.example:443",), stun=("stun.example:3478",))
    )
    (info,) = (await provision(world)).json["sipInfo"]
    assert (info["domain"], info["outboundProxy"]) == ("pbx.example", "edge.example:443")
    assert info["stunServers"] == ["stun.example:3478"]


@pytest.mark.parametrize("reached_at", [(), ("udp:edge.example:5060", "wss:edge.example:443")])
async def test_no_browser_is_a_phone_where_the_media_engine_could_not_ring_it(reached_at: tuple[str, ...]) -> None:
    world = await make_world(replace(settings(reached_at=reached_at), media=MediaConfig(engine="embedded")))
    for transport in ("WSS", "WS"):
        reply = await provision(world, {"sipInfo": [{"transport": transport}]})
        assert refusal(reply) == (400, "CMN-101", "sipInfo.transport")
    assert [info["transport"] for info in (await provision(world, {})).json["sipInfo"]] == ["UDP"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"sipInfo": [{"transport": "TLS"}]}, 400),
        ({"sipInfo": [{"transport": "SCTP"}]}, 400),
        ({"sipInfo": [{"transport": "WSS"}] * 11}, 400),
        ({"sipInfo": {}}, 400),
        ({"device": {"computerName": "a\r\nb" * 1000}}, 200),
    ],
)
async def test_what_cannot_be_asked_for(world: WebWorld, body: Any, status: int) -> None:
    reply = await provision(world, body)
    assert reply.status == status
    if status == 200:
        assert len(reply.json["device"]["computerName"]) == 100


async def test_it_needs_its_permission(world: WebWorld) -> None:
    reply = await world.ask("POST", PROVISION, {})
    assert refusal(reply) == (403, "CMN-401", "VoipCalling")
