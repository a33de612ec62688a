"""Names that lead where the test says, when the test says."""

from __future__ import annotations

from collections.abc import Callable

from ringout.net.resolver import Found, Located
from ringout.sip.location import Choice, Place
from ringout.sip.uri import SipUri


def located(*hosts: str, seconds: float = 60.0, port: int = 5060) -> Located:
    """Servers of one address each, by priority."""
    return Located(tuple((Choice(0, (Place("udp", host, port),)),) for host in hosts), seconds)


class Names:
    """Implements net.resolver.Locator. Questions wait in `asked` until `answer`."""

    def __init__(self) -> None:
        self.asked: list[tuple[SipUri, Found]] = []
        self.cancelled: list[str] = []

    @property
    def hosts(self) -> list[str]:
        return [uri.host for uri, _ in self.asked]

    def look_up(self, uri: SipUri, found: Found) -> Callable[[], None]:
        question = uri, found
        self.asked.append(question)

        def cancel() -> None:
            if question in self.asked:
                self.asked.remove(question)
                self.cancelled.append(uri.host)

        return cancel

    def answer(self, *hosts: str, seconds: float = 60.0) -> None:
        """The oldest question; no hosts = nobody knows that name."""
        uri, found = self.asked.pop(0)
        found(located(*hosts, seconds=seconds) if hosts else OSError(f"the name {uri.host!r} cannot be resolved"))
