"""What can go wrong with the disk."""


class StorageFailed(OSError):
    """The database cannot be opened, read or written. The text says what to look at."""


class StorageInUse(StorageFailed):
    """Another process has the database open."""
