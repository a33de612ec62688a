"""The start of RingCentral's widgets: they log out again, or wait for ever, when one of these answers is not as they
need it. What they look at is taken from their source; `widget.mjs` asks as they do."""

from __future__ import annotations

import pytest

from sandbox.running import Sandbox

from .browser import log_in_and_agree
from .programs import Facts, run

PROGRAM = "widget.mjs"


@pytest.fixture(scope="module")
def start(sandbox: Sandbox) -> Facts:
    return run(PROGRAM, "start", sandbox.login)


@pytest.mark.parametrize(
    "feature",
    [
        "ReadExtensionInfo",  # else they log out
        "ReadCompanyInfo",  # the same, and no dialling plan
        "RingOut",  # else no calls
        "ReadExtensionPhoneNumbers",  # else no caller ID, and no calls either
        "ReadExtensionAnsweringRules",  # else no forwarding numbers
        "ReadExtensionCallLog",
        "ReadPresenceStatus",
        "BlockingCallerId",
        "SalesForce",
    ],
)
def test_features_they_need(start: Facts, feature: str) -> None:
    assert start["features"][feature] is True


@pytest.mark.parametrize(
    "feature",
    # Each makes them ask for something that is not here, and wait for it.
    ["WebPhone", "Voicemail", "SMSReceiving", "PagesReceiving", "FaxReceiving", "Meetings", "Conferencing", "Glip",
     "ReadPersonalContacts", "ReadBlockedNumbers", "ReadExtensions", "SiteCodes"],
)  # fmt: skip
def test_features_that_are_not_here(start: Facts, feature: str) -> None:
    assert start["features"].get(feature, False) is False


def test_the_rest_of_the_start(start: Facts, sandbox: Sandbox) -> None:
    assert str(start["extension"]["id"]) == sandbox.login["extension_id"]
    assert start["account"]["serviceInfo"]["brand"]["id"] == "1210"
    assert start["account"]["serviceInfo"]["servicePlan"]["id"]
    assert start["version"]["uriString"] == "v1.0"
    assert "ReadUserInfo" in start["permissions"]  # older ones log out without it
    lists = start["lists"]
    assert lists["device"] == []
    assert len(lists["dialing-plan"]) > 200
    assert {number["phoneNumber"] for number in lists["forwarding-number"]} <= set(
        sandbox.login["numbers"].values()
    ) | {sandbox.login["from"]}
    assert [user["extensionNumber"] for user in lists["extension"]] == [sandbox.login["extension"]]
    assert start["presence"]["telephonyStatus"] in ("NoCall", "CallConnected", "Ringing")
    assert start["log"]["syncInfo"]["syncToken"]
    assert start["parsed"]["phoneNumbers"][0]["e164"] == "+16505550102"
    choice = next(one for one in start["caller_id"]["byFeature"] if one["feature"] == "RingOut")
    assert choice["callerId"]["type"] in ("PhoneNumber", "Blocked", "CurrentLocation")


def test_they_offer_the_users_phones_and_call_from_one(sandbox: Sandbox) -> None:
    """Their list of phones leaves out what they offer as caller ID."""
    facts = run(PROGRAM, "chooses", sandbox.login)
    assert facts["phones"][0] == f"{sandbox.login['username']}*{sandbox.login['extension']}"
    assert sandbox.login["from"] in facts["phones"]
    assert facts["shown"] == [sandbox.login["username"], "+13443334444"]
    assert facts["seen"][-1] == "Finished Finished Success"


def test_discovery(sandbox: Sandbox) -> None:
    login = sandbox.login

    def answer(url: str) -> str:
        left_to = log_in_and_agree(url, login["redirect_uri"], login)
        return left_to[left_to.index("?") :]

    facts = run(PROGRAM, "discovers", login, answer)
    assert facts["external"]["coreApi"]["baseUri"] == login["url"]
    assert facts["external"]["authApi"]["tokenUri"] == f"{login['url']}/restapi/oauth/token"
    assert str(facts["me"]["id"]) == str(facts["refreshed"]["id"]) == login["extension_id"]
