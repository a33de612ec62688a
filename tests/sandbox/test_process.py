"""The sandbox as a process: one line when ready, a clean end, nothing left behind, the same again on the same data."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from .running import Sandbox, eventually


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly(start_sandbox: Callable[..., Sandbox], tmp_path: Path, by: signal.Signals) -> None:
    sandbox = start_sandbox()
    children = descendants(sandbox.process.pid)
    assert len(children) >= 2  # the phones and a media worker
    login_file = tmp_path / "state/ringout/sandbox.json"
    assert json.loads(login_file.read_text()) == sandbox.login
    assert login_file.stat().st_mode & 0o777 == 0o600
    assert sandbox.end(by) == (0, b"")
    assert not any(map(is_alive, children))
    assert not login_file.exists()
    assert (tmp_path / "stderr").read_text() == ""


def test_after_kill_9_nothing_is_left(start_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = start_sandbox()
    children = descendants(sandbox.process.pid)
    sandbox.process.kill()
    eventually(lambda: not any(map(is_alive, children)), "the phones and the media worker to leave")


def test_the_same_data_gives_the_same_credentials(start_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    first = start_sandbox("--data", data)
    assert first.end()[0] == 0
    again = start_sandbox("--data", data)
    changing = {"url"}
    assert {key: value for key, value in again.login.items() if key not in changing} == {
        key: value for key, value in first.login.items() if key not in changing
    }
    calling = again.command("call", again.login["numbers"]["busy"])
    calling.communicate(timeout=30)
    assert calling.returncode == 1


def test_redirect_uris(start_sandbox: Callable[..., Sandbox], sandbox: Sandbox) -> None:
    assert sandbox.login["redirect_uri"] == "http://localhost:8000/callback"
    uris = ["http://localhost:9/a", "com.example.app:/back"]
    mine = start_sandbox("--redirect-uri", uris[0], "--redirect-uri", uris[1])
    assert mine.login["redirect_uri"] == uris[0]
    for client, uri, status in (("", uris[0], 200), ("-public", uris[1], 200), ("", "http://localhost:9/b", 400)):
        asked = {"response_type": "code", "client_id": mine.login["client_id"] + client, "redirect_uri": uri}
        query = urlencode({**asked, "code_challenge": "x" * 43})
        page = requests.get(f"{mine.login['url']}/restapi/oauth/authorize?{query}", timeout=20)
        assert page.status_code == status
    wrong = sandbox.command("sandbox", "--json", "--redirect-uri", "javascript:alert(1)")
    out, err = wrong.communicate(timeout=30)
    assert (wrong.returncode, out, err.count("\n")) == (2, "", 1)


def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    pids = {sandbox.process.pid, *descendants(sandbox.process.pid)}
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes.add(os.readlink(descriptor).removeprefix("socket:[").rstrip("]"))
            except FileNotFoundError:
                continue
    addresses = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[9] in inodes:
                addresses.add(words[1].partition(":")[0])
    assert addresses == {"0100007F"}


def test_a_taken_port_is_one_sentence(start_sandbox: Callable[..., Sandbox], sandbox: Sandbox) -> None:
    port = sandbox.login["url"].rpartition(":")[2]
    running = sandbox.command("sandbox", "--json", "--http", f"127.0.0.1:{port}", "--sip", "127.0.0.1:0")
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (4, "")
    assert err.count("\n") == 1
    assert f"127.0.0.1:{port}" in err


def test_several_may_start_at_one_moment(start_sandbox: Callable[..., Sandbox]) -> None:
    """Without addresses: all look at the same usual ports, and one of them has them."""
    with ThreadPoolExecutor(4) as together:
        sandboxes = list(together.map(lambda _: start_sandbox(on_usual_ports=True), range(4)))
    assert len({sandbox.login["url"] for sandbox in sandboxes}) == 4
    for sandbox in sandboxes:
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": sandbox.login["jwt"]}
        client = (sandbox.login["client_id"], sandbox.login["client_secret"])
        assert requests.post(f"{sandbox.login['url']}/restapi/oauth/token", form, auth=client, timeout=20).ok


@pytest.mark.parametrize("twin", ["ringout", "ring-out"])
def test_the_example_of_the_ringout_page_is_joined(sandbox: Sandbox, twin: str) -> None:
    login = sandbox.login
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": login["jwt"]}
    client = (login["client_id"], login["client_secret"])
    token = requests.post(f"{login['url']}/restapi/oauth/token", form, auth=client, timeout=20).json()["access_token"]
    asker = {"Authorization": f"Bearer {token}"}
    example = {
        "from": {"phoneNumber": "13443334444"},
        "to": {"phoneNumber": "13453443434"},
        "callerId": {"phoneNumber": "13443334444"},
        "playPrompt": False,
    }
    collection = f"{login['url']}/restapi/v1.0/account/~/extension/~/{twin}"
    placed = requests.post(collection, json=example, headers=asker, timeout=20)
    assert placed.status_code == 200, placed.text
    uri = placed.json()["uri"]

    def is_joined() -> bool:
        status = requests.get(uri, headers=asker, timeout=20).json()["status"]
        return [status[who] for who in ("callerStatus", "calleeStatus", "callStatus")] == ["Success"] * 3

    eventually(is_joined, "the two phones to be joined")
    assert requests.delete(uri, headers=asker, timeout=20).status_code == 204
