"""One process per database: two would end each other's calls, each taking the other's for left over from a crash."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ringout.storage.errors import StorageFailed, StorageInUse


class Lock:
    """Held from creation to close; the kernel lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """path: the database; the lock is a file beside it, which stays, and no link: it is written to, by root as
        well. Raises StorageInUse when it is held, else StorageFailed."""
        beside = path.with_name(path.name + ".lock")
        try:
            self._file = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StorageFailed(f"{beside}: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            why = f"another RingOut server (process {holder}) is using {path}; give each its own data directory"
            raise StorageInUse(why) from error
        except OSError as error:
            os.close(self._file)
            raise StorageFailed(f"{beside} cannot be locked: {error.strerror}") from error
        self._sign()

    def _sign(self) -> None:
        """The process id, for people. A full disk must not keep a server from starting."""
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, b"%d\n" % os.getpid(), 0)
        except OSError:
            pass

    def close(self) -> None:
        os.close(self._file)
