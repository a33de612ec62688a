"""The limits over the whole API."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from fakes.web import CLIENT, CONFIG, JWT_GRANT, MAIN, PASSWORD, SECRET, WebWorld, make_world
from ringout.config import Config, LimitsConfig

LIMITED = replace(CONFIG, limits=LimitsConfig(light=3, medium=4, heavy=2, auth=3))
NAMES = ("group", "limit", "remaining", "window")


@pytest.fixture
async def world() -> WebWorld:
    made = await make_world(LIMITED)
    made.clock.pass_seconds(60)  # its own login is forgotten
    return made


def shown(reply: Any) -> tuple[str, ...]:
    return tuple(reply.headers.get(f"x-rate-limit-{name}", "") for name in NAMES)


async def test_every_answer_tells_the_limit(world: WebWorld) -> None:
    placed = await world.place()
    assert shown(placed) == ("heavy", "2", "1", "60")
    path = f"{world.home}/ringout/{placed.json['id']}"
    assert shown(await world.ask("GET", path)) == ("light", "3", "2", "60")
    assert shown(await world.ask("GET", f"{world.home}/ringout/5")) == ("light", "3", "1", "60")  # a 404
    assert shown(await world.ask("POST", f"{world.home}/ringout", {})) == ("heavy", "2", "0", "60")  # a 400
    assert shown(await world.ask("GET", "/restapi")) == ("", "", "", "")  # no group


async def test_the_penalty_starts_anew_with_every_request(world: WebWorld) -> None:
    path = f"{world.home}/ringout/5"
    for _ in range(3):
        assert (await world.ask("GET", path)).status == 404
    for seconds in (0, 59, 59.9):
        world.clock.pass_seconds(seconds)
        reply = await world.ask("GET", path)
        assert reply.status == 429
        assert reply.json["errors"] == [{"errorCode": "CMN-301", "message": "Request rate exceeded"}]
        assert reply.json["errorCode"] == "CMN-301"
        assert reply.headers["retry-after"] == "60"
        assert shown(reply) == ("light", "3", "0", "60")
    assert (await world.place()).status == 200  # the other groups are not touched
    world.clock.pass_seconds(60)
    reply = await world.ask("GET", path)
    assert (reply.status, shown(reply)) == (404, ("light", "3", "2", "60"))


async def test_each_user_and_application_for_itself(world: WebWorld) -> None:
    for _ in range(4):
        last = await world.ask("GET", f"{world.home}/ringout/5")
    assert last.status == 429
    jwt = await world.tokens.jwts.issue(world.user.id, "x")
    other = (await world.log_in({"grant_type": JWT_GRANT, "assertion": jwt, "client_id": "public"})).json
    reply = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {other['access_token']}")
    assert (reply.status, shown(reply)) == (404, ("light", "3", "2", "60"))
    colleague = world.accounts.extension_by_number("102").id
    jwt = await world.tokens.jwts.issue(colleague, "x")
    form = {"grant_type": JWT_GRANT, "assertion": jwt, "client_id": CLIENT, "client_secret": SECRET}
    other = (await world.log_in(form)).json
    reply = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {other['access_token']}")
    assert reply.status == 404


async def test_a_refused_token_counts_for_nobody(world: WebWorld) -> None:
    for _ in range(10):
        assert (await world.ask("GET", f"{world.home}/ringout/5", authorization="Bearer x")).status == 401
    assert shown(await world.ask("GET", f"{world.home}/ringout/5"))[2] == "2"


async def test_logins_of_one_user_and_of_others(world: WebWorld) -> None:
    basic = "Basic " + base64.b64encode(f"{CLIENT}:wrong".encode()).decode()
    form = {"grant_type": "password", "username": MAIN, "extension": "101", "password": PASSWORD}
    for left in ("2", "1", "0"):
        assert shown(await world.log_in(form, authorization=basic)) == ("auth", "3", left, "60")
    assert (await world.log_in(form, authorization=basic)).status == 429
    assert (await world.log_in({**form, "extension": "102"}, authorization=basic)).status != 429
    right = {**form, "client_id": CLIENT, "client_secret": SECRET}
    assert (await world.log_in(right)).status == 200  # another application, as far as anybody can tell
    for _ in range(4):
        last = await world.log_in({"grant_type": "nonsense"})
    assert last.status == 429  # nobody is named: counted by address


@pytest.mark.parametrize(
    "stranger",
    [
        {"grant_type": "password", "username": MAIN, "extension": "101", "password": "guess", "client_id": CLIENT},
        {"grant_type": "password", "username": MAIN, "extension": "101", "password": "guess", "client_id": "public"},
    ],
)
async def test_a_stranger_does_not_use_up_a_user_s_logins(world: WebWorld, stranger: dict[str, str]) -> None:
    for _ in range(10):
        last = await world.log_in(stranger, client="203.0.113.7")
    assert last.status == 429
    right = {**stranger, "client_id": CLIENT, "client_secret": SECRET, "password": PASSWORD}
    assert (await world.log_in(right, client="198.51.100.1")).status == 200


async def test_a_form_of_thousands_of_fields_is_not_read(world: WebWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's request must not cost more than one that is refused at once."""
    read: list[str] = []
    monkeypatch.setattr("ringout.web.endpoint.parse_qsl", lambda text: read.append(text) or [])
    reply = await world.log_in("a=%41&" * 10_000)
    assert (reply.status, reply.json["errorCode"]) == (400, "CMN-104")
    assert read == []


async def test_a_field_that_the_grant_does_not_have_makes_nobody_another(world: WebWorld) -> None:
    jwt = await world.tokens.jwts.issue(world.user.id, "x")
    form = {"grant_type": JWT_GRANT, "assertion": jwt, "client_id": CLIENT, "client_secret": SECRET}
    replies = [await world.log_in({**form, "username": f"{n}", "extension": f"{n}"}) for n in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]


@pytest.mark.parametrize("config", [CONFIG, replace(CONFIG, limits=LimitsConfig(light=0, heavy=1))])
async def test_the_figure_0_switches_a_group_off(config: Config) -> None:
    world = await make_world(config)
    for _ in range(60):
        reply = await world.ask("GET", f"{world.home}/ringout/5")
    assert (reply.status, shown(reply)) == (404, ("", "", "", ""))


async def test_the_default_figures_are_the_documented_ones() -> None:
    world = await make_world(replace(CONFIG, limits=LimitsConfig()))
    placed = await world.place()
    assert shown(placed)[:2] == ("heavy", "10")
    assert shown(await world.ask("GET", f"{world.home}/ringout/5"))[:2] == ("light", "50")
    assert shown(await world.log_in({}))[:2] == ("auth", "5")
