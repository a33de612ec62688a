"""The yardstick of the machine: the least that a JSON API on the same libraries can do.

`python -m bench.plain_server PORT DATABASE`. GET answers a small JSON object; POST reads one, puts it into SQLite (WAL,
every row durable before the answer, as ours) and answers it. No login, no checks, one row at a time.
"""

from __future__ import annotations

import json
import sqlite3
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

STATUS = {"callStatus": "InProgress", "callerStatus": "InProgress", "calleeStatus": "InProgress"}


def make_app(database: str) -> Starlette:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE ring_outs (id INTEGER PRIMARY KEY, record TEXT NOT NULL)")

    async def get(request: Request) -> JSONResponse:
        return JSONResponse({"uri": str(request.url), "id": request.path_params["id"], "status": STATUS})

    async def post(request: Request) -> JSONResponse:
        record = json.dumps(await request.json())
        row = connection.execute("INSERT INTO ring_outs (record) VALUES (?)", (record,))
        return JSONResponse({"uri": f"{request.url}/{row.lastrowid}", "id": row.lastrowid, "status": STATUS})

    return Starlette(routes=[Route("/ring-out/{id}", get), Route("/ring-out", post, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(
        make_app(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
