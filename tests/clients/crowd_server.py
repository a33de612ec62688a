"""A server with many users and the sandbox's phones: `python crowd_server.py DIRECTORY USERS WITH_PASSWORD`.

Prints one line of JSON when it is ready: url, client_id, client_secret, main_number, account_id, and users with
extension, extension_id and either jwt or, for the first WITH_PASSWORD of them, password. Serves until SIGTERM.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvloop

from ringout import logs
from ringout.app import Server
from ringout.config import (
    AccountConfig,
    CallConfig,
    ClientConfig,
    Config,
    ExtensionConfig,
    HttpConfig,
    LimitsConfig,
    SipConfig,
)
from ringout.net.tasks import Tasks
from ringout.sandbox.numbers import DEFAULT_FROM, MAIN_NUMBER
from ringout.sandbox.world import World

CLIENT, SECRET = "crowd", "crowd-secret"
FIRST_EXTENSION = 1001


def make_config(directory: Path, world: World, users: int, with_password: int) -> Config:
    extensions = tuple(
        ExtensionConfig(
            str(number),
            f"password-{number}" if number < FIRST_EXTENSION + with_password else None,
            f"User {number}",
            forwarding_numbers=(DEFAULT_FROM.number,),
        )
        for number in range(FIRST_EXTENSION, FIRST_EXTENSION + users)
    )
    return Config(
        node="crowd",
        data_dir=directory,
        http=HttpConfig("127.0.0.1", 0),
        limits=LimitsConfig(0, 0, 0, 0),
        sip=SipConfig(("udp:127.0.0.1:0",)),
        call=CallConfig(drain_seconds=2.0),
        trunks=world.trunks,
        account=AccountConfig(MAIN_NUMBER, extensions=extensions),
        clients=(ClientConfig(CLIENT, SECRET, password_grant=True),),
        log_level="warning",
    )


async def serve(directory: Path, users: int, with_password: int) -> None:
    tasks = Tasks()
    world = World("127.0.0.1", tasks, lambda _: None)
    await world.start()
    config = make_config(directory, world, users, with_password)
    server = Server(config)
    server.heed_signals()
    await server.start()
    try:
        print(json.dumps(await _login(server, config)), flush=True)
        await server.run_until_signal()
    finally:
        await server.stop()
        await world.close()
        await tasks.stop()


async def _login(server: Server, config: Config) -> dict[str, Any]:
    users = []
    for extension in config.account.extensions:
        user = server.user(extension.extension)
        entry = {"extension": extension.extension, "extension_id": str(user.id)}
        if extension.password:
            entry["password"] = extension.password
        else:
            entry["jwt"] = await server.issue_jwt(extension.extension)
        users.append(entry)
    return {
        "url": server.http_url,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "main_number": MAIN_NUMBER,
        "account_id": str(user.account_id),
        "users": users,
    }


if __name__ == "__main__":
    logs.configure("warning", node="crowd")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
