"""The login that the commands of one user share: a user has few sessions at one time, and however many commands run
they are one of them. Decisions: docs/decisions/login.md."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ringout.cli.credentials import Credentials
from ringout.cli.failures import USAGE, CommandFailed
from ringout.cli.user_files import state_home

try:
    import fcntl
except ImportError:  # no Unix: there a file's mode hides nothing, and each command has a login of its own
    fcntl = None  # type: ignore[assignment]

_LOCK_SECONDS = 20.0  # longer than a login may last
_LOCK_POLL_SECONDS = 0.02
_MOST_FILES = 20  # logins at other servers and of other applications; those unused for longest are removed
_TOKEN = re.compile(rb"[\w.~+/=-]{8,4096}")  # what a header may carry


class NotShared(Exception):
    """No file can be kept here: the command needs a login of its own."""


class SharedLogin:
    """The access token of one login at one server, in a file for its owner alone. The file is its own lock: of
    commands that start together one logs in and the others wait for it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @classmethod
    def of(cls, credentials: Credentials, environ: Mapping[str, str] = os.environ) -> SharedLogin:
        """Where every command with those credentials finds it. Of a password nothing is in the name: it could be
        guessed from there."""
        who = credentials.jwt or f"{credentials.username}\n{credentials.extension}"
        name = hashlib.sha256(f"{credentials.url}\n{credentials.client_id}\n{who}".encode()).hexdigest()[:32]
        return cls(state_home(environ) / "ringout" / "logins" / name)

    def token(self, log_in: Callable[[], str], refused: str = "") -> str:
        """The kept token, or the one that log_in gives, which is kept then. refused: the one that the server does not
        take any more. Raises NotShared, CommandFailed for a file that others can read, and what log_in raises."""
        with self._locked() as file:
            os.lseek(file, 0, os.SEEK_SET)
            kept = os.read(file, 8192)
            if _TOKEN.fullmatch(kept) and kept.decode() != refused:
                return kept.decode()
            fresh = log_in()
            try:
                os.ftruncate(file, 0)
                os.pwrite(file, fresh.encode(), 0)
            except OSError:
                pass  # a full disk: it ends by itself in an hour
            return fresh

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file's descriptor."""
        file = self._open()
        try:
            _lock(file)
            self._look_at(os.fstat(file))
            yield file
        finally:
            os.close(file)

    def _open(self) -> int:
        if fcntl is None:
            raise NotShared
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self._file.exists():
                _remove_oldest(self._file.parent)
            return os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        except OSError as error:
            raise NotShared from error

    def _look_at(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise NotShared
        if found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise CommandFailed(
                f"{self._file} holds a login and others may read it (mode {mode:03o}): remove it, and log out "
                "everywhere if somebody could have.",
                USAGE,
            )


def _lock(file: int) -> None:
    """Raises NotShared when its holder does not come to an end."""
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise NotShared from error
        except OSError as error:  # a file system without locks
            raise NotShared from error
        time.sleep(_LOCK_POLL_SECONDS)


def _remove_oldest(directory: Path) -> None:
    """Makes room for one more."""
    files = []
    for file in directory.iterdir():
        with suppress(OSError):
            files.append((file.stat().st_mtime, file))
    for _, file in sorted(files)[: len(files) - _MOST_FILES + 1 if len(files) >= _MOST_FILES else 0]:
        with suppress(OSError):
            file.unlink()
