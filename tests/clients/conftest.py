"""One running sandbox for the clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.running import Sandbox


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("clients"))
    yield running
    running.end()
