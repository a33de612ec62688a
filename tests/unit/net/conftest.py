"""Modules that say ON_BOTH_LOOPS run on asyncio's own loop and on uvloop, which the server runs on: their TLS and their
closing of connections differ."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

Factory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Factory]:
    factories: dict[str, Factory] = {"asyncio": asyncio.new_event_loop}
    if getattr(getattr(item, "module", None), "ON_BOTH_LOOPS", False):
        factories["uvloop"] = uvloop.new_event_loop
    return factories
