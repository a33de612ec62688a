"""RingCentral's official Python SDK against a running sandbox, as its users write it."""

from __future__ import annotations

import base64
import hashlib
import warnings
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from ringcentral import SDK
from ringcentral.http.api_exception import ApiException
from ringcentral.platform.platform import Platform

from sandbox.running import Sandbox, eventually

from .browser import TIMEOUT_SECONDS, log_in_and_agree

LEGACY = "/restapi/v1.0/account/~/extension/~/ringout"
CURRENT = "/restapi/v1.0/account/~/extension/~/ring-out"
HOME = "/restapi/v1.0/account/~/extension/~"
VERIFIER = "a-verifier-of-at-least-forty-three-characters.~_"


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


def test_login_page_with_pkce(sandbox: Sandbox) -> None:
    """The SDK's own login_url fails with a NameError; its users write the address by hand, as here."""
    login = sandbox.login
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": login["client_id"],
        "redirect_uri": login["redirect_uri"],
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    left_to = log_in_and_agree(
        f"{login['url']}/restapi/oauth/authorize?{urlencode(query)}", login["redirect_uri"], login
    )
    shown = parse_qs(urlsplit(left_to).query)
    assert shown["state"] == ["s"]
    platform = SDK(login["client_id"], login["client_secret"], login["url"]).platform()
    with pytest.raises(ApiException):
        platform.login(code=shown["code"][0], redirect_uri=login["redirect_uri"], verifier=VERIFIER + "x")
    left_to = log_in_and_agree(
        f"{login['url']}/restapi/oauth/authorize?{urlencode(query)}", login["redirect_uri"], login
    )
    code = parse_qs(urlsplit(left_to).query)["code"][0]
    platform.login(code=code, redirect_uri=login["redirect_uri"], verifier=VERIFIER)
    assert platform.get(HOME).json_dict()["extensionNumber"] == login["extension"]


def test_logout_kills_the_token(sandbox: Sandbox, platform: Platform) -> None:
    bearer = {"Authorization": f"bearer {platform.auth().access_token()}"}
    url = sandbox.login["url"] + HOME
    assert requests.get(url, headers=bearer, timeout=TIMEOUT_SECONDS).status_code == 200
    platform.logout()
    refused = requests.get(url, headers=bearer, timeout=TIMEOUT_SECONDS)
    assert refused.status_code == 401
    assert refused.json()["errorCode"] == "TokenInvalid"


def test_forwarding_numbers(platform: Platform) -> None:
    url = f"{HOME}/forwarding-number"
    body = {"phoneNumber": "+16502223399", "label": "Attic", "type": "Other"}
    made = platform.post(url, body).json_dict()
    one = f"{url}/{made['id']}"
    assert platform.get(one).json_dict()["phoneNumber"] == "+16502223399"
    assert platform.put(one, {"phoneNumber": "+16502223398", "label": "Attic"}).json_dict()["id"] == made["id"]
    assert "+16502223398" in [record["phoneNumber"] for record in platform.get(url).json_dict()["records"]]
    assert platform.delete(one).response().status_code == 204
    with pytest.raises(ApiException, match="is not found"):
        platform.get(one)


def test_caller_id(platform: Platform) -> None:
    url = f"{HOME}/caller-id"
    platform.put(url, {"byFeature": [{"feature": "RingOut", "callerId": {"type": "CurrentLocation"}}]})
    shown = [f["callerId"]["type"] for f in platform.get(url).json_dict()["byFeature"] if f["feature"] == "RingOut"]
    assert shown == ["CurrentLocation"]


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
    with pytest.raises(ApiException) as caught:
        place(platform, CURRENT, to={"phoneNumber": "+16505550102"}, callerId={"phoneNumber": "+14155550123"})
    assert caught.value.api_response().response().status_code == 403
