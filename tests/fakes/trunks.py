"""Trunks that have been asked already."""

from __future__ import annotations

from ringout.service.ports import GatewayReport

REPORTS = [
    GatewayReport("carrier", "sip:192.0.2.9", "192.0.2.9", True, "192.0.2.1", "192.0.2.1", 200, 12.3, "198.51.100.1"),
    GatewayReport("carrier", "sip:[2001:db8::1]", "", False, "", "192.0.2.1"),
]


class AskedTrunks:
    """Implements service.ports.TrunkProbe."""

    async def ask(self) -> list[GatewayReport]:
        return REPORTS
