"""`ringout serve`: a server until SIGTERM or SIGINT."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ringout import logs
from ringout.cli.config_check import ConfigOption, default_file, read_config
from ringout.cli.failures import OK, UNREACHABLE, USAGE, CommandFailed
from ringout.config import Config


def serve(*, config: ConfigOption = None) -> int:
    """Runs the server. SIGTERM and SIGINT drain it: no new calls, live ones may finish; a second one does not wait.
    SIGHUP has it read its TLS certificate anew."""
    read = read_config(config or default_file())
    logs.configure(read.log_level, read.node)
    run(_serve(read))
    return OK


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs main on a uvloop. What keeps it from starting becomes CommandFailed."""
    # Imported late: a server's parts take half a second that `call` need not pay, and they need a Unix.
    try:
        import uvloop
    except ImportError as error:
        main.close()
        raise CommandFailed("a server needs Linux or macOS; here RingOut opens links and calls.", USAGE) from error
    from ringout.app import NobodyToServe, StartFailed

    try:
        uvloop.run(main)
    except NobodyToServe as error:
        raise CommandFailed(str(error), USAGE) from error
    except StartFailed as error:
        raise CommandFailed(str(error), UNREACHABLE) from error


async def _serve(config: Config) -> None:
    from ringout.app import Server

    server = Server(config)
    server.heed_signals()
    await server.start()
    await server.run_until_signal()
    await server.stop()
