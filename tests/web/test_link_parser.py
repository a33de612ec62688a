"""Links, read by the server for pages and dialers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.web import WebWorld, make_world


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("rcmobile://call?number=16501112222", {"phoneNumber": "+16501112222", "formatted": "+1 (650) 111-2222"}),
        (
            "tel:+44-20-7946-0958;ext=12;isub=7;postd=p99%23",
            {
                "phoneNumber": "+442079460958", "formatted": "+44 20 7946 0958", "extension": "12",
                "postDial": ",99#", "subAddress": "7",
            },
        ),
        ("tel:102", {"phoneNumber": "102", "formatted": "102"}),
    ],
)  # fmt: skip
async def test_tells_the_parts(world: WebWorld, link: str, told: dict[str, str]) -> None:
    reply = await world.ask("POST", f"{world.home}/link/parse", {"link": link})
    assert (reply.status, reply.json) == (200, told)
    assert not world.store.rows


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({}, "CMN-100", "[link] is mandatory"),
        ({"link": ""}, "CMN-100", "[link] is mandatory"),
        ({"link": 16501112222}, "CMN-101", "[link] value is invalid"),
        ({"link": "mailto:x@example.com"}, "CMN-101", "does not name one phone number."),
        ({"link": "tel:+16501112222\r\nX: y"}, "CMN-101", "has control characters in it."),
        ({"link": "tel:+1" + "6" * 600}, "CMN-101", "is too long."),
    ],
)
async def test_refuses_by_the_name_of_the_field(
    world: WebWorld, body: dict[str, object], code: str, words: str
) -> None:
    reply = await world.ask("POST", f"{world.home}/link/parse", body)
    assert reply.status == 400
    (error,) = reply.json["errors"]
    assert (error["errorCode"], error["parameterName"]) == (code, "link")
    assert words in error["message"]
    assert len(error.get("parameterValue", "")) <= 200


async def test_reads_in_the_country_of_the_account(world: WebWorld) -> None:
    await world.accounts.change_account(world.user.account_id, lambda account: replace(account, country="gb"))
    reply = await world.ask("POST", f"{world.home}/link/parse", {"link": "tel:020 7946 0958"})
    assert reply.json["phoneNumber"] == "+442079460958"


async def test_needs_a_login(world: WebWorld) -> None:
    reply = await world.ask("POST", f"{world.home}/link/parse", {"link": "tel:102"}, authorization="")
    assert reply.status == 401
