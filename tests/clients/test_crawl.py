"""Every address that an answer names leads somewhere: SDKs follow them as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.running import Sandbox, eventually

SECONDS = 20
ACCOUNT = "/restapi/v1.0/account/~"
HOME = f"{ACCOUNT}/extension/~"
STARTS = [
    "/restapi", "/restapi/v1.0", "/.well-known/entry-points/initial", "/.well-known/entry-points/external",
    "/restapi/v1.0/dictionary/country?perPage=100&page=2", "/restapi/v1.0/dictionary/timezone?perPage=200",
    "/restapi/v1.0/dictionary/language",
    ACCOUNT, f"{ACCOUNT}/service-info", f"{ACCOUNT}/business-address", f"{ACCOUNT}/business-hours",
    f"{ACCOUNT}/dialing-plan?perPage=100", f"{ACCOUNT}/extension", f"{ACCOUNT}/phone-number", f"{ACCOUNT}/presence",
    HOME, f"{HOME}/authz-profile", f"{HOME}/authz-profile/check?permissionId=ReadCallLog", f"{HOME}/business-hours",
    f"{HOME}/caller-id", f"{HOME}/device", f"{HOME}/features", f"{HOME}/grant",
    f"{HOME}/forwarding-number?perPage=2&page=2", f"{HOME}/phone-number?perPage=2", f"{HOME}/phone-number?page=99",
    f"{HOME}/presence?detailedTelephonyState=true&sipData=true",
    f"{HOME}/call-log?view=Detailed&perPage=1", f"{HOME}/call-log-sync?syncType=FSync",
    f"{HOME}/active-calls?view=Detailed",
]  # fmt: skip
# Fields that end in Uri and are for a browser, or for a POST.
NOT_TO_BE_READ = ("authorizationUri", "tokenUri", "defaultTokenUri", "baseUri", "baseWebUri", "baseApiUri")


@pytest.fixture(scope="module")
def session(sandbox: Sandbox) -> Iterator[requests.Session]:
    login = sandbox.login
    with requests.Session() as found:
        token = found.post(
            f"{login['url']}/restapi/oauth/token",
            auth=(login["client_id"], login["client_secret"]),
            data={"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": login["jwt"]},
            timeout=SECONDS,
        ).json()
        found.headers["Authorization"] = f"bearer {token['access_token']}"
        yield found


def addresses(body: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The path of each field that holds an address, and the address."""
    if isinstance(body, list):
        for one in body:
            yield from addresses(one, f"{path}[]")
    elif isinstance(body, dict):
        for name, value in body.items():
            if isinstance(value, str) and name.lower().endswith("uri") and name not in NOT_TO_BE_READ:
                yield f"{path}.{name}", value
            else:
                yield from addresses(value, f"{path}.{name}")


def test_every_address_leads_somewhere(sandbox: Sandbox, session: requests.Session) -> None:
    base, numbers = sandbox.login["url"], sandbox.login["numbers"]
    placed = [
        session.post(f"{base}{HOME}/{twin}", json={"to": {"phoneNumber": numbers[to]}}, timeout=SECONDS).json()["uri"]
        for twin, to in (("ring-out", "busy"), ("ringout", "hangs_up"), ("ring-out", "rings"))
    ]

    def over() -> bool:
        return all("endTime" in session.get(uri, timeout=SECONDS).json() for uri in placed[:2])

    eventually(over, "the first two calls to end")
    to_follow = [(base + path, "start") for path in STARTS] + [(uri, "answer of POST") for uri in placed]
    followed: set[str] = set()
    while to_follow:
        address, where = to_follow.pop()
        if address in followed:
            continue
        followed.add(address)
        reply = session.get(address, timeout=SECONDS)
        assert reply.status_code == 200, f"{address}, which {where} names: {reply.status_code} {reply.text[:300]}"
        if not reply.headers["content-type"].startswith("application/json"):
            continue
        for path, named in addresses(reply.json()):
            assert named.startswith(f"{base}/"), f"{named}: {path} of {address}"
            assert "~" not in urlsplit(named).path, f"{named}: {path} of {address}"
            to_follow.append((named, f"{path} of {address}"))
    assert session.delete(placed[2], timeout=SECONDS).status_code == 204
    kinds = {urlsplit(address).path.split("/")[-2] for address in followed}
    assert {"country", "timezone", "forwarding-number", "phone-number", "ring-out", "ringout", "call-log"} <= kinds


LISTS = [
    ("/restapi/v1.0/dictionary/country", "id"),
    ("/restapi/v1.0/dictionary/timezone", "id"),
    ("/restapi/v1.0/dictionary/language", "id"),
    (f"{ACCOUNT}/dialing-plan", "id"),
    (f"{ACCOUNT}/extension", "id"),
    (f"{ACCOUNT}/phone-number", "id"),
    (f"{ACCOUNT}/presence", "uri"),
    (f"{HOME}/device", "id"),
    (f"{HOME}/grant", "uri"),
    (f"{HOME}/forwarding-number", "id"),
    (f"{HOME}/phone-number", "id"),
    (f"{HOME}/call-log", "id"),
]


@pytest.mark.parametrize(("path", "key"), LISTS)
def test_lists_page_as_they_say(sandbox: Sandbox, session: requests.Session, path: str, key: str) -> None:
    """Walking by nextPage gives everything once; MAX and a perPage that is too large give the largest page; beyond the
    end is an empty page that leads back."""
    url = sandbox.login["url"] + path

    def page(address: str, **query: Any) -> dict[str, Any]:
        reply = session.get(address, params=query, timeout=SECONDS)
        assert reply.status_code == 200, reply.text
        body: dict[str, Any] = reply.json()
        return body

    def keys(body: dict[str, Any]) -> list[Any]:
        return [record[key] for record in body["records"]]  # not the whole: a call that lasts is another a moment later

    whole = page(url, perPage="MAX")
    ids = keys(whole)
    assert whole["paging"]["totalElements"] == len(ids) == len(set(ids))
    assert page(url, perPage=1_000_000)["paging"]["perPage"] == whole["paging"]["perPage"]

    size = max(1, len(ids) // 3)
    body, walked = page(url, perPage=size), []
    while True:
        walked += keys(body)
        if "nextPage" not in body["navigation"]:
            break
        here, body = body["uri"], page(body["navigation"]["nextPage"]["uri"])
        assert page(body["navigation"]["previousPage"]["uri"])["uri"] == here
    assert walked == ids
    assert keys(page(body["navigation"]["lastPage"]["uri"])) == keys(body)
    assert keys(page(body["navigation"]["firstPage"]["uri"])) == ids[:size]

    beyond = page(url, page=999, perPage=size)
    assert beyond["records"] == []
    assert beyond["paging"]["page"] == 999
    assert "nextPage" not in beyond["navigation"]
    assert keys(page(beyond["navigation"]["previousPage"]["uri"])) == keys(body)
    for query in ({"perPage": "0"}, {"perPage": "some"}, {"page": "0"}, {"page": "-1"}):
        assert session.get(url, params=query, timeout=SECONDS).status_code == 400, query
