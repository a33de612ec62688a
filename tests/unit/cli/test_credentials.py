"""Who `ringout call` is: by the environment, else by a running sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringout.cli.credentials import Credentials, find_credentials, sandbox_login_file
from ringout.cli.failures import CommandFailed
from ringout.cli.user_files import login_file
from ringout.sandbox.account import Login, load_secrets, write_login

LOGIN = Login("http://127.0.0.1:9", "sandbox-1", "s", "jwt", "+16505550100", "101", "pw", "1", "2")


def test_the_environment_comes_first(tmp_path: Path) -> None:
    environ = {
        "XDG_STATE_HOME": str(tmp_path),
        "RINGOUT_URL": "https://a.example/",
        "RINGOUT_CLIENT_ID": "app",
        "RINGOUT_USERNAME": "+1",
        "RINGOUT_PASSWORD": "p",
    }
    write_login(sandbox_login_file(environ), LOGIN)
    assert find_credentials(None, environ) == Credentials("https://a.example", "app", username="+1", password="p")
    assert find_credentials("http://b.example", environ).url == "http://b.example"


def test_a_running_sandbox_is_found(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    with pytest.raises(CommandFailed):
        find_credentials(None, environ)
    write_login(sandbox_login_file(environ), LOGIN)
    found = find_credentials(None, environ)
    assert (found.url, found.client_id, found.jwt) == (LOGIN.url, LOGIN.client_id, LOGIN.jwt)


def test_a_sandbox_goes_before_the_login_that_is_kept_for_links(tmp_path: Path) -> None:
    """So nobody is called by mistake."""
    environ = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    kept = {"url": "https://a.example", "client_id": "app", "jwt": "x"}
    login_file(environ).parent.mkdir(parents=True)
    login_file(environ).write_text(json.dumps(kept))
    assert find_credentials(None, environ).url == "https://a.example"
    write_login(sandbox_login_file(environ), LOGIN)
    assert find_credentials(None, environ).url == LOGIN.url
    sandbox_login_file(environ).unlink()
    assert find_credentials(None, environ).client_id == "app"


def test_a_relative_place_for_files_is_ignored() -> None:
    assert login_file({"HOME": "/home/ann", "XDG_CONFIG_HOME": "here"}) == Path("/home/ann/.config/ringout/login.json")


def test_the_login_file_is_for_its_owner_only(tmp_path: Path) -> None:
    file = sandbox_login_file({"HOME": str(tmp_path)})
    assert file == tmp_path / ".local/state/ringout/sandbox.json"
    write_login(file, LOGIN)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_data_directory_keeps_its_secrets(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    assert first.jwt is None
    assert load_secrets(tmp_path) != first
    write_login(tmp_path / "login.json", LOGIN)
    again = load_secrets(tmp_path)
    assert (again.client_id, again.client_secret, again.password, again.jwt) == ("sandbox-1", "s", "pw", "jwt")
