"""/admin/v1: who gets in, on which listener, what every refusal looks like, and what it answers."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from fakes.asgi import Reply, ask
from fakes.passwords import QuickPasswords
from fakes.web import CLIENT, CONFIG, FORM, JWT_GRANT, SECRET, WebWorld, make_world
from ringout import logs
from ringout.service.administration.operations import OPERATIONS
from ringout.web import admin_routes, routes
from ringout.web.admin_routes import make_admin_app

NAMES = {
    "account": "~", "user": "101", "client": "app", "number": "+16505550133", "phone": "+16505550111",
    "prefix": "+1900", "jwt": "x", "device": "desk",
}  # fmt: skip


@dataclass
class AdminSite:
    """The administration's listener beside the public one."""

    world: WebWorld
    app: Any
    client_id: str
    secret: str
    bearer: str = ""

    async def ask(self, method: str, path: str, body: Any = b"", **headers: str) -> Reply:
        named = {"authorization": f"Bearer {self.bearer}"}
        if not isinstance(body, bytes):
            body = msgspec.json.encode(body)
            named["content-type"] = "application/json"
        named.update({name.replace("_", "-"): value for name, value in headers.items()})
        return await ask(self.app, method, "/admin/v1" + path, body, {k: v for k, v in named.items() if v})

    async def log_in(self, **form: str) -> Reply:
        body = urlencode({"grant_type": "client_credentials", **form})
        basic = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        headers = {"content-type": FORM} | ({} if "client_id" in form else {"authorization": f"Basic {basic}"})
        return await ask(self.app, "POST", "/restapi/oauth/token", body.encode(), headers)


@pytest.fixture
async def site() -> AdminSite:
    world = await make_world(passwords=QuickPasswords())
    assert world.administration is not None
    assert world.services is not None
    operations = {operation.name: operation for operation in OPERATIONS}
    create = operations["adminCreateClient"]
    assert create.body is not None
    made = await create.use(world.administration, {}, create.body(admin=True))
    app = make_admin_app(CONFIG, world.services, world.administration, world.administration.ids)
    site = AdminSite(world, app, made.client_id, made.client_secret)
    site.bearer = (await site.log_in()).json["access_token"]
    return site


def codes(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["errors"][0]["errorCode"]


def path_of(template: str) -> str:
    return template.format_map(NAMES).replace("+", "%2B")


# --- who gets in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_nobody_else_gets_in(site: AdminSite, operation: Any) -> None:
    path = path_of(operation.path)
    body = {} if operation.body else b""
    before = site.world.accounts.version
    assert codes(await site.ask(operation.method, path, body, authorization="")) == (401, "AGW-401")
    assert codes(await site.ask(operation.method, path, body, authorization="Bearer x")) == (401, "OAU-149")
    of_user = await site.ask(operation.method, path, body, authorization=f"Bearer {site.world.bearer}")
    assert codes(of_user) == (403, "CMN-401")
    assert of_user.json["permissionName"] == "Admin"
    in_query = await site.ask(operation.method, f"{path}?access_token={site.bearer}", body, authorization="")
    assert codes(in_query) == (401, "AGW-401")
    assert site.world.accounts.version == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_the_public_listener_knows_none_of_it(site: AdminSite, operation: Any) -> None:
    reply = await site.world.ask(
        operation.method, "/admin/v1" + path_of(operation.path), authorization=f"Bearer {site.bearer}"
    )
    assert codes(reply) == (404, "CMN-120")


async def test_this_listener_knows_nothing_of_the_public_one(site: AdminSite) -> None:
    shared = {"/restapi/oauth/token", "/restapi/oauth/revoke", "/healthz"}
    own = {resource.path for resource in admin_routes.admin_resources(site.world.administration)}  # type: ignore[arg-type]
    assert own & {resource.path for resource in routes.RESOURCES} == shared
    for token in (site.world.bearer, site.bearer):
        reply = await ask(
            site.app, "GET", "/restapi/v1.0/account/~/extension/~", headers={"authorization": f"Bearer {token}"}
        )
        assert codes(reply) == (404, "CMN-120")


async def test_the_token_of_the_administration_is_nobodys_on_the_public_listener(site: AdminSite) -> None:
    for resource in routes.RESOURCES:
        for method, operation in resource.methods.items():
            if operation.login:
                path = resource.path
                for name in ("accountId", "extensionId"):
                    path = path.replace(f"{{{name}}}", "~")
                path = path.replace("{", "").replace("}", "")
                reply = await site.world.ask(method, path, authorization=f"Bearer {site.bearer}")
                assert reply.status in (401, 403), (method, path, reply.body)


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": JWT_GRANT, "assertion": "x"},
        {"grant_type": "password", "username": "x", "password": "y"},
        {"grant_type": "refresh_token", "refresh_token": "x"},
        {"grant_type": "authorization_code", "code": "x"},
    ],
)
async def test_users_log_in_elsewhere(site: AdminSite, form: dict[str, str]) -> None:
    reply = await site.log_in(**form)
    assert (reply.status, reply.json["error"]) == (400, "unsupported_grant_type")


async def test_logins_that_are_none(site: AdminSite) -> None:
    wrong = await site.log_in(client_id=site.client_id, client_secret="guess")
    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    of_users = await site.log_in(client_id=CLIENT, client_secret=SECRET)
    assert (of_users.status, of_users.json["error"]) == (400, "unauthorized_client")


async def test_a_removed_client_is_out_at_once(site: AdminSite) -> None:
    assert (await site.ask("DELETE", f"/clients/{site.client_id}")).status == 204
    assert codes(await site.ask("GET", "/accounts")) == (401, "OAU-149")
    assert (await site.log_in()).status == 401


async def test_logging_in_often_is_no_offence(site: AdminSite) -> None:
    for _ in range(20):
        assert (await site.log_in()).status == 200


async def test_pages_of_other_origins_get_nothing(site: AdminSite) -> None:
    reply = await site.ask("GET", "/accounts", origin="https://evil.example")
    assert not [name for name in reply.headers if name.startswith("access-control")]
    preflight = await site.ask(
        "OPTIONS", "/accounts", origin="https://evil.example", access_control_request_method="GET"
    )
    assert (preflight.status, preflight.headers.get("access-control-allow-origin")) == (405, None)


# --- what it answers -------------------------------------------------------------------------------------------------


async def test_a_user_from_first_to_last(site: AdminSite) -> None:
    users = "/accounts/~/users"
    made = await site.ask("POST", users, {"extension": "200", "firstName": "Ann", "generatePassword": True})
    assert (made.status, made.headers["cache-control"]) == (200, "no-store")
    password = made.json["password"]
    form = {
        "grant_type": "password", "username": "+16505550100", "extension": "200", "password": password,
        "client_id": CLIENT, "client_secret": SECRET,
    }  # fmt: skip
    login = await site.world.log_in(form)
    assert login.status == 200
    shown = await site.ask("GET", f"{users}/200")
    assert (shown.status, shown.json["name"], "password" in shown.json) == (200, "Ann", False)
    changed = await site.ask("PATCH", f"{users}/{made.json['id']}", {"lastName": "Example", "enabled": False})
    assert (changed.status, changed.json["name"], changed.json["enabled"]) == (200, "Ann Example", False)
    mine = await site.world.ask("GET", site.world.home, authorization=f"Bearer {login.json['access_token']}")
    assert mine.status == 401
    gone = await site.ask("DELETE", f"{users}/200")
    assert (gone.status, gone.body) == (204, b"")
    assert codes(await site.ask("GET", f"{users}/200")) == (404, "CMN-102")


async def test_a_jwt_logs_in_at_the_public_listener(site: AdminSite) -> None:
    made = (await site.ask("POST", "/accounts/~/users/101/jwts", {"label": "robot"})).json
    form = {"grant_type": JWT_GRANT, "assertion": made["jwt"], "client_id": CLIENT, "client_secret": SECRET}
    assert (await site.world.log_in(form)).status == 200
    assert (await site.ask("DELETE", f"/accounts/~/users/101/jwts/{made['id']}")).status == 204
    assert (await site.world.log_in(form)).status == 400


async def test_lists_come_in_pages(site: AdminSite) -> None:
    first = (await site.ask("GET", "/accounts/~/users?perPage=2")).json
    assert [user["extension"] for user in first["records"]] == ["101", "102"]
    assert first["paging"]["totalElements"] == 3
    assert first["uri"].startswith("http://api.test:8080/admin/v1/accounts/~/users?")
    second = await ask(
        site.app, "GET", first["navigation"]["nextPage"]["uri"].removeprefix("http://api.test:8080"),
        headers={"authorization": f"Bearer {site.bearer}"},
    )  # fmt: skip
    assert [user["extension"] for user in second.json["records"]] == ["103"]
    assert codes(await site.ask("GET", "/accounts/~/users?page=0")) == (400, "CMN-101")


async def test_the_balance(site: AdminSite) -> None:
    added = await site.ask("POST", "/accounts/~/balance", {"units": 70, "note": "paid"})
    assert (added.status, added.json["balance"]) == (200, 70)
    entries = await site.ask("GET", "/accounts/~/balance/entries?limit=1")
    assert [entry["note"] for entry in entries.json["records"]] == ["paid"]
    assert codes(await site.ask("GET", "/accounts/~/balance/entries?limit=x")) == (400, "CMN-101")


REFUSED = [
    ("POST", "/accounts/~/users", {}, 400, "CMN-100", "extension"),
    ("POST", "/accounts/~/users", {"extension": 5}, 400, "CMN-101", "extension"),
    ("POST", "/accounts/~/users", {"extension": "5", "colour": "red"}, 400, "CMN-101", "colour"),
    ("POST", "/accounts/~/users", {"extension": "101"}, 400, "CMN-406", "extension"),
    ("POST", "/accounts/~/users", {"extension": "x"}, 400, "CMN-101", "extension"),
    ("POST", "/accounts/~/users", b"{", 400, "CMN-103", None),
    ("POST", "/accounts/~/users", [], 400, "CMN-104", None),
    ("POST", "/accounts/~/numbers", {"number": "x"}, 400, "CMN-101", "number"),
    ("POST", "/clients", {"scopes": [1]}, 400, "CMN-101", "scopes"),
    ("POST", "/clients", {"grants": ["client_credentials"]}, 400, "CMN-101", "grants"),
    ("GET", "/accounts/999", b"", 404, "CMN-102", "account"),
    ("GET", "/accounts/~/users/999", b"", 404, "CMN-102", "user"),
    ("GET", "/nonsense", b"", 404, "CMN-120", None),
    ("DELETE", "/accounts", b"", 405, "AGW-405", None),
    ("DELETE", "/accounts/~/users/101", b"", 409, "CMN-108", None),
    ("POST", "/clients/app/secret", b"", 409, "CMN-108", None),
    ("POST", "/accounts/~/balance", {"units": -1}, 409, "CMN-108", None),
    ("POST", "/accounts/~/users", b"x" * 70000, 413, "AGW-413", None),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "parameter"), REFUSED)
async def test_refusals(
    site: AdminSite, method: str, path: str, body: Any, status: int, code: str, parameter: str | None
) -> None:
    reply = await site.ask(method, path, body, **({"content_type": "application/json"} if body else {}))
    assert codes(reply) == (status, code)
    assert reply.json.get("parameterName") == parameter
    assert reply.headers["rcrequestid"]


async def test_a_form_is_no_json(site: AdminSite) -> None:
    assert codes(await site.ask("POST", "/clients", b"name=x", content_type=FORM)) == (415, "AGW-415")


async def test_a_full_disk_is_503(site: AdminSite) -> None:
    site.world.accounts._store.disk_full = True  # type: ignore[attr-defined]
    assert codes(await site.ask("POST", "/accounts/~/users", {"extension": "200"})) == (503, "CMN-201")


async def test_a_refusal_says_what_would_be_right_and_never_a_password(site: AdminSite) -> None:
    reply = await site.ask("PUT", "/accounts/~/users/101/password", {"password": "s3cret"})
    assert codes(reply) == (400, "CMN-101")
    assert "8 to 128 characters" in reply.json["message"]
    assert b"s3cret" not in reply.body


async def test_its_own_description(site: AdminSite) -> None:
    reply = await site.ask("GET", "/openapi.json", authorization="")
    document = reply.json
    described = {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}
    assert {operation.name for operation in OPERATIONS} < described
    creation = document["components"]["schemas"]["AdminUserCreation"]
    assert creation["required"] == ["extension"]
    assert "/restapi/v1.0" not in document["paths"]


async def test_the_log_names_the_change_and_no_phone_number(
    site: AdminSite, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info")
    try:
        assert (await site.ask("DELETE", "/accounts/~/users/101/forwarding-numbers/+16505550111")).status == 204
    finally:
        logs.configure("warning")
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "administered" in line]
    assert "adminDeleteForwardingNumber" in line
    assert "/admin/v1/accounts/~/users/101/forwarding-numbers/+16505***" in line
    assert "0111" not in line


async def test_what_the_gateways_answered(site: AdminSite) -> None:
    """A code is an answer, whichever it is; a gateway without a way to it has none."""
    reply = await site.ask("GET", "/trunks")
    assert reply.status == 200
    assert reply.json["records"] == [
        {
            "trunk": "carrier", "gateway": "sip:192.0.2.9", "address": "192.0.2.9", "answers": True,
            "signalling": "192.0.2.1", "media": "192.0.2.1", "code": 200, "milliseconds": 12.3,
            "seenAs": "198.51.100.1",
        },
        {
            "trunk": "carrier", "gateway": "sip:[2001:db8::1]", "address": "", "answers": False, "signalling": "",
            "media": "192.0.2.1",
        },
    ]  # fmt: skip
