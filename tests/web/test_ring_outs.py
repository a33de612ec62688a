"""The RingOut resource as a client sees it."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from fakes.web import CONFIG, MAIN, OTHER_PHONE, PHONE, SHOWN, WebWorld, make_world
from ringout.config import ExtensionConfig, HttpConfig
from ringout.domain.errors import Unavailable
from ringout.domain.quality import LegQuality
from ringout.domain.ring_out import Diversion, Redirection
from ringout.domain.status import CallStatus, EndedBy, PartyStatus

TO = "+14155550199"


@pytest.fixture
async def world() -> WebWorld:
    return await make_world()


def paths(world: WebWorld) -> tuple[str, str]:
    return f"{world.home}/ringout", f"{world.home}/ring-out"


def error(reply: Any) -> dict[str, str]:
    body = reply.json
    assert body["errorCode"]
    assert body["message"]
    (only,) = body["errors"]
    return only


async def test_post_answers_the_documented_body(world: WebWorld) -> None:
    reply = await world.place()
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("application/json")
    assert re.fullmatch(r"[0-9a-f]{24}", reply.headers["rcrequestid"])
    body = reply.json
    assert isinstance(body["id"], int)
    owner = f"account/{world.user.account_id}/extension/{world.user.id}"
    assert body["uri"] == f"http://api.test:8080/restapi/v1.0/{owner}/ringout/{body['id']}"
    status = body["status"]
    assert [status[k] for k in ("callStatus", "callerStatus", "calleeStatus")] == ["InProgress"] * 3
    assert (status["caller"]["phoneNumber"], status["callee"]["phoneNumber"]) == (PHONE, TO)
    assert body["telephonySessionId"] == status["telephonySessionId"]
    assert body["creationTime"] == "2027-01-15T08:00:00.000Z"


async def test_both_twins_show_the_same_call(world: WebWorld) -> None:
    by_number = (await world.place()).json
    by_text = await world.ask("GET", f"{world.home}/ring-out/{by_number['telephonySessionId']}")
    assert by_text.status == 200
    assert by_text.json["id"] == by_number["telephonySessionId"]
    assert by_text.json["uri"].endswith(f"/ring-out/{by_number['telephonySessionId']}")
    assert by_text.json["status"] == by_number["status"]


async def test_post_to_the_new_twin_has_a_text_id(world: WebWorld) -> None:
    reply = await world.ask("POST", f"{world.home}/ring-out", {"to": {"phoneNumber": TO}})
    assert reply.status == 200
    assert re.fullmatch(r"s-[0-9a-f]{14}", reply.json["id"])


async def test_the_uri_of_the_answer_is_followed(world: WebWorld) -> None:
    placed = await world.place()
    got = await world.ask("GET", placed.json["uri"].removeprefix("http://api.test:8080"))
    assert (got.status, got.json) == (200, placed.json)


async def test_public_url_and_odd_hosts() -> None:
    behind = await make_world(replace(CONFIG, http=HttpConfig(public_url="https://calls.example/")))
    assert (await behind.place()).json["uri"].startswith("https://calls.example/restapi/v1.0/")
    world = await make_world()
    body = json.dumps({"to": {"phoneNumber": TO}}).encode()
    for host, base in (
        ("[::1]:8080", "http://[::1]:8080/"), ("evil.test/x?", "http://127.0.0.1:8080/"),
        ('a"b', "http://127.0.0.1:8080/"), ("user@evil.test", "http://127.0.0.1:8080/"),
    ):  # fmt: skip
        reply = await world.ask("POST", f"{world.home}/ringout", body, host=host)
        assert reply.json["uri"].startswith(base + "restapi/"), host


async def test_the_extra_fields_tell_what_happened(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    old = world.store.rows[number]
    callee = replace(
        old.callee, status=PartyStatus.BUSY, sip_code=486, sip_reason="Busy Here", ended_by=EndedBy.CALLEE,
        explanation="The callee's phone is busy (486 Busy Here).", dialed_at=1.0, ringing_at=2.0015, ended_at=3.5,
    )  # fmt: skip
    world.store.rows[number] = replace(
        old, callee=callee, status=CallStatus.CANNOT_REACH, explanation="Busy.", ended_by=EndedBy.CALLEE,
        ended_at=world.clock.wall(),
    )  # fmt: skip
    body = (await world.ask("GET", f"{world.home}/ringout/{number}")).json
    status = body["status"]
    assert status["callee"] == {
        "phoneNumber": TO, "sipCode": 486, "sipReason": "Busy Here", "endedBy": "callee",
        "explanation": "The callee's phone is busy (486 Busy Here).", "dialedTime": "1970-01-01T00:00:01.000Z",
        "ringingTime": "1970-01-01T00:00:02.001Z", "endedTime": "1970-01-01T00:00:03.500Z",
    }  # fmt: skip
    assert (status["callStatus"], status["calleeStatus"]) == ("CannotReach", "Busy")
    assert (status["explanation"], status["endedBy"]) == ("Busy.", "callee")
    assert body["endTime"] == "2027-01-15T08:00:00.000Z"


async def test_the_quality_of_the_audio_is_shown(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    old = world.store.rows[number]
    heard = LegQuality("opus", 98, 2, 3.25, 4.1, 100, True, 20.5, 1, 2.0, 4.3)
    world.store.rows[number] = replace(old, callee=replace(old.callee, quality=heard))
    status = (await world.ask("GET", f"{world.home}/ringout/{number}")).json["status"]
    assert status["callee"]["quality"] == {
        "codec": "opus", "encrypted": True, "packetsReceived": 98, "packetsLost": 2, "lossPercent": 2.0,
        "jitterMs": 3.25, "mos": 4.1, "packetsSent": 100, "roundTripMs": 20.5, "farPacketsLost": 1,
        "farJitterMs": 2.0, "farMos": 4.3,
    }  # fmt: skip
    assert "quality" not in status["caller"]


async def test_what_the_network_told_is_shown(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    old = world.store.rows[number]
    sent_on = Redirection((Diversion("+14155550199", "user-busy"), Diversion("sip:example.org")), "B")
    callee = replace(old.callee, cause=17, redirection=sent_on)
    world.store.rows[number] = replace(old, callee=callee)
    shown = (await world.ask("GET", f"{world.home}/ringout/{number}")).json["status"]["callee"]
    assert (shown["cause"], shown["causeText"], shown["attestation"]) == (17, "user busy", "B")
    assert shown["diversions"] == [
        {"phoneNumber": "+14155550199", "reason": "user-busy"},
        {"phoneNumber": "sip:example.org"},
    ]
    world.store.rows[number] = replace(old, callee=replace(callee, cause=126, extension="102"))
    shown = (await world.ask("GET", f"{world.home}/ringout/{number}")).json["status"]["callee"]
    assert (shown["cause"], shown["extensionNumber"], shown["attestation"]) == (126, "102", "B")
    assert not {"causeText", "diversions", "phoneNumber"} & set(shown)


async def test_all_optional_fields(world: WebWorld) -> None:
    reply = await world.place(
        **{"from": {"phoneNumber": "16505550122 "}}, to={"phoneNumber": "14155550199 "},
        callerId={"phoneNumber": SHOWN}, playPrompt=True, country={"id": "1"}, unknown={"x": [1]},
    )  # fmt: skip
    assert reply.status == 200
    _, plan = world.engine.placed[-1]
    assert (plan.caller_number, plan.callee_number, plan.caller_id, plan.play_prompt) == (OTHER_PHONE, TO, SHOWN, True)


async def test_digits_for_after_the_answer_are_told_to_nobody_else(world: WebWorld) -> None:
    reply = await world.place(postDial="4711w#")
    assert reply.status == 200
    ring_out, plan = world.engine.placed[-1]
    assert plan.post_dial == "4711,#"
    got = await world.ask("GET", f"{world.home}/ringout/{ring_out.id}")
    assert "4711" not in repr((ring_out, plan, reply.body, got.body))


@pytest.mark.parametrize(
    ("fields", "caller"),
    [
        ({"from": ...}, PHONE), ({"from": None}, PHONE), ({"from": {}}, PHONE),
        ({"from": {"phoneNumber": f"{MAIN}*101"}}, PHONE), ({"from": {"phoneNumber": "14165550123"}}, "+14165550123"),
        ({"callerId": None, "playPrompt": None, "country": None}, PHONE), ({"callerId": {}, "country": {}}, PHONE),
    ],
)  # fmt: skip
async def test_from_in_its_forms(world: WebWorld, fields: dict[str, Any], caller: str) -> None:
    assert (await world.place(**fields)).status == 200
    assert world.engine.placed[-1][1].caller_number == caller


async def test_from_and_to_may_be_the_same_number(world: WebWorld) -> None:
    """One number can be many phones."""
    assert (await world.place(to={"phoneNumber": PHONE})).status == 200
    plan = world.engine.placed[-1][1]
    assert plan.caller_number == plan.callee_number == PHONE


async def test_another_users_forwarding_number_is_not_found(world: WebWorld) -> None:
    other = world.accounts.extension_by_number("102").forwarding_numbers[0]
    reply = await world.place(**{"from": {"forwardingNumberId": other.id}})
    assert (reply.status, error(reply)["parameterName"]) == (404, "from.forwardingNumberId")


@pytest.mark.parametrize(
    ("sent", "shown"), [("101", MAIN), (f"{MAIN}*101", MAIN), (PHONE, PHONE), (OTHER_PHONE, OTHER_PHONE), (MAIN, MAIN)]
)
async def test_caller_ids_of_ones_own(world: WebWorld, sent: str, shown: str) -> None:
    assert (await world.place(callerId={"phoneNumber": sent})).status == 200
    assert world.engine.placed[-1][1].caller_id == shown


async def test_neither_twin_takes_the_others_id(world: WebWorld) -> None:
    placed = (await world.place()).json
    number, text = placed["id"], placed["telephonySessionId"]
    odd = (f"+{number}", f"-{number}", f"0{number}", f"{number}.0", f"%20{number}", "%D9%A3", "9" * 30, text, "~")
    for method in ("GET", "DELETE"):
        for path in (*(f"ringout/{i}" for i in odd), f"ring-out/{number}", f"ring-out/{text.upper()}"):
            reply = await world.ask(method, f"{world.home}/{path}")
            assert (reply.status, error(reply)["errorCode"]) == (404, "CMN-102"), path
    assert world.engine.cancelled == []


async def test_from_by_forwarding_number_id(world: WebWorld) -> None:
    second = world.user.forwarding_numbers[1]
    assert (await world.place(**{"from": {"forwardingNumberId": second.id}})).status == 200
    assert world.engine.placed[-1][1].caller_number == second.number
    reply = await world.place(**{"from": {"forwardingNumberId": "5"}})
    assert (reply.status, error(reply)["parameterName"]) == (404, "from.forwardingNumberId")


async def test_from_is_mandatory_without_a_default() -> None:
    config = replace(CONFIG, account=replace(CONFIG.account, extensions=(ExtensionConfig("101"),)))
    world = await make_world(config)
    reply = await world.ask("POST", f"{world.home}/ringout", {"to": {"phoneNumber": TO}})
    assert (reply.status, error(reply)["errorCode"], error(reply)["parameterName"]) == (400, "CMN-100", "from")


@pytest.mark.parametrize(
    ("fields", "status", "code", "parameter"),
    [
        ({"to": ...}, 400, "CMN-100", "to"),
        ({"to": None}, 400, "CMN-100", "to"),
        ({"to": []}, 400, "CMN-101", "to"),
        ({"to": [{"phoneNumber": TO}]}, 400, "CMN-101", "to"),
        ({"to": TO}, 400, "CMN-101", "to"),
        ({"to": {}}, 400, "CMN-101", "to"),
        ({"to": {"to": {"phoneNumber": TO}}}, 400, "CMN-101", "to"),
        ({"to": {"phoneNumber": 14155550199}}, 400, "CMN-101", "to.phoneNumber"),
        ({"to": {"phoneNumber": ""}}, 400, "CMN-101", "to.phoneNumber"),
        ({"to": {"phoneNumber": "nonsense"}}, 400, "CMN-101", "to.phoneNumber"),
        ({"to": {"phoneNumber": "+1415\r\nX-Evil: 1"}}, 400, "CMN-101", "to.phoneNumber"),
        ({"from": {"phoneNumber": ""}}, 400, "TEL-108", "from.phoneNumber"),
        ({"from": {"phoneNumber": "1234567"}}, 400, "TEL-108", "from.phoneNumber"),
        ({"from": []}, 400, "CMN-101", "from"),
        ({"from": {"extensionNumber": "102"}}, 400, "CMN-101", "from.extensionNumber"),
        ({"from": {"forwardingNumberId": 5}}, 400, "CMN-101", "from.forwardingNumberId"),
        ({"to": {"phoneNumber": "1-800-FLOWERS"}}, 400, "CMN-101", "to.phoneNumber"),
        ({"to": {"phoneNumber": "tel:" + TO}}, 400, "CMN-101", "to.phoneNumber"),
        (
            {"to": {"phoneNumber": "\uff11\uff14\uff11\uff15\uff15\uff15\uff10\uff11\uff19\uff19"}},
            400,
            "CMN-101",
            "to.phoneNumber",
        ),
        ({"to": {"phoneNumber": "9" * 1000}}, 400, "CMN-101", "to.phoneNumber"),
        ({"from": {"phoneNumber": f"{PHONE}*101"}}, 400, "TEL-108", "from.phoneNumber"),
        ({"playPrompt": "true"}, 400, "CMN-101", "playPrompt"),
        ({"postDial": "12x"}, 400, "CMN-101", "postDial"),
        ({"postDial": "1" * 65}, 400, "CMN-101", "postDial"),
        ({"postDial": "12\n"}, 400, "CMN-101", "postDial"),
        ({"postDial": 12}, 400, "CMN-101", "postDial"),
        ({"to": {"phoneNumber": f"{TO}*304"}, "postDial": "1" * 61}, 400, "CMN-101", "postDial"),
        ({"country": {"id": "44"}}, 400, "CMN-101", "country.id"),
        ({"callerId": "x"}, 400, "CMN-101", "callerId"),
        ({"callerId": {"phoneNumber": TO}}, 403, "CMN-101", "callerId.phoneNumber"),
        ({"callerId": {"phoneNumber": ""}}, 403, "CMN-101", "callerId.phoneNumber"),
    ],
)
async def test_refused_bodies(world: WebWorld, fields: dict[str, Any], status: int, code: str, parameter: str) -> None:
    reply = await world.place(**fields)
    assert reply.status == status
    assert error(reply)["errorCode"] == code
    assert error(reply)["parameterName"] == reply.json["parameterName"] == parameter
    assert world.engine.steps == []


async def test_the_message_of_a_wrong_to_is_the_documented_one(world: WebWorld) -> None:
    assert (await world.place(to=[])).json["message"] == "Parameter [to] value is invalid"
    assert (await world.place(to=...)).json["errorCode"] == "InvalidParameter"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "CMN-103"), (b"{", "CMN-103"), (b"\xef\xbb\xbf{}", "CMN-103"), (b'{"x": NaN}', "CMN-103"),
        (b'{"to": {"phoneNumber": "\\ud800"}}', "CMN-103"), (b"[" * 60_000, "CMN-104"),
        (b'{"to": {"phoneNumber": "\xff\xfe"}}', "CMN-103"),
        (b'{"x":' + b"[" * 30_000, "CMN-103"), (b"[]", "CMN-104"), (b"null", "CMN-104"), (b'"x"', "CMN-104"),
    ],
)  # fmt: skip
async def test_broken_bodies(world: WebWorld, body: bytes, code: str) -> None:
    reply = await world.ask("POST", f"{world.home}/ringout", body, content_type="application/json")
    assert (reply.status, error(reply)["errorCode"]) == (400, code)


async def test_media_types(world: WebWorld) -> None:
    body = json.dumps({"to": {"phoneNumber": TO}}).encode()
    for good in ("application/json", "application/json; charset=utf-8", "APPLICATION/JSON", ""):
        assert (await world.ask("POST", f"{world.home}/ringout", body, content_type=good)).status == 200
    for bad in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "x"):
        reply = await world.ask("POST", f"{world.home}/ringout", body, content_type=bad)
        assert (reply.status, error(reply)["errorCode"]) == (415, "AGW-415")


async def test_what_clients_send_along_with_get_and_delete(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    path = f"{world.home}/ringout/{number}"
    assert (await world.ask("GET", path, content_type="application/json")).status == 200
    assert (await world.ask("GET", path + "/")).status == 200
    assert (await world.ask("GET", path, authorization=f"bEaReR {world.bearer}")).status == 200
    assert (await world.ask("GET", f"{path}?access_token={world.bearer}", authorization="")).status == 200
    for body, more in ((b"", {"content_type": "application/json"}), ({}, {}), (b"{not json", {})):
        reply = await world.ask("DELETE", path, body, **more)
        assert (reply.status, reply.body) == (204, b"")
        assert "content-type" not in reply.headers
    assert world.engine.cancelled == [number] * 3


async def test_delete_of_an_ended_one_and_of_none(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    world.end(number)
    for path in (
        f"ringout/{number}",
        "ringout/5",
        "ringout/x",
        "ringout/-5",
        "ring-out/5",
        "ring-out/s-5",
        "ringout/1,2",
    ):
        reply = await world.ask("DELETE", f"{world.home}/{path}")
        assert reply.status == 404
        assert error(reply)["errorCode"] == "CMN-102"
        assert error(reply)["parameterName"] == "ringOutId"
        assert reply.json["message"] == "Resource for parameter [ringOutId] is not found"
    assert world.engine.cancelled == []


async def test_get_after_the_results_time_is_404(world: WebWorld) -> None:
    number = (await world.place()).json["id"]
    world.end(number)
    world.clock.pass_seconds(599)
    assert (await world.ask("GET", f"{world.home}/ringout/{number}")).status == 200
    world.clock.pass_seconds(1)
    reply = await world.ask("GET", f"{world.home}/ringout/{number}")
    assert (reply.status, error(reply)["errorCode"]) == (404, "CMN-102")
    assert error(reply)["message"] == "Resource for parameter [ringOutId] is not found"


async def test_at_the_limit_503_with_retry_after(world: WebWorld) -> None:
    world.engine.unavailable = Unavailable("The server is draining.", 7)
    reply = await world.place()
    assert (reply.status, reply.headers["retry-after"]) == (503, "7")
    assert error(reply)["message"] == "The server is draining."
    assert world.engine.placed == []


async def test_a_full_disk_is_503(world: WebWorld) -> None:
    world.store.disk_full = True
    reply = await world.place()
    assert reply.status == 503
    assert int(reply.headers["retry-after"]) > 0
