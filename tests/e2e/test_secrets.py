"""What must stay secret: passwords, tokens and pressed keys, in the log at its most talkative and in the data."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import urlencode

from .harness import CONNECTED, ENDED, World
from .raw_phone import digest_parts
from .server import CLIENT, EXTENSION, MAIN_NUMBER, PASSWORD
from .sipp import rtp_address

TRUNK_PASSWORD = "trunk secret 7"
CHALLENGE = 'Digest realm="carrier.example", nonce="s0mence", qop="auth"'


def test_no_secret_is_logged_or_stored_in_clear(world: World) -> None:
    caller = world.raw("caller", username="trunk-user", password=TRUNK_PASSWORD)
    callee = world.raw("callee")
    server = world.serve()
    server.kill()
    config = server.directory / "ringout.toml"
    config.write_text('log_level = "debug"\n' + config.read_text())
    server.start()

    grant = {"grant_type": "password", "username": MAIN_NUMBER, "extension": EXTENSION, "password": PASSWORD}
    basic = base64.b64encode(":".join(CLIENT).encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    login = world.api.request("POST", "/restapi/oauth/token", urlencode(grant), headers)
    grant["password"] = "a wrong guess 1"
    wrong = world.api.request("POST", "/restapi/oauth/token", urlencode(grant), headers)
    assert (login.code, wrong.code) == (200, 400)
    token = login.body["access_token"]
    assert world.api.request("GET", f"/restapi/v1.0/account/~/extension/~/ringout/7?access_token={token}").code == 404

    call = world.place(caller, callee, prompt=True)
    first = caller.expect("INVITE")
    caller.reply(first, 407, headers=[f"Proxy-Authenticate: {CHALLENGE}"], tag="refused")
    caller.expect("ACK")
    invite = caller.expect("INVITE")
    caller.answer(invite)
    caller.rtp.await_packets(1)  # the prompt: from now on keys count
    caller.rtp.remote = rtp_address(invite.body)
    caller.rtp.press("1")
    callee.answer(callee.ring())
    call.until(CONNECTED)
    assert call.cancel() == 204
    caller.take_bye()
    callee.take_bye()
    call.until(ENDED)

    secrets = [
        PASSWORD, "a wrong guess 1", CLIENT[1], basic, TRUNK_PASSWORD, token, login.body["refresh_token"],
        digest_parts(invite.header("Proxy-Authorization"))["response"],
    ]  # fmt: skip
    data = b"".join(path.read_bytes() for path in Path(server.directory / "data").iterdir())
    log = server.log()
    assert "ready" in log
    for secret in secrets:
        assert secret not in log
        assert secret.encode() not in data, secret
    for path in (server.directory / "data", *Path(server.directory / "data").iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path
