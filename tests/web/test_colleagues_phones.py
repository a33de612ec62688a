"""A colleague is called by the extension number; which phone rings then is nobody else's business."""

from typing import Any

import pytest

from fakes.web import COLLEAGUE, MAIN, PHONE, WebWorld, make_world

NUMBER = COLLEAGUE.forwarding_numbers[0]
TO = "+14155550199"


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


async def told(world: WebWorld, twin: str, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The status of the RingOut, and the text of every answer in which it stands, while it runs and after."""
    placed = await world.ask("POST", f"{world.home}/{twin}", body)
    assert placed.status == 200
    answers = [placed]
    for over in (False, True):
        if over:
            world.end(world.engine.placed[-1][0].id)
        for path in (
            placed.json["uri"].removeprefix("http://api.test:8080"),
            f"{world.home}/presence?detailedTelephonyState=true",
            f"{world.home}/active-calls?view=Detailed",
            f"{world.home}/call-log?view=Detailed",
            f"{world.home}/call-log-sync?syncType=FSync&view=Detailed",
        ):
            answers.append(await world.ask("GET", path))
            assert answers[-1].status == 200, path
    return placed.json["status"], "\n".join(answer.body.decode() for answer in answers)


@pytest.mark.parametrize("named", ["102", f"{MAIN}*102"])
@pytest.mark.parametrize("twin", ["ringout", "ring-out"])
async def test_the_number_behind_an_extension_is_not_told(world: WebWorld, twin: str, named: str) -> None:
    body = {"from": {"phoneNumber": PHONE}, "to": {"phoneNumber": named}}
    status, everything = await told(world, twin, body)
    assert status["callee"]["extensionNumber"] == "102"
    assert "phoneNumber" not in status["callee"]
    assert status["caller"]["phoneNumber"] == PHONE
    assert NUMBER not in everything
    assert world.engine.placed[-1][1].callee_number == NUMBER  # which rings all the same
    status, everything = await told(world, twin, {"from": {"phoneNumber": named}, "to": {"phoneNumber": TO}})
    assert status["caller"]["extensionNumber"] == "102"
    assert NUMBER not in everything


async def test_a_number_that_was_dialled_is_told(world: WebWorld) -> None:
    body = {"from": {"phoneNumber": f"{MAIN}*101"}, "to": {"phoneNumber": NUMBER}}
    status, everything = await told(world, "ring-out", body)
    assert status["callee"]["phoneNumber"] == NUMBER
    assert status["caller"]["phoneNumber"] == PHONE  # one's own
    assert NUMBER in everything


async def test_the_call_log_names_the_colleague(world: WebWorld) -> None:
    await told(world, "ring-out", {"from": {"phoneNumber": PHONE}, "to": {"phoneNumber": "102"}})
    inbound, outbound = sorted(
        (await world.ask("GET", f"{world.home}/call-log")).json["records"], key=lambda record: record["direction"]
    )
    for record in (inbound, outbound):
        assert record["to"] == {
            "extensionNumber": "102",
            "extensionId": str(world.accounts.extension_by_number("102").id),
            "name": "Colleague",
        }
    (live,) = (await world.ask("GET", f"{world.home}/active-calls")).json["records"]
    assert live["to"] == outbound["to"]
