"""Event streams over real sockets: what a client reads, and what becomes of those who read slowly or not at all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from fakes.event_streams import FEW, LIMITS, Running, running_with
from fakes.web import CONFIG
from ringout.config import HttpConfig
from ringout.domain.account import Client
from ringout.net.http_connection import HttpLimits
from ringout.service.tokens import Lifetimes


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with running_with() as made:
        yield made


async def test_a_ring_out_from_its_beginning_to_its_end(running: Running) -> None:
    number, text = await running.place()
    stream = await running.follow(f"{text}/events")
    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert stream.headers["cache-control"] == "no-store"
    assert "content-length" not in stream.headers
    ids = []
    for reason in ("", "Ringing", "OK", "Bye"):
        if reason:
            await running.change(number, reason, ended=reason == "Bye")
        event = await stream.event()
        assert event is not None
        assert event.event == "ring-out"
        assert event.json == await running.get(text), "the same facts as the status resource"
        assert event.json["status"]["callee"].get("sipReason", "") == reason
        ids.append(event.id)
    assert ids == sorted(set(ids))
    assert "endTime" in event.json
    assert await stream.event() is None, "the server ends the stream after the end"


async def test_all_ring_outs_of_the_user(running: Running) -> None:
    (first, first_text), (_, second_text) = await running.place(), await running.place()
    stream = await running.follow()
    assert [(await stream.told())["id"] for _ in range(2)] == [first_text, second_text]
    await running.change(first, "Bye", ended=True)
    ended = await stream.told()
    assert ended == await running.get(first_text)
    assert ended["uri"].endswith(f"/ring-out/{first_text}")
    _, third_text = await running.place()
    assert (await stream.told())["id"] == third_text
    assert running.open_streams == 1


async def test_two_connections_with_different_names_of_the_server(running: Running) -> None:
    """Each is told the addresses by which it came."""
    _, text = await running.place()
    told = [await (await running.follow(f"{text}/events", host=host)).told() for host in ("", "other.test")]
    assert [t["uri"].partition("/rest")[0] for t in told] == ["http://api.test", "http://api.test"]


async def test_resuming(running: Running) -> None:
    number, text = await running.place()
    stream = await running.follow(f"{text}/events")
    first = await stream.event()
    await stream.leave()
    await running.until_streams(0)
    await running.change(number, "Ringing")
    await running.change(number, "OK")
    assert first is not None
    resumed = await running.follow(f"{text}/events", last_event_id=first.id)
    assert [(await resumed.told())["status"]["callee"]["sipReason"] for _ in range(2)] == ["Ringing", "OK"]
    await running.change(number, "Bye", ended=True)
    last = await resumed.event()
    assert last is not None
    assert last.json["status"]["callee"]["sipReason"] == "Bye"
    assert await resumed.event() is None
    again = await running.follow(f"{text}/events", last_event_id=last.id)
    assert again.status == 204, "tells an EventSource not to come back"
    unknown = await running.follow(f"{text}/events", last_event_id="0-0")
    assert (await unknown.told())["status"]["callee"]["sipReason"] == "Bye"
    assert await unknown.event() is None


async def test_an_empty_beginning_has_an_id_and_no_event(running: Running) -> None:
    stream = await running.follow()
    event = await stream.event()
    assert event is not None
    assert event.id
    assert (event.event, event.data) == ("", "")


async def test_head_opens_nothing(running: Running) -> None:
    _, text = await running.place()
    for what in ("events", f"{text}/events"):
        reply = await running.follow(what, method="HEAD", connection="close")
        assert reply.status == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert await reply.rest() == b""
    assert running.open_streams == 0
    assert (await running.follow("s-00000000000001/events", method="HEAD")).status == 404


@pytest.mark.parametrize(
    ("what", "authorization", "status", "code"),
    [
        ("s-00000000000001/events", None, 404, "CMN-102"),
        ("17/events", None, 404, "CMN-102"),
        ("nonsense/events", None, 404, "CMN-102"),
        ("events", "", 401, "AGW-401"),
        ("events", "Bearer wrong", 401, "OAU-149"),
    ],
)
async def test_refusals(running: Running, what: str, authorization: str | None, status: int, code: str) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    reply = await running.follow(what, **headers)
    assert reply.status == status
    assert (await reply.body())["errors"][0]["errorCode"] == code
    assert running.open_streams == 0


async def test_the_application_must_have_the_permission(running: Running) -> None:
    reader = await logged_in(running, "reader", "ReadAccounts")
    reply = await running.follow(authorization=f"Bearer {reader}")
    assert reply.status == 403
    assert (await reply.body())["permissionName"] == "RingOut"


async def test_the_token_in_the_query(running: Running) -> None:
    _, text = await running.place()
    stream = await running.follow(authorization="", query=f"?access_token={running.world.bearer}")
    assert (await stream.told())["id"] == text
    async with running_with(replace(CONFIG, http=HttpConfig(token_in_query=False))) as strict:
        refused = await strict.follow(authorization="", query=f"?access_token={strict.world.bearer}")
        assert refused.status == 401


async def logged_in(running: Running, client_id: str, *scopes: str) -> str:
    """Another access token of the user."""
    world = running.world
    client = next(client for client in world.accounts.clients() if client.client_id == client_id)
    return (await world.tokens.open_session(client, world.user, scopes, Lifetimes(), "")).access_token


@pytest.mark.parametrize("way", ["revoked", "expired", "user switched off", "permission taken away"])
async def test_what_ends_the_token_ends_the_stream(running: Running, way: str) -> None:
    """And nobody hears of anything that happens afterwards."""
    world = running.world
    number, _ = await running.place()
    stream = await running.follow()
    assert await stream.told()
    client = next(client for client in world.accounts.clients() if client.client_id == "app")
    if way == "revoked":
        await world.tokens.revoke(world.bearer, client)
    elif way == "expired":
        world.clock.pass_seconds(3600)
    elif way == "user switched off":
        await world.accounts.change_extension(world.user.id, lambda user: replace(user, enabled=False))
    else:

        def without(old: Client) -> Client:
            return replace(old, scopes=("ReadAccounts",))

        await world.accounts.change_client(client.client_id, without)
    await running.change(number, "Ringing")
    assert await stream.event() is None
    await running.until_streams(0)


@pytest.mark.parametrize("way", ["logged out", "password changed", "renewed"])
async def test_a_token_that_is_taken_back_ends_the_stream_at_once(running: Running, way: str) -> None:
    """Though nothing happens that could be told; a stream of another login of the same user goes on."""
    world = running.world
    other = await logged_in(running, "public", "RingOut")
    mine, theirs = await running.follow(), await running.follow(authorization=f"Bearer {other}")
    assert [(await stream.event()).id != "" for stream in (mine, theirs)] == [True, True]  # type: ignore[union-attr]
    client = next(client for client in world.accounts.clients() if client.client_id == "app")
    if way == "logged out":
        await world.tokens.revoke(world.bearer, client)
    elif way == "renewed":
        issued = await world.tokens.open_session(client, world.user, ("RingOut",), Lifetimes(), "")
        mine = await running.follow(authorization=f"Bearer {issued.access_token}")
        await mine.event()
        await world.tokens.renew(issued.refresh_token, client, None, Lifetimes())
    else:
        await world.tokens.close_sessions(world.user.id)
    assert await mine.event() is None
    if way == "password changed":
        assert await theirs.event() is None
    else:
        assert (await theirs.event()).comment  # type: ignore[union-attr]


async def test_a_stream_counts_once_against_the_rate_limit() -> None:
    async with running_with(replace(CONFIG, limits=replace(CONFIG.limits, light=3))) as running:
        number, text = await running.place()
        stream = await running.follow(f"{text}/events")
        assert (stream.headers["x-rate-limit-limit"], stream.headers["x-rate-limit-remaining"]) == ("3", "2")
        for reason in ("a", "b", "c", "d"):
            await stream.told()
            await running.change(number, reason)
        second = await running.follow()
        assert second.headers["x-rate-limit-remaining"] == "1"


async def test_limits_on_streams() -> None:
    async with running_with(FEW) as running:
        mine = [await running.follow() for _ in range(3)]
        refused = await running.follow(accept_language="de")
        assert refused.status == 429
        said = await refused.body()
        assert said["errors"][0]["errorCode"] == "CMN-301"
        assert said["message"] == "Es können nicht mehr als 3 Ereignisströme gleichzeitig offen sein"
        colleague = await logged_in_colleague(running)
        theirs = await running.follow(authorization=f"Bearer {colleague}")
        assert theirs.status == 200
        full = await running.follow(authorization=f"Bearer {colleague}")
        assert (full.status, full.headers["retry-after"]) == (503, "5")
        assert (await full.body())["message"] == "The server has as many event streams as it may have."
        await mine[0].leave()
        await running.until_streams(3)
        assert (await running.follow()).status == 200


async def logged_in_colleague(running: Running) -> str:
    world = running.world
    client = next(client for client in world.accounts.clients() if client.client_id == "app")
    colleague = world.accounts.extension_by_number("102")
    return (await world.tokens.open_session(client, colleague, ("RingOut",), Lifetimes(), "")).access_token


async def test_a_client_that_leaves_is_forgotten_at_once(running: Running) -> None:
    streams = [await running.follow() for _ in range(10)]
    assert running.open_streams == 10
    for stream in streams:
        await stream.leave()
    await running.until_streams(0)


async def test_a_stream_may_last_longer_than_a_request_may(running: Running) -> None:
    """request_seconds is for clients that keep us waiting; this one reads everything."""
    number, _ = await running.place()
    stream = await running.follow()
    await stream.told()
    await asyncio.sleep(3 * LIMITS.request_seconds)
    await running.change(number, "Ringing")
    assert (await stream.told())["status"]["callee"]["sipReason"] == "Ringing"


async def test_a_client_that_reads_slowly_is_told_the_newest_state() -> None:
    async with running_with(limits=HttpLimits()) as running:
        number, _ = await running.place()
        stream = await running.follow()
        await stream.told()
        written = await running.until_blocked()
        for count in range(1000):
            await running.change(number, f"missed {count}")
            await asyncio.sleep(0)
        await running.change(number, "newest")
        read = 0
        while (await stream.told())["status"]["callee"]["sipReason"] != "newest":
            read += 1
        assert read <= written + 2, "what was on its way when the reader fell behind, and no more"


async def test_a_client_that_reads_nothing_is_let_go(running: Running) -> None:
    """Meanwhile what waits for it is bounded: one state of each RingOut, and what the system's buffers hold."""
    number, _ = await running.place()
    stream = await running.follow()
    await stream.told()
    async with asyncio.timeout(60):
        while running.open_streams:
            await running.change(number, "long " * 2000)
            await asyncio.sleep(0)


def gave_up(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the server says when it has to end answers by force, two seconds after it was told to close."""
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


async def test_the_end_of_the_server_ends_every_stream(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    number, text = await running.place()
    streams = [await running.follow() for _ in range(10)]
    for stream in streams:
        await stream.told()
    await running.change(number, "Bye", ended=True)
    assert running.world.services is not None
    running.world.services.events.close()
    await running.server.close()
    assert gave_up(caplog) == []
    for stream in streams:
        assert (await stream.told())["id"] == text, "what is known is still told"
        assert await stream.event() is None, "a whole answer"
        assert await stream.rest() == b""


async def test_the_end_of_the_server_waits_for_nobody_who_does_not_read(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    await running.place()
    stuck = await running.follow()
    await stuck.told()
    await running.until_blocked()
    assert running.world.services is not None
    running.world.services.events.close()
    await running.server.close()
    assert gave_up(caplog) == []
    await running.until_streams(0)
