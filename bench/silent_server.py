"""`ringout serve` as it is, save that a RingOut rings nobody: `python -m bench.silent_server serve --config FILE`.

For the measure of the API alone: HTTP, login, number checks, policy and the durable row are the real ones; a place
among the live calls is always free and nothing happens in it.
"""

from __future__ import annotations

from ringout import app
from ringout.cli.main import main
from ringout.domain.plan import CallPlan
from ringout.domain.ring_out import RingOut
from ringout.engine.node import Node
from ringout.service.ports import Reservation


class _Nowhere:
    """A place whose phones never ring."""

    async def ready(self) -> None:
        pass

    def place(self, ring_out: RingOut, plan: CallPlan) -> None:
        pass

    def release(self) -> None:
        pass


class SilentNode(Node):
    """A node that takes every RingOut and does nothing with it."""

    def reserve(self, plan: CallPlan) -> Reservation:  # type: ignore[override]  # a Place is the engine's own
        return _Nowhere()


if __name__ == "__main__":
    app.Node = SilentNode  # type: ignore[misc]
    main()
