"""What the OAuth endpoints say of a refusal, beside its status and codes."""

from typing import Any

import pytest

from fakes.asgi import ask
from fakes.web import CLIENT, FORM, JWT_GRANT, PASSWORD, SECRET, WebWorld, make_world
from ringout.service.tokens import GRACE_USED_SECONDS
from ringout.web.texts import LANGUAGES

LOGIN = {"client_id": CLIENT, "client_secret": SECRET}
USER = {"grant_type": "password", "username": "user@example.com", "password": PASSWORD}


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


async def refused(world: WebWorld, form: dict[str, str], **headers: str) -> Any:
    reply = await world.log_in(form, **headers)
    assert reply.status in (400, 401)
    return reply.json


@pytest.mark.parametrize(
    ("form", "name", "value"),
    [
        ({"client_id": "xx"}, "client_id", "xx"),
        ({}, "client_id", None),
        (LOGIN, "grant_type", None),
        ({**LOGIN, "grant_type": "device"}, "grant_type", "device"),
        ({**LOGIN, "grant_type": "client_credentials"}, "grant_type", "client_credentials"),
        ({"client_id": "public", **USER}, "grant_type", "password"),
        ({**LOGIN, **USER, "scope": "RingOut Faxes"}, "scope", "RingOut Faxes"),
        ({**LOGIN, **USER, "access_token_ttl": "soon"}, "access_token_ttl", "soon"),
        ({**LOGIN, **USER, "endpoint_id": "x" * 300}, "endpoint_id", "x" * 200),
        ({**LOGIN, "grant_type": JWT_GRANT, "assertion": "hush"}, "assertion", None),
        ({**LOGIN, "grant_type": "refresh_token", "refresh_token": "hush"}, "refresh_token", None),
        ({**LOGIN, "grant_type": "authorization_code", "code": "hush"}, "code", None),
    ],
)
async def test_the_field_to_blame_stands_on_both_layers_and_in_the_list_of_parameters(
    world: WebWorld, form: dict[str, str], name: str, value: str | None
) -> None:
    blamed = {"parameterName": name, **({} if value is None else {"parameterValue": value})}
    body = await refused(world, form)
    (error,) = body["errors"]
    assert error == {"errorCode": body["errorCode"], "message": body["message"], **blamed, "parameters": [blamed]}
    assert {key: body[key] for key in body if key.startswith("parameter")} == blamed


async def test_nobody_is_blamed_for_a_wrong_password(world: WebWorld) -> None:
    body = await refused(world, {**LOGIN, **USER, "password": "x"})
    assert set(body["errors"][0]) == {"errorCode", "message"}


@pytest.mark.parametrize("language", LANGUAGES[1:])
@pytest.mark.parametrize(
    "form",
    [
        {},
        {"client_id": "xx"},
        {**LOGIN, "client_secret": "x"},
        LOGIN,
        {**LOGIN, "grant_type": "device"},
        {**LOGIN, "grant_type": "client_credentials"},
        {"client_id": "public", **USER},
        {**LOGIN, **USER, "password": "x"},
        {**LOGIN, **USER, "scope": "Faxes"},
        {**LOGIN, "grant_type": JWT_GRANT, "assertion": "x"},
        {**LOGIN, "grant_type": "refresh_token", "refresh_token": "x"},
        {**LOGIN, "grant_type": "authorization_code", "code": "x"},
        {**LOGIN, "client_assertion": "x"},
    ],
)
async def test_messages_are_translated_and_descriptions_are_not(
    world: WebWorld, form: dict[str, str], language: str
) -> None:
    english = await refused(world, form)
    reply = await world.log_in(form, **{"accept-language": language})
    assert reply.headers["content-language"] == language
    assert reply.json["error_description"] == english["error_description"] == english["message"]
    assert reply.json["message"] == reply.json["errors"][0]["message"] != english["message"]
    assert "{" not in reply.json["message"]


async def test_the_reason_of_a_refused_assertion_is_translated_too(world: WebWorld) -> None:
    form = {**LOGIN, "grant_type": JWT_GRANT, "assertion": "x"}
    german = (await world.log_in(form, **{"accept-language": "de"})).json
    assert german["message"] == "Die Assertion ist ungültig: nicht von diesem Server signiert"


async def test_a_refresh_that_asks_for_more_than_was_allowed_changes_nothing(world: WebWorld) -> None:
    first = (await world.log_in({**LOGIN, **USER, "scope": "RingOut"})).json
    form = {**LOGIN, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    body = await refused(world, {**form, "scope": "RingOut ReadAccounts"})
    assert (body["error"], body["errorCode"], body["parameterName"]) == ("invalid_scope", "CMN-101", "scope")
    assert (await world.log_in({**form, "scope": "RingOut"})).status == 200


@pytest.mark.parametrize("seconds", ["0", "-1"])
async def test_no_refresh_token_for_who_wants_none(world: WebWorld, seconds: str) -> None:
    form = {**LOGIN, **USER}
    body = (await world.log_in({**form, "refresh_token_ttl": seconds})).json
    assert body["access_token"]
    assert not {"refresh_token", "refresh_token_expires_in"} & set(body)
    first = (await world.log_in(form)).json
    refresh = {**LOGIN, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    last = (await world.log_in({**refresh, "refresh_token_ttl": seconds})).json
    assert last["access_token"]
    assert not {"refresh_token", "refresh_token_expires_in"} & set(last)


async def test_an_exchanged_refresh_token_still_logs_out(world: WebWorld) -> None:
    """The answer of the exchange may have been lost, and the user wants to be logged out all the same."""
    first = (await world.log_in({**LOGIN, **USER})).json
    second = (
        await world.log_in({**LOGIN, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]})
    ).json
    world.clock.pass_seconds(GRACE_USED_SECONDS)
    for client, status in (("public", 404), (CLIENT, 401)):
        body = f"token={first['refresh_token']}&client_id={client}&client_secret={SECRET.replace('+', '%2B')}"
        body = body.replace("of%the", "of%25the")
        gone = await ask(world.app, "POST", "/restapi/oauth/revoke", body.encode(), {"content-type": FORM})
        assert gone.status == 200
        got = await world.ask("GET", f"{world.home}/ringout/5", authorization=f"Bearer {second['access_token']}")
        assert got.status == status
