"""`ringout call`, `ringout status` and `ringout cancel`: a RingOut from the command line of a running server."""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from typing import Annotated, Any, Protocol

from cyclopts import Parameter
from rich.console import Console

from ringout.cli.api_client import ApiClient, Gone
from ringout.cli.credentials import Credentials, find_credentials
from ringout.cli.failures import INTERRUPTED, NOT_JOINED, OK, CommandFailed
from ringout.cli.following import Following
from ringout.cli.shared_login import SharedLogin
from ringout.cli.snapshot import Snapshot, read_snapshot
from ringout.cli.two_lanes import TwoLanes

_TICK_SECONDS = 0.25  # a Ctrl-C waits for so long at most, and the clock on the display
_END_SECONDS = 40.0  # after a cancel: 64*T1 and a little, the longest that taking a leg down may last

Number = Annotated[str, Parameter(help="Phone number, E.164: +16505550102.")]
FromOption = Annotated[str | None, Parameter(name="--from", help="Your phone, rung first; default: your first.")]
CallerIdOption = Annotated[str | None, Parameter(help="Number that the other party is shown.")]
PromptOption = Annotated[
    bool | None, Parameter(negative="--no-prompt", help="Ask you for a 1 before the other is rung.")
]
PostDialOption = Annotated[
    str, Parameter(help="Keys for the other party once you are joined: 0-9 * # A-D, and a comma for 2 s of silence.")
]
UrlOption = Annotated[str | None, Parameter(name="--url", help="Server; default: RINGOUT_URL, or the running sandbox.")]
IdArgument = Annotated[str, Parameter(help="Id of a RingOut, as a number or s-...")]


def call(
    to: Number,
    /,
    *,
    from_: FromOption = None,
    caller_id: CallerIdOption = None,
    prompt: PromptOption = None,
    post_dial: PostDialOption = "",
    url: UrlOption = None,
) -> int:
    """Rings your phone, then TO, joins the two, and shows both until the end. Ctrl-C cancels, or hangs up.

    Exit code: 0 the two were joined, 1 they were not, 2 wrong use, 3 the server refuses, 4 no server, 130 cancelled.
    """
    with open_client(find_credentials(url)) as client, Interrupts() as interrupts:
        first = read_snapshot(client.place(to, from_, caller_id, prompt, post_dial))
        with TwoLanes(Console()) as lanes:
            last = watch(client, first, interrupts, lanes)
    return finish(last, interrupts)


def status(ring_out_id: IdArgument, /, *, url: UrlOption = None) -> int:
    """Shows one RingOut as it stands."""
    with open_client(find_credentials(url)) as client:
        now = read_snapshot(client.get(ring_out_id))
    print(f"RingOut {now.id}: {now.call_status}{'. ' + now.sentence if now.sentence else ''}")
    for name, lane in (("You ", now.you), ("Them", now.them)):
        print(f"{name}  {lane.number:<16} {lane.status:<12} {lane.sentence}".rstrip())
    return OK


def cancel(ring_out_id: IdArgument, /, *, url: UrlOption = None) -> int:
    """Takes both phones of one RingOut down."""
    with open_client(find_credentials(url)) as client:
        client.cancel(ring_out_id)
    print(f"RingOut {ring_out_id} is cancelled.")
    return OK


def open_client(credentials: Credentials) -> ApiClient:
    """With the login that the user's commands share. Raises CommandFailed."""
    return ApiClient(credentials, SharedLogin.of(credentials))


class Interrupts:
    """Ctrl-C is a wish to be met at the right moment, not an exception wherever it strikes: however often it is
    pressed, the phones are taken down first. Once the server was told, another one is a KeyboardInterrupt. Use as a
    context manager."""

    def __init__(self) -> None:
        self.asked = False
        self.met = False  # the server was told
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        self._before = signal.signal(signal.SIGINT, self._received)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _received(self, *_: object) -> None:
        if self.met:
            raise KeyboardInterrupt
        self.asked = True


class Wish(Protocol):
    """asked: somebody wants the call to end; met: the server was told."""

    asked: bool
    met: bool


class Display(Protocol):
    """Shows a call as it goes on."""

    def show(self, now: Snapshot, elapsed_seconds: float) -> None: ...


def watch(client: ApiClient, now: Snapshot, wish: Wish, display: Display) -> Snapshot:
    """Shows until the end; the last snapshot."""
    following = Following(client, now.id)
    started = time.monotonic()
    cancelled_at: float | None = None
    try:
        while True:
            elapsed = time.monotonic() - started
            display.show(now, elapsed)
            if now.ended or (cancelled_at is not None and elapsed - cancelled_at > _END_SECONDS):
                return now
            if wish.asked and cancelled_at is None:
                cancelled_at = elapsed
                _cancel(client, now.id)
                wish.met = True
            told = following.next(_TICK_SECONDS)
            if told is not None:
                now = replace(read_snapshot(told), id=now.id)
    except Gone:
        return now
    finally:
        following.stop()


def finish(last: Snapshot, wish: Wish) -> int:
    """The exit code of a call that went well. Raises CommandFailed for the others."""
    if last.joined:
        return OK
    if wish.asked:
        raise CommandFailed("cancelled.", INTERRUPTED)
    raise CommandFailed(_why(last), NOT_JOINED)


def _cancel(client: ApiClient, ring_out_id: str) -> None:
    try:
        client.cancel(ring_out_id)
    except Gone:
        pass  # it ended by itself at the same moment; the next poll shows how


def _why(last: Snapshot) -> str:
    for sentence in (last.sentence, last.them.sentence, last.you.sentence):
        if sentence:
            return sentence
    return f"not joined: {last.call_status}, you {last.you.status}, them {last.them.status}."
