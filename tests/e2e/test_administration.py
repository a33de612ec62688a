"""From an empty directory to a call between two phones, and the administration beside a running server: processes as
people start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any
from urllib.parse import urlencode

import pytest

from fakes.ports import free_port

from .api import Api
from .harness import CONNECTED, ENDED, World
from .server import ServerProcess

MAIN = "+16505550100"
FORM = "application/x-www-form-urlencoded"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class EmptyServer(ServerProcess):
    """A server whose configuration describes nobody. with_admin: its administration listens."""

    def __init__(self, world: World, *, with_admin: bool = True) -> None:
        self._with_admin = with_admin
        super().__init__(world.directory, world._trunks, {})
        world._own = self

    def _choose_ports(self) -> None:
        self.admin_port = free_port()
        super()._choose_ports()

    def _settings(self) -> dict[str, Any]:
        settings = super()._settings()
        del settings["account"], settings["clients"]
        settings["log_level"] = "debug"
        if self._with_admin:
            settings["admin"] = {"port": self.admin_port}
        return settings

    def ringout(self, *words: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """A command line with this server's configuration."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RINGOUT_")}
        return subprocess.run(
            [sys.executable, "-m", "ringout", *words, "--config", str(self._config)],
            input=typed, capture_output=True, text=True, timeout=60, cwd=self.directory, env=kept | environ,
        )  # fmt: skip

    def admin(self, *words: str, typed: str = "", **environ: str) -> Any:
        """What a command of the administration gives, which must be carried out."""
        ended = self.ringout("admin", *words, "--json", typed=typed, **environ)
        assert (ended.returncode, ended.stderr) == (0, ""), ended
        return json.loads(ended.stdout)

    def init(self, *options: str) -> dict[str, Any]:
        made: dict[str, Any] = self.admin("init", "--main-number", MAIN, *options)
        return made


def log_in(server: EmptyServer, made: dict[str, Any], **form: str) -> Api:
    """The public API as whoever the form says."""
    api = Api("127.0.0.1", server.http_port)
    form |= {"client_id": made["clientId"], "client_secret": made["clientSecret"]}
    answer = api.request("POST", "/restapi/oauth/token", urlencode(form), {"Content-Type": FORM})
    assert answer.code == 200, answer
    api._bearer = answer.body["access_token"]
    return api


def test_from_nothing_to_a_call(world: World) -> None:
    caller, callee = world.raw("caller"), world.raw("callee")
    server = EmptyServer(world)
    refused = server.ringout("serve")
    assert (refused.returncode, refused.stdout, "Traceback" in refused.stderr) == (2, "", False)
    assert "ringout admin init" in refused.stderr.splitlines()[-1]

    made = server.init("--phone", caller.number, "--password-grant")
    server.start()
    by_jwt = log_in(server, made, grant_type=JWT_GRANT, assertion=made["jwt"])
    by_password = log_in(server, made, grant_type="password", username=MAIN, extension="101", password=made["password"])
    for api in (by_jwt, by_password):
        call = api.place(caller.number, callee.number)
        invite = caller.expect("INVITE")
        assert MAIN in invite.header("From")
        caller.answer(invite)
        callee.answer(callee.ring())
        call.until(CONNECTED)
        assert call.cancel() == 204
        caller.take_bye()
        callee.take_bye()
        call.until(ENDED)


def test_beside_a_running_server(world: World) -> None:
    server = EmptyServer(world)
    made = server.init("--password-grant")
    before = server.admin("users", "list")
    server.start()
    assert server.admin("users", "list") == before

    user = server.admin("users", "create", "102", "--first-name", "Bob", "--generate-password")
    form = {"grant_type": "password", "username": MAIN, "extension": "102", "password": user["password"]}
    log_in(server, made, **form)
    server.admin("users", "set-password", "102", typed="correct horse battery\n")
    api = log_in(server, made, **{**form, "password": "correct horse battery"})
    jwt = server.admin("jwts", "create", "102")
    log_in(server, made, grant_type=JWT_GRANT, assertion=jwt["jwt"])
    assert server.admin("blocked", "remove", "+1900") == {}
    refused = server.ringout("admin", "users", "create", "102")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr == "ringout: the server refuses: Parameter [extension] value is already in use.\n"
    client = server.admin("clients", "create")

    assert server.admin("users", "delete", "102") == {}
    assert api.request("GET", "/restapi/v1.0/account/~/extension/~").code == 401
    assert api.request("GET", "/admin/v1/accounts").code == 404  # on the public listener

    server.terminate()
    assert server.wait() == 0
    assert server.admin("users", "list") == before
    assert "+1900" not in server.admin("blocked", "show")["prefixes"]
    secrets = [
        made["password"], made["clientSecret"], made["jwt"], made["adminClientSecret"], user["password"], jwt["jwt"],
        client["clientSecret"], "correct horse battery",
    ]  # fmt: skip
    log = server.log()
    assert '"admin":"http://127.0.0.1:' in log
    assert '"operation":"adminDeleteUser","path":"/admin/v1/accounts/~/users/102"' in log
    for secret in secrets:
        assert secret not in log


@pytest.mark.parametrize("by", ["no file", "a wrong secret", "the environment"])
def test_who_the_administration_of_a_running_server_lets_in(world: World, by: str) -> None:
    server = EmptyServer(world)
    made = server.init()
    login = server.directory / "data/admin-client.json"
    assert login.stat().st_mode & 0o777 == 0o600
    login.unlink()
    server.start()
    environ = {"RINGOUT_ADMIN_CLIENT_ID": made["adminClientId"], "RINGOUT_ADMIN_CLIENT_SECRET": "a guess"}
    if by == "no file":
        ended = server.ringout("admin", "users", "list")
        assert (ended.returncode, "RINGOUT_ADMIN_CLIENT_ID" in ended.stderr) == (2, True)
    elif by == "a wrong secret":
        ended = server.ringout("admin", "users", "list", **environ)
        assert (ended.returncode, "the server refuses" in ended.stderr) == (3, True)
        assert "a guess" not in server.log()
    else:
        environ["RINGOUT_ADMIN_CLIENT_SECRET"] = made["adminClientSecret"]
        assert [user["extension"] for user in server.admin("users", "list", **environ)] == ["101"]


def test_a_server_without_that_listener_is_one_sentence(world: World) -> None:
    server = EmptyServer(world, with_admin=False)
    server.init()
    server.start()
    for words in (("users", "list"), ("init", "--main-number", MAIN)):
        ended = server.ringout("admin", *words)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (4, "", 1)
    assert "[admin] port" in server.ringout("admin", "users", "list").stderr
    server.kill()
    assert [user["extension"] for user in server.admin("users", "list")] == ["101"]
