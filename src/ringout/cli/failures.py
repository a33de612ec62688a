"""How a command ends."""

from __future__ import annotations

OK = 0
NOT_JOINED = 1  # the call ended without the two parties having been joined
WRONG = 1  # something that was looked at is not as it should be
USAGE = 2  # the command line, the configuration or the credentials are not usable as they are
REFUSED = 3  # the server understood and refused
UNREACHABLE = 4  # no server, or one that cannot at the moment
INTERRUPTED = 130  # Ctrl-C before the parties were joined, as shells count it


class CommandFailed(Exception):
    """Ends the command. sentence: what happened and, where it helps, what to do; exit_code: one of the above."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_code = exit_code


class Later(CommandFailed):
    """429 or 503: not now. seconds: how long the server wants to be left alone; None = it does not say."""

    def __init__(self, sentence: str, exit_code: int, seconds: float | None) -> None:
        super().__init__(sentence, exit_code)
        self.seconds = seconds
