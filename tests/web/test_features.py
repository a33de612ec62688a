"""What clients decide by: features, and the permissions of the user's role."""

from typing import Any

import pytest

from fakes.description import complaints
from fakes.people import EXTENSION, bearer_of, change_user, people_world, refusal
from fakes.web import WebWorld

FEATURES = f"{EXTENSION}/features"
PROFILE = f"{EXTENSION}/authz-profile"


@pytest.fixture
async def world() -> WebWorld:
    return await people_world()


# --- features -------------------------------------------------------------------------------------------------------


async def test_features_are_as_described(world: WebWorld) -> None:
    reply = await world.ask("GET", FEATURES)
    assert complaints("readExtensionFeatures", reply.json) == []
    ids = [record["id"] for record in reply.json["records"]]
    assert len(ids) == len(set(ids))
    for record in reply.json["records"]:
        assert record["available"] is ("reason" not in record)


@pytest.mark.parametrize(
    ("query", "available"),
    [
        ("featureId=RingOut", {"RingOut": True}),
        ("featureId=WebPhone", {"WebPhone": False}),
        ("featureId=RingOut&featureId=WebPhone", {"RingOut": True, "WebPhone": False}),
        ("featureId=WebPhone,RingOut,RingOut", {"WebPhone": False, "RingOut": True}),
        ("featureId=NeverHeardOf", {"NeverHeardOf": False}),
        ("featureId=RingOut&featureId=WebPhone&availableOnly=true", {"RingOut": True}),
        ("featureId=WebPhone&availableOnly=false", {"WebPhone": False}),
        ("featureId=SMSSending&availableOnly=true", {}),
    ],
)
async def test_asking_for_features(world: WebWorld, query: str, available: dict[str, bool]) -> None:
    reply = await world.ask("GET", f"{FEATURES}?{query}")
    assert {record["id"]: record["available"] for record in reply.json["records"]} == available


async def test_only_what_is_available(world: WebWorld) -> None:
    records = (await world.ask("GET", f"{FEATURES}?availableOnly=true")).json["records"]
    ids = {record["id"] for record in records}
    assert {"RingOut", "CallForwarding", "ReadExtensionCallLog"} <= ids
    assert not {"WebPhone", "SMSSending", "Voicemail", "InternationalCalling"} & ids


async def test_a_user_without_ring_out(world: WebWorld) -> None:
    await change_user(world, ring_out=False)
    (record,) = (await world.ask("GET", f"{FEATURES}?featureId=RingOut")).json["records"]
    assert record["available"] is False
    assert record["reason"]["code"] == "ExtensionLimitation"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("availableOnly=maybe", "availableOnly"),
        ("featureId=a%20b", "featureId"),
        ("featureId=" + "x" * 65, "featureId"),
        ("featureId=" + ",".join(f"f{n}" for n in range(101)), "featureId"),
    ],
)
async def test_bad_feature_queries(world: WebWorld, query: str, parameter: str) -> None:
    reply = await world.ask("GET", f"{FEATURES}?{query}")
    assert refusal(reply) == (400, "CMN-101", parameter)


# --- permissions of the role ----------------------------------------------------------------------------------------


async def held(world: WebWorld, query: str = "") -> dict[str, Any]:
    reply = await world.ask("GET", PROFILE + query)
    assert complaints("readAuthorizationProfile", reply.json) == []
    return {found["permission"]["id"]: found for found in reply.json["permissions"]}


async def test_users_and_administrators(world: WebWorld) -> None:
    user = await held(world)
    assert {"ReadCallLog", "ReadUserForwardingFlipNumbers", "EditUserInfo", "ReadExtensions"} <= user.keys()
    assert "EditCompanyInfo" not in user
    assert user["ReadCallLog"]["scopes"] == ["Self"]
    await change_user(world, admin=True)
    administrator = await held(world)
    assert administrator.keys() - user.keys() == {"EditCompanyInfo", "FullCompanyCallLog", "ReadCompanyDevices"}
    assert administrator["ReadCallLog"]["effectiveRole"]["id"] != user["ReadCallLog"]["effectiveRole"]["id"]


async def test_towards_a_colleague(world: WebWorld) -> None:
    colleague = world.accounts.extension_by_number("102").id
    assert (await held(world, f"?targetExtensionId={world.user.id}")).keys() == (await held(world)).keys()
    towards = await held(world, f"?targetExtensionId={colleague}")
    assert "ReadExtensions" in towards
    assert "EditUserInfo" not in towards


@pytest.mark.parametrize(
    ("permission", "admin", "target", "successful"),
    [
        ("ReadCallLog", False, "", True),
        ("ReadCallLog", False, "~", True),
        ("readcalllog", False, "", False),
        ("NeverHeardOf", True, "", False),
        ("EditCompanyInfo", False, "", False),
        ("EditCompanyInfo", True, "", True),
        ("EditUserInfo", False, "102", False),
        ("ReadExtensions", False, "102", True),
    ],
)
async def test_checks(world: WebWorld, permission: str, admin: bool, target: str, successful: bool) -> None:
    await change_user(world, admin=admin)
    target_id = str(world.accounts.extension_by_number(target).id) if target.isdigit() else target
    reply = await world.ask("GET", f"{PROFILE}/check?permissionId={permission}&targetExtensionId={target_id}")
    assert complaints("checkUserPermission", reply.json) == []
    assert reply.json["successful"] is successful
    if successful:
        assert reply.json["details"]["permission"]["id"] == permission
    else:
        assert "details" not in reply.json


async def test_international_calls_can_be_taken_away(world: WebWorld) -> None:
    assert "InternationalCalls" in await held(world)
    await change_user(world, international=False)
    assert "InternationalCalls" not in await held(world)


async def test_bad_checks(world: WebWorld) -> None:
    assert refusal(await world.ask("GET", f"{PROFILE}/check")) == (400, "CMN-100", "permissionId")
    assert refusal(await world.ask("GET", f"{PROFILE}/check?permissionId=")) == (400, "CMN-100", "permissionId")
    for query in ("?targetExtensionId=5", "/check?permissionId=ReadCallLog&targetExtensionId=x"):
        assert refusal(await world.ask("GET", PROFILE + query)) == (404, "CMN-102", "targetExtensionId")


async def test_no_scope_is_needed_for_the_profile(world: WebWorld) -> None:
    token = await bearer_of(world, "caller", "calls")
    for path in ("", "/check?permissionId=ReadCallLog"):
        assert (await world.ask("GET", PROFILE + path, authorization=f"Bearer {token}")).status == 200
        assert (await world.ask("GET", PROFILE + path, authorization="")).status == 401
    assert refusal(await world.ask("GET", FEATURES, authorization=f"Bearer {token}")) == (
        403,
        "CMN-401",
        "ReadAccounts",
    )
