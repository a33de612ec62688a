"""The examples do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from e2e.harness import need
from ringout.cli.sandbox_page import curl
from ringout.sandbox.account import Login

from .running import Sandbox

ROOT = Path(__file__).resolve().parents[2]


def run(sandbox: Sandbox, *words: str, **environ: str) -> str:
    done = subprocess.run(
        words, env=sandbox.environ | environ, check=True, capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert done.stderr == ""
    return done.stdout


def test_the_official_sdk(sandbox: Sandbox) -> None:
    out = run(sandbox, sys.executable, "examples/official_sdk.py", sandbox.login["numbers"]["answers"])
    assert "'callStatus': 'Success'" in out
    assert out.endswith("hung up\n")


def test_curl(sandbox: Sandbox) -> None:
    need("curl")
    login = sandbox.login
    names = ("url", "client_id", "client_secret", "username", "extension", "password")
    environ = {f"RINGOUT_{name.upper()}": login[name] for name in names}
    numbers = login["numbers"]
    out = run(sandbox, "bash", "examples/ringout.sh", numbers["answers"], numbers["presses_nothing"], **environ)
    assert out.splitlines()[1:] == ["Success", "hung up"]


def test_following_a_ring_out(sandbox: Sandbox) -> None:
    login = sandbox.login
    environ = {f"RINGOUT_{name.upper()}": login[name] for name in ("url", "client_id", "client_secret", "jwt")}
    out = run(sandbox, sys.executable, "examples/follow.py", login["numbers"]["busy"], **environ)
    assert out.splitlines()[-1] == "Success Busy CannotReach The callee's phone is busy (486 Busy Here)."


def test_the_curl_that_the_sandbox_prints(sandbox: Sandbox) -> None:
    need("curl")
    login = Login(**{key.replace("from", "from_number"): value for key, value in sandbox.login.items()})
    assert '"callStatus":"InProgress"' in run(sandbox, "bash", "-c", curl(login))
