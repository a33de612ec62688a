"""Files with secrets, in a directory where somebody else was first."""

import os
import stat
from pathlib import Path

import pytest

from ringout.private_file import write_private


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """Where the file is made before it gets its name."""
    return tmp_path / f".secret.{os.getpid()}"


def test_only_its_owner_reads_it(tmp_path: Path, planted: Path) -> None:
    before = os.umask(0)
    try:
        write_private(tmp_path / "secret", b"one")
        write_private(tmp_path / "secret", b"two")
    finally:
        os.umask(before)
    assert (tmp_path / "secret").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert not planted.exists()


def test_a_file_that_everybody_reads_was_there(tmp_path: Path, planted: Path) -> None:
    planted.touch()
    planted.chmod(0o666)
    with planted.open("rb") as spy:
        write_private(tmp_path / "secret", b"secret")
        assert spy.read() == b""
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_link_that_leads_elsewhere_was_there(tmp_path: Path, planted: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    planted.symlink_to(elsewhere)
    write_private(tmp_path / "secret", b"secret")
    assert elsewhere.read_bytes() == b"mine"
    assert not (tmp_path / "secret").is_symlink()
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_nothing_is_left_when_it_fails(tmp_path: Path, planted: Path) -> None:
    (tmp_path / "secret").mkdir()
    with pytest.raises(OSError, match="secret"):
        write_private(tmp_path / "secret", b"secret")
    assert not planted.exists()


def test_what_is_planted_between_two_steps_is_not_written_to(
    tmp_path: Path, planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.touch()
    monkeypatch.setattr(Path, "unlink", lambda path: None)
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "secret", b"secret")
    assert planted.read_bytes() == b""
