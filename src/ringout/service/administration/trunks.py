"""What the way out looks like from the server: asked now, of every gateway."""

from __future__ import annotations

from msgspec import Struct

from ringout.domain.errors import Unavailable
from ringout.service.administration.parts import Administration, Listing, Where
from ringout.service.ports import GatewayReport

_RETRY_SECONDS = 5  # of a server that is starting


class AdminGateway(Struct, rename="camel", omit_defaults=True):
    """A gateway of a trunk, once for each address that its name leads to. address: its IP, "" when we have no listener
    that reaches it. answers: whether it answered OPTIONS, with whatever code. signalling and media: the IPs that we
    name to it; seenAs: the one it sees us under. state: for calls "up", "down" (it left OPTIONS unanswered) or
    "resting" (it failed a call, or asked for a rest); they try those first that are neither down nor resting.
    registered: whether its registrar knows us, on trunks that register; registrarSays: the registrar's latest
    answer."""

    trunk: str
    gateway: str
    address: str
    answers: bool
    signalling: str
    media: str
    code: int | None = None
    milliseconds: float | None = None
    seen_as: str | None = None
    transport: str = ""
    port: int = 0
    state: str | None = None
    registered: bool | None = None
    registrar_says: str | None = None


async def list_trunks(admin: Administration, where: Where) -> Listing:
    if admin.trunks is None:
        raise Unavailable("Only a running server can ask its trunks.", _RETRY_SECONDS)
    return Listing(await admin.trunks.ask(), _shown)


def _shown(report: GatewayReport) -> AdminGateway:
    return AdminGateway(
        report.trunk,
        report.gateway,
        report.address,
        report.code is not None,
        report.signalling,
        report.media,
        report.code,
        None if report.milliseconds is None else round(report.milliseconds, 1),
        report.seen_as,
        report.transport,
        report.port,
        report.state,
        report.registered,
        report.registrar_says,
    )
