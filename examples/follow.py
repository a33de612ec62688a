"""Hear of a RingOut without asking: `python examples/follow.py TO` places one and prints what happens to it.

Server-Sent Events with the standard library alone. Needs RINGOUT_URL, RINGOUT_CLIENT_ID, RINGOUT_CLIENT_SECRET and
RINGOUT_JWT. A connection that breaks is opened again with the id of the last event: nothing is missed or told twice.
"""

import base64
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

BASE = os.environ["RINGOUT_URL"]
RING_OUTS = f"{BASE}/restapi/v1.0/account/~/extension/~/ring-out"
SILENCE_SECONDS = 30  # the server says something every 10


def log_in() -> str:
    client = f"{os.environ['RINGOUT_CLIENT_ID']}:{os.environ['RINGOUT_CLIENT_SECRET']}"
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": os.environ["RINGOUT_JWT"]}
    headers = {"Authorization": f"Basic {base64.b64encode(client.encode()).decode()}"}
    with urlopen(Request(f"{BASE}/restapi/oauth/token", urlencode(form).encode(), headers)) as answer:
        return f"Bearer {json.load(answer)['access_token']}"


def place(bearer: str, to: str) -> Any:
    headers = {"Authorization": bearer, "Content-Type": "application/json"}
    with urlopen(Request(RING_OUTS, json.dumps({"to": {"phoneNumber": to}}).encode(), headers)) as answer:
        return json.load(answer)


def follow(bearer: str, ring_out_id: str) -> Iterator[Any]:
    """The RingOut as it is now, then as it is after every change, up to its end."""
    last_event_id = ""
    while True:
        headers = {"Authorization": bearer, "Last-Event-ID": last_event_id}
        try:
            stream = urlopen(Request(f"{RING_OUTS}/{ring_out_id}/events", headers=headers), timeout=SILENCE_SECONDS)
            with stream:
                if stream.status == 204:
                    return  # everything has been told
                for line in stream:
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if name == "id":
                        last_event_id = value
                    elif name == "data":
                        told = json.loads(value)
                        yield told
                        if "endTime" in told:
                            return
        except HTTPError as error:
            if error.code not in (429, 503):
                raise
        except OSError as error:
            print(f"once more: {error}", file=sys.stderr)
        time.sleep(1)


def main() -> None:
    bearer = log_in()
    made = place(bearer, sys.argv[1])
    for told in follow(bearer, made["id"]):
        status = told["status"]
        print(status["callerStatus"], status["calleeStatus"], status["callStatus"], status.get("explanation", ""))


if __name__ == "__main__":
    main()
