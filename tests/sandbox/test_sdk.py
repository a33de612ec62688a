"""RingCentral's official Python SDK against a running sandbox, as its users write it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from ringcentral import SDK
from ringcentral.http.api_exception import ApiException
from ringcentral.platform.platform import Platform

from .conftest import Sandbox, eventually

LEGACY = "/restapi/v1.0/account/~/extension/~/ringout"
CURRENT = "/restapi/v1.0/account/~/extension/~/ring-out"


@pytest.fixture
def platform(sandbox: Sandbox) -> Platform:
    login = sandbox.login
    made = SDK(login["client_id"], login["client_secret"], login["url"]).platform()
    made.login(jwt=login["jwt"])
    return made


def place(platform: Platform, path: str, **body: Any) -> dict[str, Any]:
    placed: dict[str, Any] = platform.post(path, body).json_dict()
    return placed


def status_of(platform: Platform, uri: str) -> tuple[str, str, str]:
    status = platform.get(uri).json_dict()["status"]
    return status["callerStatus"], status["calleeStatus"], status["callStatus"]


def test_login_by_jwt(sandbox: Sandbox, platform: Platform) -> None:
    assert platform.logged_in()
    token = platform.auth().data()
    assert token["token_type"] == "bearer"
    assert token["owner_id"] == sandbox.login["extension_id"]


def test_login_by_password(sandbox: Sandbox) -> None:
    login = sandbox.login
    platform = SDK(login["client_id"], login["client_secret"], login["url"]).platform()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the SDK's own, about this grant
        platform.login(login["username"], login["extension"], login["password"])
    assert platform.logged_in()


def test_a_wrong_password_is_refused(sandbox: Sandbox) -> None:
    login = sandbox.login
    platform = SDK(login["client_id"], login["client_secret"], login["url"]).platform()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with pytest.raises(ApiException):
            platform.login(login["username"], login["extension"], "wrong")
    assert not platform.logged_in()


def test_refresh_replaces_the_token(platform: Platform) -> None:
    before = platform.auth().access_token()
    platform.refresh()
    assert platform.auth().access_token() != before
    placed = place(platform, LEGACY, to={"phoneNumber": "+16505550105"})
    assert platform.get(placed["uri"]).response().status_code == 200


@pytest.mark.parametrize(("path", "kind"), [(LEGACY, int), (CURRENT, str)])
def test_a_whole_call(sandbox: Sandbox, platform: Platform, path: str, kind: type) -> None:
    placed = place(platform, path, to={"phoneNumber": sandbox.login["numbers"]["hangs_up"]})
    assert isinstance(placed["id"], kind)
    assert {placed["status"][name] for name in ("callStatus", "callerStatus", "calleeStatus")} == {"InProgress"}
    uri = placed["uri"]
    eventually(lambda: status_of(platform, uri) == ("Success", "Success", "Success"), "both phones to be joined")
    eventually(lambda: status_of(platform, uri) == ("Finished", "Finished", "Success"), "the callee to hang up")
    assert platform.get(f"{path}/{placed['id']}").json_dict()["id"] == placed["id"]


def test_cancel_while_the_callee_rings(sandbox: Sandbox, platform: Platform) -> None:
    numbers = sandbox.login["numbers"]
    placed = place(
        platform, LEGACY, **{"from": {"phoneNumber": numbers["answers"]}, "to": {"phoneNumber": numbers["rings"]}}
    )
    uri = placed["uri"]
    eventually(lambda: status_of(platform, uri) == ("Success", "InProgress", "InProgress"), "the caller to answer")
    assert platform.delete(uri).response().status_code == 204
    eventually(lambda: status_of(platform, uri) == ("Finished", "Rejected", "CannotReach"), "the cancel to be told")
    eventually(lambda: "endTime" in platform.get(uri).json_dict(), "both phones to be hung up")
    with pytest.raises(ApiException, match="ringOutId"):
        platform.delete(uri)


def test_a_refusal_reads_as_the_sdk_s_users_know_it(platform: Platform) -> None:
    with pytest.raises(ApiException) as caught:
        place(platform, LEGACY, to={"phoneNumber": ""})
    assert caught.value.api_response().response().status_code == 400
    with pytest.raises(ApiException, match=r"Resource for parameter \[ringOutId\] is not found"):
        platform.get(f"{LEGACY}/1")
