"""The digits that a callee is sent once the two are joined: an extension, a conference, a code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringout.domain.links import PAUSE
from ringout.domain.status import Party

if TYPE_CHECKING:
    from ringout.engine.call import Call
    from ringout.engine.timers import TimerHandle

# Voice menus miss what comes in the first moment after their answer.
FIRST_SECONDS = 0.5
PRESS_MS = 100
# Q.24 asks for 40 ms and some for 65 ms of silence between two keys; people leave more.
BETWEEN_SECONDS = 0.1
PAUSE_SECONDS = 2.0


class PostDial:
    """Presses one key after another, as telephone-event or, where the callee has none, as tones. Both parties go on
    hearing each other; while a key is down the callee does not hear the caller."""

    __slots__ = ("_call", "_keys", "_timer")

    def __init__(self, call: Call, keys: str) -> None:
        """keys: as CallPlan has them."""
        self._call = call
        self._keys = iter(keys)
        self._timer: TimerHandle | None = call.node.call_later(FIRST_SECONDS, self._go_on)

    def stop(self) -> None:
        """Nothing is sent any more."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _go_on(self) -> None:
        self._timer = None
        key = next(self._keys, None)
        call = self._call
        media = call.audio.session
        if key is None or media is None:
            return
        seconds = PAUSE_SECONDS
        if key != PAUSE:
            seconds = PRESS_MS / 1000 + BETWEEN_SECONDS
            try:
                media.send_digit(Party.CALLEE, key, PRESS_MS)
            except Exception:  # noqa: BLE001  the top of a call
                call.break_down()
                call.node.flush()
                return
        self._timer = call.node.call_later(seconds, self._go_on)
