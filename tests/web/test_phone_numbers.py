"""Lists of numbers: the user's, the company's; and the two lists that are always empty."""

from dataclasses import replace
from typing import Any

import pytest

from fakes.description import complaints
from fakes.people import (
    ACCOUNT,
    COMPANY_NUMBER,
    EXTENSION,
    FOREIGN_PHONE,
    TOLL_FREE,
    bearer_of,
    change_user,
    people_world,
    refusal,
)
from fakes.web import MAIN, OTHER_PHONE, PHONE, SHOWN, WebWorld
from ringout.domain.account import ForwardingNumber

FREE_PHONE = "+18005550188"
OWN, ALL = f"{EXTENSION}/phone-number", f"{ACCOUNT}/phone-number"


@pytest.fixture
async def world() -> WebWorld:
    return await people_world()


async def records(world: WebWorld, target: str, **headers: str) -> list[dict[str, Any]]:
    reply = await world.ask("GET", target, **headers)
    assert reply.status == 200
    operation = "listExtensionPhoneNumbers" if "/extension/" in target else "listAccountPhoneNumbers"
    assert complaints(operation, reply.json) == []
    found: list[dict[str, Any]] = reply.json["records"]
    return found


async def test_the_numbers_of_a_user(world: WebWorld) -> None:
    found = await records(world, OWN)
    account = world.accounts.account(world.user.account_id)
    assert [(r["phoneNumber"], r["usageType"], r["paymentType"], r["primary"]) for r in found] == [
        (MAIN, "MainCompanyNumber", "Local", True),
        (COMPANY_NUMBER, "CompanyNumber", "Local", False),
        (TOLL_FREE, "CompanyNumber", "TollFree", False),
        (SHOWN, "DirectNumber", "Local", False),
        (PHONE, "ForwardedNumber", "External", False),
        (OTHER_PHONE, "ForwardedNumber", "External", False),
    ]
    ids = {r["phoneNumber"]: r["id"] for r in found}
    assert ids[MAIN] == world.user.account_id
    assert ids[COMPANY_NUMBER] == account.numbers[0].id
    assert str(ids[PHONE]) == world.user.forwarding_numbers[0].id
    assert all(isinstance(r["id"], int) and r["type"] == "VoiceFax" and r["status"] == "Normal" for r in found)
    assert found[0]["country"]["id"] == "1"
    assert found[0]["uri"].endswith(f"/extension/{world.user.id}/phone-number/{world.user.account_id}")


async def test_caller_id_is_offered_for_what_may_be_shown(world: WebWorld) -> None:
    """All but the user's phones: those may be shown, and are offered by RingCentral's widgets as phones to ring, which
    they would not be with the mark."""

    def hide(account: Any) -> Any:
        hidden = tuple(replace(n, caller_id=n.number != COMPANY_NUMBER) for n in account.numbers)
        return replace(account, numbers=hidden)

    await world.accounts.change_account(world.user.account_id, hide)
    abroad, free = ForwardingNumber("55", FOREIGN_PHONE), ForwardingNumber("56", FREE_PHONE)
    await change_user(world, forwarding_numbers=(*world.user.forwarding_numbers, abroad, free))
    offered = {r["phoneNumber"]: r["features"] for r in await records(world, OWN)}
    assert offered[COMPANY_NUMBER] == offered[FOREIGN_PHONE] == offered[PHONE] == offered[OTHER_PHONE] == []
    assert offered[MAIN] == offered[SHOWN] == offered[FREE_PHONE] == ["CallerId"]
    for number, features in offered.items():
        reply = await world.place(callerId={"phoneNumber": number})
        assert (reply.status == 200) is (features == ["CallerId"] or number in (PHONE, OTHER_PHONE)), number


async def test_a_colleagues_direct_number_and_phones_are_not_listed(world: WebWorld) -> None:
    token = await bearer_of(world, "reader", "reads", "104")
    found = await records(world, OWN, authorization=f"Bearer {token}")
    assert [r["phoneNumber"] for r in found] == [MAIN, COMPANY_NUMBER, TOLL_FREE, FOREIGN_PHONE]
    assert found[-1]["country"]["name"] == "United Kingdom"


async def test_the_numbers_of_the_account(world: WebWorld) -> None:
    found = await records(world, ALL)
    assert [r["phoneNumber"] for r in found] == [MAIN, COMPANY_NUMBER, TOLL_FREE, SHOWN]
    assert found[3]["extension"]["id"] == world.user.id
    assert found[3]["extension"]["extensionNumber"] == "101"
    assert "extension" not in found[0]
    assert found[0]["primary"] is True


@pytest.mark.parametrize(
    ("target", "query", "numbers"),
    [
        (OWN, "usageType=MainCompanyNumber", [MAIN]),
        (OWN, "usageType=MainCompanyNumber&usageType=DirectNumber", [MAIN, SHOWN]),
        (OWN, "usageType=ForwardedNumber,DirectNumber", [SHOWN, PHONE, OTHER_PHONE]),
        (OWN, "usageType=NumberPool", []),
        (OWN, "status=Normal&usageType=DirectNumber", [SHOWN]),
        (OWN, "status=Pending", []),
        (OWN, "perPage=1&page=4", [SHOWN]),
        (OWN, "perPage=4&page=2", [PHONE, OTHER_PHONE]),
        (OWN, "page=1000", []),
        (ALL, "usageType=CompanyNumber", [COMPANY_NUMBER, TOLL_FREE]),
        (ALL, "paymentType=TollFree", [TOLL_FREE]),
        (ALL, "paymentType=External", []),
        (ALL, "paymentType=TollFree&paymentType=Local&usageType=CompanyNumber", [COMPANY_NUMBER, TOLL_FREE]),
        (ALL, "status=Normal&status=Pending&perPage=1", [MAIN]),
        (ALL, "extensionStatus=Enabled", [SHOWN]),
        (ALL, "extensionStatus=Disabled", []),
    ],
)
async def test_filters_and_pages(world: WebWorld, target: str, query: str, numbers: list[str]) -> None:
    assert [r["phoneNumber"] for r in await records(world, f"{target}?{query}")] == numbers


async def test_pages_are_linked(world: WebWorld) -> None:
    body = (await world.ask("GET", f"{OWN}?perPage=4&usageType=MainCompanyNumber&usageType=ForwardedNumber")).json
    assert body["paging"] == {
        "page": 1, "perPage": 4, "totalPages": 1, "totalElements": 3, "pageStart": 0, "pageEnd": 2,
    }  # fmt: skip
    assert set(body["navigation"]) == {"firstPage", "lastPage"}
    body = (await world.ask("GET", f"{OWN}?perPage=4&status=Normal")).json
    following = body["navigation"]["nextPage"]["uri"].removeprefix("http://api.test:8080")
    assert "status=Normal" in following
    last = (await world.ask("GET", following)).json
    assert [r["phoneNumber"] for r in last["records"]] == [PHONE, OTHER_PHONE]
    assert last["navigation"]["previousPage"]["uri"] == body["uri"]
    assert "nextPage" not in last["navigation"]


@pytest.mark.parametrize(
    ("target", "query", "parameter"),
    [
        (OWN, "usageType=Mine", "usageType"),
        (OWN, "status=normal", "status"),
        (OWN, "page=0", "page"),
        (OWN, "perPage=0", "perPage"),
        (ALL, "paymentType=Free", "paymentType"),
        (ALL, "extensionStatus=On", "extensionStatus"),
        (ALL, "page=99999999999999999999999", "page"),
    ],
)
async def test_bad_queries(world: WebWorld, target: str, query: str, parameter: str) -> None:
    assert refusal(await world.ask("GET", f"{target}?{query}")) == (400, "CMN-101", parameter)


async def test_one_number_of_the_account(world: WebWorld) -> None:
    for record in await records(world, ALL):
        reply = await world.ask("GET", record["uri"].removeprefix("http://api.test:8080"))
        assert reply.json == record
        assert complaints("readAccountPhoneNumber", reply.json) == []
    for record in await records(world, OWN):
        assert (await world.ask("GET", record["uri"].removeprefix("http://api.test:8080"))).json == record


async def test_unknown_numbers(world: WebWorld) -> None:
    own_phone = world.user.forwarding_numbers[0].id
    for wrong in ("5", "x", "%2B16505550100", "-1", own_phone):
        assert refusal(await world.ask("GET", f"{ALL}/{wrong}")) == (404, "CMN-102", "phoneNumberId")
    assert refusal(await world.ask("GET", f"{OWN}/5")) == (404, "CMN-102", "phoneNumberId")
    direct = (await records(world, f"{OWN}?usageType=DirectNumber"))[0]["id"]
    token = await bearer_of(world, "reader", "reads", "104")
    reply = await world.ask("GET", f"{OWN}/{direct}", authorization=f"Bearer {token}")
    assert refusal(reply) == (404, "CMN-102", "phoneNumberId")


@pytest.mark.parametrize("target", [OWN, ALL, f"{ALL}/5", f"{EXTENSION}/device", f"{EXTENSION}/grant"])
async def test_the_scope_read_accounts_is_needed(world: WebWorld, target: str) -> None:
    token = await bearer_of(world, "caller", "calls")
    reply = await world.ask("GET", target, authorization=f"Bearer {token}")
    assert refusal(reply) == (403, "CMN-401", "ReadAccounts")


@pytest.mark.parametrize(("path", "operation"), [("device", "listExtensionDevices"), ("grant", "listExtensionGrants")])
async def test_lists_of_nothing(world: WebWorld, path: str, operation: str) -> None:
    for query in ("", "?perPage=5&page=1", "?type=HardPhone&linePooling=None"):
        reply = await world.ask("GET", f"{EXTENSION}/{path}{query}")
        assert complaints(operation, reply.json) == []
        assert reply.json["records"] == []
        assert reply.json["paging"]["totalElements"] == 0
    assert refusal(await world.ask("GET", f"{EXTENSION}/{path}?page=x")) == (400, "CMN-101", "page")
