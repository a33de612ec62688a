"""The file beside the database that keeps a second process away."""

from pathlib import Path

import pytest

from ringout.storage.errors import StorageFailed
from ringout.storage.lock import Lock


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    """Whoever owns the directory must not choose what an administrator's command writes to."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"precious")
    (tmp_path / "ringout.sqlite.lock").symlink_to(elsewhere)
    with pytest.raises(StorageFailed):
        Lock(tmp_path / "ringout.sqlite")
    assert elsewhere.read_bytes() == b"precious"
