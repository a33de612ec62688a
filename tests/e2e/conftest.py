"""Gives each test a world of its own, and prints that world's logs when the test fails."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from .harness import World
from .shared import Exchange

_WORLD = pytest.StashKey[World]()


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    made = Exchange(lambda: tmp_path_factory.mktemp("shared-server"))
    yield made
    made.close()


@pytest.fixture
def world(tmp_path: Path, exchange: Exchange, request: pytest.FixtureRequest) -> Iterator[World]:
    exchange.renew()
    made = World(tmp_path, exchange)
    request.node.stash[_WORLD] = made
    yield made
    made.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    world = item.stash.get(_WORLD, None)
    if report.when == "call" and report.failed and world is not None:
        report.sections.append(("phones and server", world.report()))
    return report
