"""What the check of an access token costs inside the server: `python -m bench.token_check CONFIG RUNS`.

Starts the whole server in this process, logs in by HTTP and then calls what every request calls: the token from the
header to the principal, and the principal against the path and the permission. Prints microseconds per check as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from bench.http_client import request_once
from bench.ring_out_server import login_request
from ringout.app import Server
from ringout.config_file import load_config
from ringout.web.message import Request
from ringout.web.security import authenticate, authorize

CHECKS = 100_000
PATH = {"accountId": "~", "extensionId": "~", "ringoutId": "1"}


async def check_seconds(config_file: Path, runs: int) -> list[float]:
    """Seconds of one check, once for each run."""
    server = Server(load_config(config_file, {}))
    await server.start()
    try:
        port = int(server.http_url.rpartition(":")[2])
        status, answer = await request_once("127.0.0.1", port, *login_request(101, "bench-password-1"))
        if status != 200:
            raise RuntimeError(f"no access token: {status} {answer}")
        headers = [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer " + answer["access_token"].encode())]
        scope = {"method": "GET", "headers": headers, "query_string": b"", "path_params": PATH}
        tokens = server._services.tokens  # the very one that the requests ask
        return [_measure(Request(scope, _no_body, 0), tokens) for _ in range(runs)]
    finally:
        await server.stop()


def _measure(request: Request, tokens: Any) -> float:
    start = time.perf_counter()
    for _ in range(CHECKS):
        authorize(authenticate(request, tokens, in_query=True), request, "RingOut")
    return (time.perf_counter() - start) / CHECKS


async def _no_body() -> Any:
    return {"type": "http.disconnect"}


if __name__ == "__main__":
    found = uvloop.run(check_seconds(Path(sys.argv[1]), int(sys.argv[2])))
    print(json.dumps([seconds * 1e6 for seconds in found]))
