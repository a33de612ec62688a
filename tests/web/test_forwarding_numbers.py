"""The list of the user's phones: every rule that can be broken here has its code."""

from dataclasses import replace
from typing import Any

import pytest

from fakes.description import complaints
from fakes.people import COMPANY_NUMBER, EXTENSION, bearer_of, change_user, people_world, refusal
from fakes.web import MAIN, OTHER_PHONE, PHONE, SHOWN, WebWorld
from ringout.domain.account import ForwardingNumber, PhoneType

LIST = f"{EXTENSION}/forwarding-number"
NEW = "+16505550188"
ABROAD = "+442071838750"


@pytest.fixture
async def world() -> WebWorld:
    return await people_world()


async def add(world: WebWorld, **fields: Any) -> Any:
    body = {"phoneNumber": NEW, "label": "Desk", **fields}
    return await world.ask("POST", LIST, {name: value for name, value in body.items() if value is not ...})


async def member(world: WebWorld, position: int = 0) -> str:
    return f"{LIST}/{world.accounts.extension(world.user.id).forwarding_numbers[position].id}"


async def with_phones(world: WebWorld, *phones: ForwardingNumber) -> None:
    await change_user(world, forwarding_numbers=phones, default_forwarding_id=None)


def phone(number: int, type_: PhoneType = PhoneType.OTHER, label: str | None = None) -> ForwardingNumber:
    return ForwardingNumber(str(number), f"+1650555{1000 + number}", label or f"Phone {number}", type_, number)


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
DESK = phone(1, label="Desk")
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


# --- changing ------------------------------------------------------------------------------------------------------

CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"label": "Desk", "phoneNumber": "+16505551001", "flipNumber": "1"}),
    ({"label": "Chair"}, {"label": "Chair", "phoneNumber": "+16505551001"}),
    ({"label": "Desk"}, {"label": "Desk"}),
    ({"phoneNumber": NEW}, {"label": "Desk", "phoneNumber": NEW}),
    ({"phoneNumber": "+16505551001"}, {"phoneNumber": "+16505551001"}),
    ({"flipNumber": "9"}, {"flipNumber": "9"}),
    ({"flipNumber": 9}, {"flipNumber": "9"}),
    ({"flipNumber": "1"}, {"flipNumber": "1"}),
    ({"type": "Other", "label": "Chair"}, {"label": "Chair", "type": "Other"}),
]


@pytest.mark.parametrize(("sent", "answered"), CHANGES)
async def test_a_change(world: WebWorld, sent: dict[str, Any], answered: dict[str, Any]) -> None:
    await with_phones(world, DESK, phone(2))
    reply = await world.ask("PUT", await member(world), sent)
    assert reply.status == 200, reply.body
    assert {name: reply.json[name] for name in answered} == answered
    assert (await world.ask("GET", await member(world))).json == reply.json


async def test_with_its_type_named_a_label_is_ignored(world: WebWorld) -> None:
    await with_phones(world, phone(1, PhoneType.HOME, "Home"))
    reply = await world.ask("PUT", await member(world), {"type": "Home", "label": "Castle"})
    assert (reply.status, reply.json["label"]) == (200, "Home")


LINE = phone(1, PhoneType.PHONE_LINE)
REFUSED_CHANGES: list[tuple[str, ForwardingNumber, dict[str, Any], str]] = [
    ("FPN-102", DESK, {"label": "PHONE 2"}, "label"),
    ("FPN-105", DESK, {"phoneNumber": MAIN}, "phoneNumber"),
    ("FPN-106", DESK, {"flipNumber": "2"}, "flipNumber"),
    ("FPN-108", DESK, {"phoneNumber": ABROAD}, "phoneNumber"),
    ("FPN-116", DESK, {"label": ""}, "label"),
    ("FPN-122", DESK, {"type": "Home"}, "type"),
    ("FPN-122", DESK, {"type": "PhoneLine"}, "type"),
    ("FPN-124", LINE, {"phoneNumber": NEW}, "phoneNumber"),
    ("FPN-125", phone(1, PhoneType.WORK, "Work"), {"label": "Mill"}, "label"),
    ("CMN-101", DESK, {"phoneNumber": "112"}, "phoneNumber"),
    ("CMN-101", DESK, {"flipNumber": ""}, "flipNumber"),
    ("CMN-406", DESK, {"phoneNumber": "+16505551002"}, "phoneNumber"),
]


@pytest.mark.parametrize(("code", "there", "sent", "blamed"), REFUSED_CHANGES)
async def test_a_change_that_is_refused(
    world: WebWorld, code: str, there: ForwardingNumber, sent: dict[str, Any], blamed: str
) -> None:
    await with_phones(world, there, phone(2))
    reply = await world.ask("PUT", await member(world), sent)
    assert refusal(reply) == (400, code, blamed)
    assert world.accounts.extension(world.user.id).forwarding_numbers == (there, phone(2))


# --- removing ------------------------------------------------------------------------------------------------------


async def left(world: WebWorld) -> list[tuple[str, bool]]:
    return [(r["id"], r["default"]) for r in (await world.ask("GET", LIST)).json["records"]]


async def test_a_removal(world: WebWorld) -> None:
    await with_phones(world, phone(1), phone(2))
    assert (await world.ask("DELETE", f"{LIST}/1", {})).status == 204  # some SDKs send a body
    assert await left(world) == [("2", True)]


async def test_several_at_once(world: WebWorld) -> None:
    await with_phones(world, phone(1), phone(2), phone(3))
    records = [{"forwardingNumberId": "1"}, {"forwardingNumberId": "3"}, {"forwardingNumberId": "1"}]
    reply = await world.ask("DELETE", LIST, {"records": records})
    assert (reply.status, reply.body) == (204, b"")
    assert await left(world) == [("2", True)]


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        (
            {"records": [{"forwardingNumberId": "1"}, {"forwardingNumberId": "9"}]},
            (404, "CMN-102", "forwardingNumberId"),
        ),
        ({"records": [{}]}, (400, "CMN-100", "records.forwardingNumberId")),
        ({"records": [{"forwardingNumberId": 1}]}, (400, "CMN-101", "records.forwardingNumberId")),
        ({"records": {}}, (400, "CMN-101", "records")),
        ({}, (400, "CMN-100", "records")),
        (b"", (400, "CMN-100", "records")),
        ({"records": [{"forwardingNumberId": "1"}] * 101}, (400, "CMN-101", "records")),
    ],
)
async def test_all_or_none(world: WebWorld, sent: Any, refused: tuple[int, str, str]) -> None:
    await with_phones(world, phone(1), phone(2))
    status, code, blamed = refusal(await world.ask("DELETE", LIST, sent))
    assert (status, code) == refused[:2]
    assert blamed is not None
    assert blamed.startswith("records") or blamed == refused[2]
    assert len(await left(world)) == 2


@pytest.mark.parametrize("at_once", [False, True])
async def test_fpn_107_for_the_number_of_a_device(world: WebWorld, at_once: bool) -> None:
    await with_phones(world, phone(2), LINE)
    if at_once:
        body = {"records": [{"forwardingNumberId": "2"}, {"forwardingNumberId": "1"}]}
        reply = await world.ask("DELETE", LIST, body)
    else:
        reply = await world.ask("DELETE", f"{LIST}/1")
    assert refusal(reply) == (403, "FPN-107", "forwardingNumberId")
    assert len(await left(world)) == 2


# --- the default ---------------------------------------------------------------------------------------------------


async def test_one_is_the_default(world: WebWorld) -> None:
    await with_phones(world, phone(1), phone(2), phone(3))
    assert await left(world) == [("1", True), ("2", False), ("3", False)]
    assert (await world.ask("PUT", f"{LIST}/2", {"default": True})).json["default"] is True
    assert await left(world) == [("1", False), ("2", True), ("3", False)]
    assert (await add(world, default=True)).json["default"] is True
    assert [default for _, default in await left(world)] == [False, False, False, True]
    assert (await world.ask("PUT", f"{LIST}/3", {"default": False})).json["default"] is False
    assert [default for _, default in await left(world)] == [False, False, False, True]


async def test_without_its_mark_or_its_number_the_first_is_the_default(world: WebWorld) -> None:
    await with_phones(world, phone(1), phone(2))
    await world.ask("PUT", f"{LIST}/2", {"default": True})
    await world.ask("PUT", f"{LIST}/2", {"default": False})
    assert await left(world) == [("1", True), ("2", False)]
    await world.ask("PUT", f"{LIST}/2", {"default": True})
    await world.ask("DELETE", f"{LIST}/2")
    assert await left(world) == [("1", True)]
    assert world.accounts.extension(world.user.id).default_forwarding_id is None


async def test_the_default_is_what_a_ring_out_rings(world: WebWorld) -> None:
    made = (await add(world, default=True)).json
    reply = await world.place(**{"from": ...})
    assert reply.status == 200, reply.body
    assert world.engine.placed[0][1].caller_number == made["phoneNumber"]


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
