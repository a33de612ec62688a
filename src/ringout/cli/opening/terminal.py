"""Asks in the terminal."""

from __future__ import annotations

import time

from rich.console import Console

from ringout.cli.call import Interrupts
from ringout.cli.opening.target import Target
from ringout.cli.two_lanes import TwoLanes


class AskingTerminal(TwoLanes):
    """Shows the call as `ringout call` does. wish: Ctrl-C, once the call is placed."""

    def __init__(self) -> None:
        super().__init__(Console())
        self.wish = Interrupts()

    def agrees(self, target: Target, server: str) -> bool:
        place = f" ({target.place})" if target.place else ""
        print(f"Ring your phone, then {target.number}{place}, by {server}.")
        for remark in target.remarks():
            print(remark)
        try:
            return input("Call? [y/N] ").strip().lower() in ("y", "yes")
        except EOFError:
            return False

    def is_undone(self, seconds: int) -> bool:
        """Ctrl-C undoes it."""
        try:
            for left in range(seconds, 0, -1):
                print(f"\rCalling in {left} s; Ctrl-C undoes it. ", end="", flush=True)
                time.sleep(1)
        except KeyboardInterrupt:
            return True
        finally:
            print(flush=True)
        return False

    def fail(self, sentence: str) -> None:
        """The command itself says it."""
