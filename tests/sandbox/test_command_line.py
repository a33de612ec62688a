"""`ringout call`, `status` and `cancel` beside a running sandbox: what they print and how they end."""

from __future__ import annotations

import signal

import pytest
import requests

from .running import Sandbox, eventually


def end(running: object) -> tuple[int, str, str]:
    out, err = running.communicate(timeout=60)  # type: ignore[attr-defined]
    return running.returncode, out, err  # type: ignore[attr-defined]


def test_a_call_that_is_joined_ends_with_0(sandbox: Sandbox) -> None:
    code, out, err = end(sandbox.command("call", sandbox.login["numbers"]["hangs_up"]))
    assert (code, err) == (0, "")
    assert sandbox.login["from"] in out
    assert out.index("on the phone") < out.rindex("hung up")


@pytest.mark.parametrize(
    ("name", "words"),
    [("busy", "busy"), ("declines", "declin"), ("unknown", "404"), ("unavailable", "480"), ("carrier_down", "503")],
)
def test_a_call_that_fails_ends_with_1_and_says_why(sandbox: Sandbox, name: str, words: str) -> None:
    code, _, err = end(sandbox.command("call", sandbox.login["numbers"][name]))
    assert code == 1
    assert err.startswith("ringout: ")
    assert words in err
    assert err.count("\n") == 1


def test_the_1_is_pressed_and_the_call_joined(sandbox: Sandbox) -> None:
    numbers = sandbox.login["numbers"]
    running = sandbox.command("call", numbers["hangs_up"], "--from", numbers["presses_2_then_1"], "--prompt")
    code, out, _ = end(running)
    assert code == 0
    assert "asked for a 1" in out


def test_digits_for_after_the_answer(sandbox: Sandbox) -> None:
    number = sandbox.login["numbers"]["hangs_up"]
    assert end(sandbox.command("call", number, "--post-dial", "12,#"))[0] == 0
    code, _, err = end(sandbox.command("call", number, "--post-dial", "12x"))
    assert (code, "postDial" in err) == (3, True)


def test_ctrl_c_cancels_and_shows_the_end(sandbox: Sandbox) -> None:
    running = sandbox.command("call", sandbox.login["numbers"]["rings"])
    assert running.stdout is not None
    seen = ""
    while "ringing" not in seen:
        seen += running.stdout.readline()
    running.send_signal(signal.SIGINT)
    code, out, err = end(running)
    assert (code, err) == (130, "ringout: cancelled.\n")
    assert "Rejected" in out


def test_status_and_cancel_by_id(sandbox: Sandbox) -> None:
    numbers = sandbox.login["numbers"]
    calling = sandbox.command("call", numbers["rings"], "--from", numbers["answers"])
    assert calling.stdout is not None
    line = calling.stdout.readline()
    while "RingOut" not in line:
        line = calling.stdout.readline()
    ring_out_id = line.split()[1]
    eventually(lambda: "InProgress" in end(sandbox.command("status", ring_out_id))[1], "the status of the call")
    assert end(sandbox.command("cancel", ring_out_id))[0] == 0
    assert end(calling)[0] == 1
    code, out, _ = end(sandbox.command("status", ring_out_id))
    assert (code, "CannotReach" in out) == (0, True)
    assert end(sandbox.command("cancel", ring_out_id))[0] == 3


def test_an_unknown_id_is_refused(sandbox: Sandbox) -> None:
    assert end(sandbox.command("status", "1"))[::2] == (
        3,
        "ringout: the server refuses: Resource for parameter [ringOutId] is not found.\n",
    )


def test_a_wrong_number_is_refused(sandbox: Sandbox) -> None:
    code, _, err = end(sandbox.command("call", "nonsense"))
    assert code == 3
    assert "to.phoneNumber" in err or "phoneNumber" in err


def test_commands_log_out_and_leave_the_sessions_of_others(sandbox: Sandbox) -> None:
    """A user has five sessions: the oldest would be gone after as many commands."""
    login = sandbox.login
    client = (login["client_id"], login["client_secret"])
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": login["jwt"]}
    token = requests.post(f"{login['url']}/restapi/oauth/token", form, auth=client, timeout=20).json()
    for _ in range(6):
        end(sandbox.command("status", "1"))
    asker = {"Authorization": f"{token['token_type']} {token['access_token']}"}
    assert requests.get(f"{login['url']}/restapi/oauth/userinfo", headers=asker, timeout=20).status_code == 200
