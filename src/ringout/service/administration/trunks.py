"""What the way out looks like from the server: asked now, of every gateway."""

from __future__ import annotations

from ringout.domain.errors import Unavailable
from ringout.service.administration.parts import Administration, Listing, Where

_RETRY_SECONDS = 5  # of a server that is starting


async def list_trunks(admin: Administration, where: Where) -> Listing:
    if admin.trunks is None:
        raise Unavailable("Only a running server can ask its trunks.", _RETRY_SECONDS)
    return Listing(await admin.trunks.ask(), lambda report: report)
