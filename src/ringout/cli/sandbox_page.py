"""What an interactive sandbox prints: who can be called, how to log in, a request to paste, one call as it happens."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from ringout.cli.call import open_client
from ringout.cli.credentials import Credentials, sandbox_login_file
from ringout.cli.failures import CommandFailed
from ringout.cli.snapshot import Snapshot, read_snapshot
from ringout.cli.two_lanes import TwoLanes
from ringout.sandbox.account import Login
from ringout.sandbox.numbers import BY_KEY, MAIN_NUMBER, PERSONALITIES

_POLL_SECONDS = 0.25
_TALK_SECONDS = 3.0
_REPORT_SECONDS = 5.0


def show_page(login: Login, sip_listeners: Sequence[tuple[str, str, int]]) -> None:
    """Numbers, addresses, credentials and a curl."""
    console = Console()
    numbers = Table("Number", "Name", "When it is called, it", title="Phones", title_justify="left", box=None)
    for who in PERSONALITIES:
        numbers.add_row(who.number, who.key, who.what)
    console.print(numbers)
    console.print()
    facts = Table.grid(padding=(0, 2))
    sip = ", ".join(f"{transport}:{host}:{port}" for transport, host, port in sip_listeners)
    for name, value in (
        ("dialer", f"{login.url}/"),
        ("API", login.url),
        ("SIP", sip),
        ("client", f"{login.client_id}   secret {login.client_secret}"),
        ("user", f"{MAIN_NUMBER} ext {login.extension}   password {login.password}"),
        ("login page", f"{login.url}/restapi/oauth/authorize   sends back to {login.redirect_uri}"),
        ("JWT", f"in {sandbox_login_file()}"),
    ):
        facts.add_row(name, value)
    console.print(facts)
    console.print()
    console.print("Paste this to ring the first phone, then the second:")
    console.out(curl(login), highlight=False)
    program = sys.argv[0] if sys.argv[0].endswith("/ringout") else "ringout"
    console.print(f"Or, in another terminal: [bold]{program} call {BY_KEY['answers_slowly'].number}[/bold]")
    console.print()


def curl(login: Login) -> str:
    """Two shell commands: a token, and a RingOut."""
    return (
        f"TOKEN=$(curl -s -u '{login.client_id}:{login.client_secret}' {login.url}/restapi/oauth/token \\\n"
        f"  -d grant_type=password --data-urlencode 'username={login.username}' -d extension={login.extension} \\\n"
        f'  --data-urlencode \'password={login.password}\' | sed \'s/.*"access_token":"\\([^"]*\\)".*/\\1/\')\n'
        f'curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\\n'
        f"  {login.url}/restapi/v1.0/account/~/extension/~/ringout \\\n"
        f'  -d \'{{"from": {{"phoneNumber": "{login.from_number}"}}, '
        f'"to": {{"phoneNumber": "{login.numbers["answers_slowly"]}"}}}}\'; echo\n'
    )


async def show_sample(login: Login, reports: asyncio.Queue[dict[str, Any]]) -> None:
    """Places one RingOut between two phones, hangs it up after a while, and shows all of it. reports: of the phones."""
    console = Console()
    caller, callee = BY_KEY["answers"], BY_KEY["answers_slowly"]
    console.print(f"A sample: {caller.number} ({caller.what}) calls {callee.number} ({callee.what}).")
    try:
        await _watch(login, caller.number, callee.number, console)
        async with asyncio.timeout(_REPORT_SECONDS):
            for _ in range(2):
                phone = await reports.get()
                console.print("{phone} hummed {hummed_hz} Hz and heard {heard_hz} Hz.".format_map(phone))
    except CommandFailed as failure:
        console.print(f"The sample failed: {failure.sentence}", style="red")
    except TimeoutError:
        console.print("The phones of the sample have not been hung up.", style="red")
    console.print("\nReady. Ctrl-C ends the sandbox.")


async def _watch(login: Login, from_: str, to: str, console: Console) -> None:
    loop = asyncio.get_running_loop()
    credentials = Credentials(login.url, login.client_id, login.client_secret, login.jwt)
    client = await asyncio.to_thread(open_client, credentials)
    now: Snapshot = read_snapshot(await asyncio.to_thread(client.place, to, from_, None, None))
    started = loop.time()
    hang_up_at: float | None = None
    with TwoLanes(console) as lanes:
        while not now.ended:
            lanes.show(now, loop.time() - started)
            await asyncio.sleep(_POLL_SECONDS)
            if now.joined and hang_up_at is None:
                hang_up_at = loop.time() + _TALK_SECONDS
            elif hang_up_at is not None and loop.time() > hang_up_at:
                hang_up_at = math.inf
                await asyncio.to_thread(client.cancel, now.id)
            now = read_snapshot(await asyncio.to_thread(client.get, now.id))
        lanes.show(now, loop.time() - started)
