"""Gives each test a laboratory of its own, and prints what its servers said when the test fails."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from .lab import Lab

_LAB = pytest.StashKey[Lab]()


@pytest.fixture
def lab(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    made = Lab(tmp_path)
    request.node.stash[_LAB] = made
    try:
        yield made
    finally:
        made.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    lab = item.stash.get(_LAB, None)
    if report.when == "call" and report.failed and lab is not None:
        report.sections.append(("the laboratory", lab.report()))
    return report
