"""RingCentral's JavaScript clients against a running sandbox. The programs beside this file use them as their READMEs
show, and know nothing of this server but its address; here is what must have come of it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.running import Sandbox

from .browser import log_in_and_agree
from .programs import BOTH, EXTENSIBLE, OFFICIAL, Facts, run

TWINS = pytest.mark.parametrize("twin", ["ringout", "ring-out"])


def assert_token(token: Facts, login: Facts) -> None:
    assert token["token_type"] == "bearer"
    assert token["owner_id"] == login["extension_id"]
    assert token["expires_in"] == 3600
    assert token["refresh_token_expires_in"] == 604_800
    assert "RingOut" in token["scope"].split()
    assert token["session_id"]
    assert token["endpoint_id"]


def assert_me(me: Facts, login: Facts) -> None:
    assert str(me["id"]) == login["extension_id"]
    assert me["extensionNumber"] == login["extension"]
    assert me["account"]["id"] == login["account_id"]


def codes(refused: Facts) -> list[str]:
    return [error["errorCode"] for error in refused["body"]["errors"]]


@BOTH
def test_login_by_jwt(sandbox: Sandbox, program: str) -> None:
    facts = run(program, "jwt", sandbox.login)
    assert_token(facts["token"], sandbox.login)
    assert facts["logged_in"]
    assert_me(facts["me"], sandbox.login)


@BOTH
def test_login_by_password(sandbox: Sandbox, program: str) -> None:
    """@ringcentral/sdk sends MAIN*EXT as the user name, @rc-ex/core what it is given."""
    facts = run(program, "password", sandbox.login)
    assert_token(facts["token"], sandbox.login)
    assert facts["wrong"]["status"] == 400
    assert facts["wrong"]["body"]["error"] == "invalid_grant"
    assert codes(facts["wrong"]) == ["OAU-140"]
    assert "Invalid resource owner credentials" in facts["wrong"]["message"]


def test_one_client_does_not_offer_the_password_login(sandbox: Sandbox) -> None:
    facts = run(EXTENSIBLE, "password", sandbox.login)
    assert facts["unsupported"]["message"] == "Unsupported authorization flow"


@pytest.mark.parametrize("has_secret", [True, False])
@BOTH
def test_login_page_with_pkce(sandbox: Sandbox, program: str, has_secret: bool) -> None:
    login = sandbox.login
    if not has_secret:  # a browser's application: the client id comes in the body, and there is no Basic
        login = {**login, "client_id": f"{login['client_id']}-public", "client_secret": None}

    def answer(url: str) -> str:
        left_to = log_in_and_agree(url, login["redirect_uri"], login)
        return left_to[left_to.index("?") :]

    facts = run(program, "code", login, answer)
    assert facts["redirect"]["state"] == "a state & more"
    assert int(facts["redirect"]["expires_in"]) > 0
    assert_token(facts["token"], login)
    assert_me(facts["me"], login)
    assert (facts["refreshed"], facts["logged_out"]) == (200, 401)
    assert facts["replayed"]["status"] in (400, 403)
    assert facts["replayed"]["body"]["error"] == "invalid_grant"


@BOTH
def test_refresh_and_logout(sandbox: Sandbox, program: str) -> None:
    facts = run(program, "refresh_and_revoke", sandbox.login)
    assert facts["changed"]
    assert facts["same_session"]
    assert (facts["old"], facts["fresh"]) == (401, 200)
    assert (facts["logged_out"], facts["logged_in"]) == (401, False)


@pytest.fixture(scope="module")
def calls(sandbox: Sandbox) -> dict[str, Any]:
    """What became of the calls of each program, which both take a while."""
    return {}


@TWINS
@BOTH
def test_ring_out(sandbox: Sandbox, calls: dict[str, Any], program: str, twin: str) -> None:
    if program not in calls:
        calls[program] = run(program, "ring_out", sandbox.login)
    facts = calls[program][twin]
    placed = facts["placed"]
    assert isinstance(placed["id"], int if twin == "ringout" else str)
    assert placed["uri"].startswith(sandbox.login["url"])
    assert [placed["status"][f"{name}Status"] for name in ("call", "caller", "callee")] == ["InProgress"] * 3
    # Which steps between the ends a poll meets is luck; that they come in this order is not.
    steps = [
        "InProgress InProgress InProgress",
        "Success InProgress InProgress",
        "Success Success Success",
        "Finished Finished Success",
    ]
    assert [step for step in steps if step in facts["seen"]] == facts["seen"]
    assert facts["seen"][-1] == steps[-1]
    assert "Success Success Success" in facts["seen"]
    assert facts["byId"]["id"] == placed["id"]
    assert facts["before"][-1] == "Success InProgress InProgress"
    assert facts["cancelled"] == 204
    assert facts["after"][-1] == "Finished Rejected CannotReach"
    assert facts["again"]["status"] == 404
    assert codes(facts["again"]) == ["CMN-102"]
    assert "Resource for parameter [ringOutId] is not found" in facts["again"]["message"]


@BOTH
def test_forwarding_numbers(sandbox: Sandbox, program: str) -> None:
    facts = run(program, "forwarding_numbers", sandbox.login)
    before, record = facts["before"], facts["made"]["body"]
    assert all(isinstance(number["id"], str) for number in before)
    assert sandbox.login["from"] in [number["phoneNumber"] for number in before]
    assert facts["made"]["status"] == 200
    assert record["phoneNumber"] == "+16502223366"
    assert record in facts["during"]
    assert len(facts["during"]) == len(before) + 1
    assert facts["updated"]["id"] == record["id"]
    assert facts["updated"]["phoneNumber"] == "+16502223367"
    assert facts["read"] == facts["updated"]
    assert facts["twice"]["status"] == 400
    assert codes(facts["twice"]) == ["FPN-102"]  # the label is taken
    assert facts["deleted"] == 204
    assert (facts["gone"]["status"], codes(facts["gone"])) == (404, ["CMN-102"])
    assert facts["after"] == before


def test_answering_rule(sandbox: Sandbox) -> None:
    """Of three phones that ring at once one rings for ever, one answers and presses nothing, one presses 1."""
    facts = run(EXTENSIBLE, "answering_rule", sandbox.login)
    login = sandbox.login
    (only,) = facts["list"]["records"]
    assert only == facts["before"]
    assert facts["put"] == facts["after"]
    shown = facts["after"]["forwarding"]
    assert shown["ringingMode"] == "Simultaneously"
    numbers = [login["from"], login["numbers"]["rings"], login["numbers"]["presses_1"]]
    assert [[n["phoneNumber"] for n in rule["forwardingNumbers"]] for rule in shown["rules"]] == [[n] for n in numbers]
    status = facts["connected"]["status"]
    assert (status["callStatus"], status["caller"]["phoneNumber"]) == ("Success", numbers[2])
    told = [(phone["phoneNumber"], phone.get("tookCall", False)) for phone in status["caller"]["phones"]]
    assert told == list(zip(numbers, (False, False, True), strict=True))


@BOTH
def test_caller_id(sandbox: Sandbox, program: str) -> None:
    facts = run(program, "caller_id", sandbox.login)
    assert ring_out_caller_id(facts["blocked"])["type"] == "Blocked"
    shown = ring_out_caller_id(facts["main"])
    assert shown["type"] == "PhoneNumber"
    assert shown["phoneInfo"]["id"] == str(facts["chosen"])
    number = next(n for n in facts["numbers"] if n["id"] == facts["chosen"])
    assert shown["phoneInfo"]["phoneNumber"] == number["phoneNumber"]


def ring_out_caller_id(body: Facts) -> Facts:
    found: Facts = next(entry for entry in body["byFeature"] if entry["feature"] == "RingOut")
    return found["callerId"]


@BOTH
def test_refusals_read_as_users_know_them(sandbox: Sandbox, program: str) -> None:
    facts = run(program, "refusals", sandbox.login)
    wanted = {
        "no_to": (400, "CMN-100", "to"),
        "bad_to": (400, "CMN-101", "to.phoneNumber"),
        "caller_id": (403, "CMN-101", "callerId.phoneNumber"),
        "unknown": (404, "CMN-102", "ringOutId"),
        "foreign": (404, "CMN-102", "accountId"),
        "no_path": (404, "CMN-120", None),
    }
    for name, (status, code, parameter) in wanted.items():
        refused = facts[name]
        first = refused["body"]["errors"][0]
        assert (refused["status"], first["errorCode"], first.get("parameterName")) == (status, code, parameter), name
        # The official client shows the text itself, the other one the whole answer with the text in it.
        assert first["message"] in refused["message"], name
        assert program != OFFICIAL or refused["message"] == refused["body"]["message"], name
