"""A registrar, and one phone that talks to it."""

from __future__ import annotations

from typing import Any

from fakes.scripted_peer import PEER, ScriptedPeer
from ringout.sip import digest
from ringout.sip.bindings import Binding, Intervals
from ringout.sip.digest import Credentials, hash_password
from ringout.sip.events import BindingsChanged
from ringout.sip.gatekeeper import (
    Gatekeeper,
    Secrets,
)
from ringout.sip.message import Response
from ringout.sip.registrar import Registrar

REALM = "ringout"
PASSWORDS = {"desk": "correct horse", "other": "battery staple"}
CONTACT = "<sip:desk@192.0.2.9:5070>"
INSTANCE = "<urn:uuid:00000000-0000-1000-8000-000000000001>"


class Office:
    """A registrar, and one phone that talks to it."""

    def __init__(self, transport: Any = "udp", most: int = 3, *algorithms: str) -> None:
        self.peer = ScriptedPeer(transport=transport)
        gatekeeper = Gatekeeper(self.peer.user_agent.ids, REALM, self.secrets, algorithms or ("SHA-256", "MD5"))
        self.registrar = Registrar(self.peer.user_agent, gatekeeper, Intervals(60, 3600), most)
        self.cseq = 0
        self.counts: dict[str, int] = {}
        self.challenge: digest.Challenge | None = None
        self.confirms = True

    def secrets(self, user: str) -> Secrets | None:
        password = PASSWORDS.get(user)
        if password is None:
            return None
        return Secrets(*(hash_password(algorithm, user, REALM, password) for algorithm in ("SHA-256", "MD5")))

    def send(self, *lines: str, user: str = "desk", **changes: Any) -> Response:
        """One REGISTER as it is; what came back."""
        self.cseq += 1
        fixed = {"uri": "sip:pbx.example", "cseq": self.cseq, "call_id": "phone"}
        text = self._request(user, *lines, **{**fixed, **changes})
        before = len(self.peer.sent)
        self.peer.feed(text, changes.get("flow"))
        for event in self.peer.reported(BindingsChanged):
            if event.registration is not None and self.confirms:
                event.registration.confirm(self.peer.now)
                event.registration = None
        self.peer.collect()
        (answer,) = self.peer.sent[before:]
        assert isinstance(answer, Response)
        return answer

    def _request(self, user: str, *lines: str, uri: str, cseq: int, call_id: str, **rest: Any) -> str:
        vias = rest.get("vias", (f"SIP/2.0/UDP {PEER[0]}:{PEER[1]};branch=z9hG4bK{call_id}{cseq}",))
        head = [f"REGISTER {uri} SIP/2.0", *(f"Via: {via}" for via in vias)]
        head += [f"From: <sip:{user}@pbx.example>;tag=1", f"To: <sip:{user}@pbx.example>", f"Call-ID: {call_id}"]
        return "\r\n".join([*head, f"CSeq: {cseq} REGISTER", *lines, "Content-Length: 0", "", ""])

    def register(
        self, *lines: str, user: str = "desk", password: str | None = None, anew: bool = False, **changes: Any
    ) -> Response:
        """With credentials; asks for a challenge first where none is known."""
        if self.challenge is None or anew:
            refusal = self.send(*lines, user=user, **changes)
            assert refusal.status == 401
            self.challenge = digest.read_challenges(refusal)[0]
        return self.send(*lines, self.authorization(user, password), user=user, **changes)

    def authorization(self, user: str, password: str | None = None, uri: str = "sip:pbx.example") -> str:
        assert self.challenge is not None
        credentials = Credentials(user, PASSWORDS.get(user, "") if password is None else password)
        value = digest.answer(self.challenge, "REGISTER", uri, credentials, b"", "cnonce", self.counts)
        return f"Authorization: {value}"

    def there(self, user: str = "desk") -> list[Binding]:
        return self.registrar.bindings(user, self.peer.now)

    def uris(self) -> list[str]:
        return [binding.uri for binding in self.there()]
