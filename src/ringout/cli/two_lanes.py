"""The live display of one RingOut: You on the left, Them on the right. Plain lines when nobody looks at a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ringout.cli.snapshot import Lane, Snapshot

_GOOD = ("Success", "Finished")


class TwoLanes:
    """Use as a context manager and call show with every new snapshot."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=8, transient=False) if console.is_terminal else None
        self._shown: dict[str, str] = {}

    def __enter__(self) -> TwoLanes:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, now: Snapshot, elapsed_seconds: float) -> None:
        """Draws the snapshot; on a pipe, prints a line for each party whose state has changed."""
        if self._live:
            self._live.update(_panel(now, elapsed_seconds), refresh=True)
            return
        if not self._shown:
            self._console.out(f"RingOut {now.id}", highlight=False)
        for name, lane in (("You ", now.you), ("Them", now.them)):
            words = _words(lane)
            if self._shown.get(name) != words:
                self._shown[name] = words
                self._console.out(f"{elapsed_seconds:5.1f} s  {name}  {lane.number:<16} {words}", highlight=False)


def _words(lane: Lane) -> str:
    return f"{lane.state} - {lane.sentence}" if lane.sentence else lane.state


def _panel(now: Snapshot, elapsed_seconds: float) -> Panel:
    lanes = Table.grid(expand=True, padding=(0, 1))
    lanes.add_column(ratio=1)
    lanes.add_column(ratio=1)
    lanes.add_row(Text("You", style="bold"), Text("Them", style="bold"))
    lanes.add_row(now.you.number, now.them.number)
    lanes.add_row(_state(now.you), _state(now.them))
    lanes.add_row(Text(now.you.sentence, style="dim"), Text(now.them.sentence, style="dim"))
    minutes, seconds = divmod(int(elapsed_seconds), 60)
    colour = "red" if now.ended and not now.joined else "green" if now.joined else "yellow"
    title = f"RingOut {now.id}   {now.call_status}   {minutes}:{seconds:02d}"
    return Panel(lanes, title=title, border_style=colour)


def _state(lane: Lane) -> Spinner | Text:
    if lane.status == "InProgress" and (lane.dialed or lane.answered):
        return Spinner("dots", Text(lane.state, style="yellow"))
    mark, colour = ("●", "green") if lane.status in _GOOD else ("○", "dim") if lane.state == "waiting" else ("✗", "red")
    return Text(f"{mark} {lane.state}", style=colour)
