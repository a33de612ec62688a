"""The conformance and interoperation pages name only files that exist, and each clause claimed has its test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "explain"
SOURCE, TESTS = ROOT / "src" / "ringout", ROOT / "tests"
SPEAKS_OF_FILES = re.compile(r"`([\w./]+(?:\.py|/))`")


def rows(page: str) -> Iterator[dict[str, str]]:
    """Table rows by the names of their columns; `same` is replaced by what stands above it."""
    names: list[str] = []
    above: dict[str, str] = {}
    for line in (PAGES / page).read_text().splitlines():
        if not line.startswith("|"):
            names = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not names:
            names, above = cells, {}
            continue
        if set(line) <= set("|- "):
            continue
        row = dict(zip(names, cells, strict=True))
        for name in ("file", "test"):
            if row.get(name, "").startswith("same"):
                row[name] = above[name] + row[name].removeprefix("same")
        above = row
        yield row


def files(text: str, top: Path, folder: str = "") -> list[Path]:
    """What a text names, under `top`; a bare file name is in the folder of the one before it, or in `folder`."""
    found = []
    for name in SPEAKS_OF_FILES.findall(text):
        if "/" in name:
            folder = name.rpartition("/")[0]
        found.append(top / (name if "/" in name else f"{folder}/{name}"))
    return found


def is_test(path: Path) -> bool:
    return path.is_file() and re.search(r"(?m)^(async )?def test_", path.read_text()) is not None


@pytest.mark.parametrize(
    "row", [row for row in rows("conformance.md") if "clause" in row], ids=lambda row: row["clause"]
)
def test_each_clause_has_its_file_and_its_test(row: dict[str, str]) -> None:
    if row["what"] == "-":
        assert row["gap"], "neither a claim nor a gap"
        return
    sources, tests = files(row["file"], SOURCE), files(row["test"], TESTS)
    assert sources
    assert [path for path in sources if not path.exists()] == []
    assert tests
    assert [path for path in tests if not is_test(path)] == []


@pytest.mark.parametrize(("page", "folder"), [("conformance.md", ""), ("interop.md", "interop")])
def test_what_is_named_between_the_tables(page: str, folder: str) -> None:
    text = " ".join(line for line in (PAGES / page).read_text().splitlines() if not line.startswith("|"))
    places = zip(*(files(text, top, folder) for top in (ROOT, SOURCE, TESTS)), strict=True)
    assert [each[0] for each in places if not any(path.exists() for path in each)] == []


@pytest.mark.parametrize(
    "row", [row for row in rows("interop.md") if "peer" in row], ids=lambda row: row["what is shown"][:40]
)
def test_each_peer_has_its_test(row: dict[str, str]) -> None:
    tests = files(row["test"], TESTS, "interop")
    if row["test"] == "`e2e/`":
        return
    assert tests
    assert [path for path in tests if not is_test(path)] == []
