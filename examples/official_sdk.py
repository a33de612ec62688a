"""A RingOut with RingCentral's official Python SDK: python examples/official_sdk.py TO [FROM]

Logs in as RINGOUT_URL, RINGOUT_CLIENT_ID, RINGOUT_CLIENT_SECRET and RINGOUT_JWT say, else to a running sandbox.
"""

import json
import os
import sys
import time
from pathlib import Path

from ringcentral import SDK

STATE = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
RING_OUTS = "/restapi/v1.0/account/~/extension/~/ring-out"


def login() -> dict[str, str]:
    if "RINGOUT_CLIENT_ID" in os.environ:
        return {name: os.environ[f"RINGOUT_{name.upper()}"] for name in ("url", "client_id", "client_secret", "jwt")}
    found: dict[str, str] = json.loads((Path(STATE) / "ringout" / "sandbox.json").read_text())
    return found


def main(to: str, *from_: str) -> None:
    account = login()
    platform = SDK(account["client_id"], account["client_secret"], account["url"]).platform()
    platform.login(jwt=account["jwt"])
    body: dict[str, object] = {"to": {"phoneNumber": to}, "playPrompt": False}
    if from_:
        body["from"] = {"phoneNumber": from_[0]}
    ring_out = platform.post(RING_OUTS, body).json_dict()
    try:
        while ring_out["status"]["callStatus"] == "InProgress":
            print(ring_out["status"])
            time.sleep(0.5)
            ring_out = platform.get(f"{RING_OUTS}/{ring_out['id']}").json_dict()
        print(ring_out["status"])
        time.sleep(3)
    finally:
        if ring_out["status"]["callStatus"] in ("InProgress", "Success"):
            platform.delete(f"{RING_OUTS}/{ring_out['id']}")
            print("hung up")


if __name__ == "__main__":
    main(*sys.argv[1:])
