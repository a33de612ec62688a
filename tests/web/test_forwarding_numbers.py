"""The list of the user's phones: every rule that can be broken here has its code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.description import complaints
from fakes.forwarding import ABROAD, DESK, LIST, NEW, add, left, phone, with_phones
from fakes.people import COMPANY_NUMBER, bearer_of, change_user, people_world, refusal
from fakes.web import MAIN, OTHER_PHONE, PHONE, SHOWN, WebWorld
from ringout.domain.account import ForwardingNumber, PhoneType


@pytest.fixture
async def world() -> WebWorld:
    return await people_world()


# --- reading -------------------------------------------------------------------------------------------------------


async def test_the_list_is_as_described(world: WebWorld) -> None:
    reply = await world.ask("GET", LIST)
    assert reply.status == 200
    wrong = complaints("listForwardingNumbers", reply.json)
    assert [w for w in wrong if not w.endswith(".default is not described")] == []


async def test_one_phone_in_full(world: WebWorld) -> None:
    made = (await add(world, label="Desk", flipNumber=7)).json
    reply = await world.ask("GET", f"{LIST}/{made['id']}")
    user = world.user
    root = f"http://api.test:8080/restapi/v1.0/account/{user.account_id}/extension/{user.id}"
    assert reply.json == {
        "id": made["id"],
        "uri": f"{root}/forwarding-number/{made['id']}",
        "phoneNumber": NEW,
        "label": "Desk",
        "features": ["CallFlip", "CallForwarding"],
        "type": "Other",
        "flipNumber": "7",
        "default": False,
    }
    assert isinstance(made["id"], str)


async def test_pages(world: WebWorld) -> None:
    await with_phones(world, *(phone(n) for n in range(1, 6)))
    body = (await world.ask("GET", f"{LIST}?page=2&perPage=2")).json
    assert [r["flipNumber"] for r in body["records"]] == ["3", "4"]
    assert body["paging"] == {
        "page": 2, "perPage": 2, "totalPages": 3, "totalElements": 5, "pageStart": 2, "pageEnd": 3,
    }  # fmt: skip
    assert set(body["navigation"]) == {"firstPage", "lastPage", "previousPage", "nextPage"}


async def test_a_number_of_the_configuration_is_called_by_its_number(world: WebWorld) -> None:
    records = (await world.ask("GET", LIST)).json["records"]
    assert [(r["phoneNumber"], r["label"], r["default"]) for r in records] == [
        (PHONE, PHONE, True),
        (OTHER_PHONE, OTHER_PHONE, False),
    ]
    assert "flipNumber" not in records[0]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("unknown", ["1", "x", "99999999999999999999", "%C3%A4"])
async def test_an_unknown_one_is_404(world: WebWorld, method: str, unknown: str) -> None:
    reply = await world.ask(method, f"{LIST}/{unknown}", {} if method == "PUT" else b"")
    assert refusal(reply) == (404, "CMN-102", "forwardingNumberId")
    assert reply.json["message"] == "Resource for parameter [forwardingNumberId] is not found"


# --- adding --------------------------------------------------------------------------------------------------------

ACCEPTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"label": "Desk", "type": "Other", "flipNumber": "1", "default": False}),
    ({"type": "Other"}, {"label": "Desk", "type": "Other"}),
    ({"type": "Mobile"}, {"label": "Mobile", "type": "Mobile"}),
    ({"type": "Home", "label": ...}, {"label": "Home", "type": "Home"}),
    ({"type": "Work", "label": ""}, {"label": "Work", "type": "Work"}),
    ({"type": "Outage", "label": "ignored"}, {"label": "Outage", "type": "Outage"}),
    ({"label": "  Desk upstairs "}, {"label": "Desk upstairs"}),
    ({"label": "x" * 60}, {"label": "x" * 60}),
    ({"flipNumber": 5}, {"flipNumber": "5"}),
    ({"flipNumber": "5"}, {"flipNumber": "5"}),
    ({"flipNumber": None}, {"flipNumber": "1"}),
    ({"default": True}, {"default": True}),
    ({"phoneNumber": "(650) 555-0188"}, {"phoneNumber": NEW}),
    ({"phoneNumber": "16505550188 "}, {"phoneNumber": NEW}),
    ({"phoneNumber": "6505550188"}, {"phoneNumber": NEW}),
    ({"phoneNumber": "+16045550188"}, {"phoneNumber": "+16045550188"}),
    ({"id": "1", "unknown": 1}, {"label": "Desk"}),
]


@pytest.mark.parametrize(("sent", "answered"), ACCEPTED)
async def test_accepted(world: WebWorld, sent: dict[str, Any], answered: dict[str, Any]) -> None:
    reply = await add(world, **sent)
    assert reply.status == 200, reply.body
    assert {name: reply.json[name] for name in answered} == answered
    assert reply.json == (await world.ask("GET", f"{LIST}/{reply.json['id']}")).json


async def test_a_new_one_gets_the_lowest_free_flip_number(world: WebWorld) -> None:
    await with_phones(world, phone(1), phone(3))
    assert (await add(world)).json["flipNumber"] == "2"


MANY = tuple(phone(n) for n in range(1, 8)) + tuple(
    phone(n, type_) for n, type_ in ((8, PhoneType.HOME), (9, PhoneType.WORK), (10, PhoneType.MOBILE))
)
REFUSED: list[tuple[str, tuple[ForwardingNumber, ...], dict[str, Any], str]] = [
    ("FPN-102", (DESK,), {"label": "desk"}, "label"),
    ("FPN-102", (phone(1, PhoneType.HOME, "Home"),), {"type": "Home"}, "label"),
    ("FPN-102", (phone(1, label="Work"),), {"type": "Work"}, "label"),
    ("FPN-103", MANY, {"type": "Outage"}, "phoneNumber"),
    ("FPN-104", MANY[:7], {}, "label"),
    ("FPN-105", (), {"phoneNumber": MAIN}, "phoneNumber"),
    ("FPN-105", (), {"phoneNumber": COMPANY_NUMBER}, "phoneNumber"),
    ("FPN-105", (), {"phoneNumber": SHOWN}, "phoneNumber"),
    ("FPN-105", (), {"phoneNumber": f"{MAIN}*101"}, "phoneNumber"),
    ("FPN-106", (phone(4),), {"flipNumber": 4}, "flipNumber"),
    ("FPN-106", (phone(4),), {"flipNumber": "4"}, "flipNumber"),
    ("FPN-108", (), {"phoneNumber": ABROAD}, "phoneNumber"),
    ("FPN-109", (), {"device": {"id": "1"}}, "device"),
    ("FPN-110", (), {"type": "PhoneLine"}, "device"),
    ("FPN-110", (), {"type": "PhoneLine", "phoneNumber": ...}, "device"),
    ("FPN-111", (), {"device": {"id": "1"}, "phoneNumber": ...}, "device"),
    ("FPN-112", (), {"phoneNumber": ...}, "phoneNumber"),
    ("FPN-116", (), {"label": ...}, "label"),
    ("FPN-116", (), {"type": "Other", "label": "  "}, "label"),
    ("CMN-101", (), {"phoneNumber": "nobody"}, "phoneNumber"),
    ("CMN-101", (), {"phoneNumber": ""}, "phoneNumber"),
    ("CMN-101", (), {"phoneNumber": 5}, "phoneNumber"),
    ("CMN-101", (), {"phoneNumber": "+14155550199*7"}, "phoneNumber"),
    ("CMN-101", (), {"phoneNumber": "911"}, "phoneNumber"),
    ("CMN-101", (), {"phoneNumber": "+1911"}, "phoneNumber"),
    ("CMN-101", (), {"phoneNumber": "9-1-1"}, "phoneNumber"),
    ("CMN-101", (), {"phoneNumber": "+19115550188"}, "phoneNumber"),
    ("CMN-101", (), {"phoneNumber": "+19005550188"}, "phoneNumber"),
    ("CMN-101", (), {"flipNumber": 0}, "flipNumber"),
    ("CMN-101", (), {"flipNumber": 100}, "flipNumber"),
    ("CMN-101", (), {"flipNumber": "two"}, "flipNumber"),
    ("CMN-101", (), {"flipNumber": 2**70}, "flipNumber"),
    ("CMN-101", (), {"label": "x" * 61}, "label"),
    ("CMN-101", (), {"label": "two\nlines"}, "label"),
    ("CMN-101", (), {"type": "Yacht"}, "type"),
    ("CMN-101", (), {"type": "ExtensionApps"}, "type"),
    ("CMN-101", (), {"default": "yes"}, "default"),
    ("CMN-406", (replace(phone(1), number=NEW),), {"phoneNumber": NEW}, "phoneNumber"),
]


@pytest.mark.parametrize(("code", "there", "sent", "blamed"), REFUSED)
async def test_refused(
    world: WebWorld, code: str, there: tuple[ForwardingNumber, ...], sent: dict[str, Any], blamed: str
) -> None:
    await with_phones(world, *there)
    reply = await add(world, **sent)
    assert refusal(reply) == (400, code, blamed)
    assert world.accounts.extension(world.user.id).forwarding_numbers == there


async def test_fpn_113_for_a_device_that_is_not_there(world: WebWorld) -> None:
    reply = await add(world, type="PhoneLine", device={"id": "1"}, phoneNumber=...)
    assert refusal(reply) == (404, "FPN-113", "device.id")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("FPN-102", "Label of number desk duplicates with existing forwarding number label"),
        ("FPN-103", "Limit of available forwarding numbers (10) exceeded"),
        ("FPN-104", "Limit of available custom labeled forwarding numbers (7) exceeded"),
        ("FPN-105", f"Number {MAIN} duplicates with company/extension direct number"),
        ("FPN-106", "Flip number 4 is already in use"),
        ("FPN-108", "International calling is currently disabled"),
    ],
)
async def test_the_sentences_that_clients_know(world: WebWorld, code: str, sentence: str) -> None:
    _, there, sent, _ = next(row for row in REFUSED if row[0] == code)
    await with_phones(world, *there)
    body = (await add(world, **sent)).json
    assert (body["errorCode"], body["message"], body["errors"][0]["message"]) == (code, sentence, sentence)


@pytest.mark.parametrize("number", ["911", "9-1-1", "+1911", "9911", "112", "+19115550188", "000"])
async def test_emergency_numbers_are_refused_with_the_reason(world: WebWorld, number: str) -> None:
    reply = await add(world, phoneNumber=number)
    assert refusal(reply) == (400, "CMN-101", "phoneNumber")
    assert reply.json["message"].startswith("Parameter [phoneNumber] value is invalid. Emergency numbers cannot be")


async def test_phones_abroad_need_the_account_and_the_user(world: WebWorld) -> None:
    await world.accounts.change_account(world.user.account_id, lambda old: replace(old, international=True))
    await change_user(world, international=False)
    assert (await add(world, phoneNumber=ABROAD)).json["errorCode"] == "FPN-108"
    await change_user(world, international=True)
    assert (await add(world, phoneNumber=ABROAD)).status == 200


# --- who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", "", "ReadAccounts"),
        ("POST", "", "EditExtensions"),
        ("DELETE", "", "EditExtensions"),
        ("GET", "/1", "ReadAccounts"),
        ("PUT", "/1", "EditExtensions"),
        ("DELETE", "/1", "EditExtensions"),
    ],
)
async def test_permissions_of_the_application(world: WebWorld, method: str, path: str, permission: str) -> None:
    world.bearer = await bearer_of(world, "caller", "calls")
    reply = await world.ask(method, LIST + path, {})
    assert refusal(reply) == (403, "CMN-401", permission)


async def test_other_peoples_phones_are_not_to_be_had(world: WebWorld) -> None:
    colleague = world.accounts.extension_by_number("102")
    theirs = colleague.forwarding_numbers[0].id
    foreign = LIST.replace("extension/~", f"extension/{colleague.id}")
    assert refusal(await world.ask("GET", foreign))[:2] == (403, "CMN-404")
    assert refusal(await world.ask("DELETE", f"{LIST}/{theirs}"))[:2] == (404, "CMN-102")
    assert world.accounts.extension_by_number("102") == colleague


async def test_a_full_disk_changes_nothing(world: WebWorld) -> None:
    world.accounts._store.disk_full = True  # type: ignore[attr-defined]
    before = await left(world)
    assert (await add(world)).status == 503
    assert await left(world) == before
