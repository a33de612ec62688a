"""Whatever a REGISTER holds, it gets one answer or none, and nothing is registered by who has no password."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.scripted_peer import ScriptedPeer
from ringout.sip import digest
from ringout.sip.bindings import Intervals
from ringout.sip.digest import Credentials, hash_password
from ringout.sip.events import BindingsChanged
from ringout.sip.gatekeeper import Gatekeeper, Secrets
from ringout.sip.registrar import Registrar

_SECRETS = Secrets(*(hash_password(algorithm, "desk", "ringout", "secret") for algorithm in ("SHA-256", "MD5")))
_PIECES = st.sampled_from(
    ["<sip:desk@192.0.2.9>", "<sip:", "*", ";expires=", "60", "0", ";q=", "1.5", ';+sip.instance="<urn:uuid:1>"', ",",
     ";reg-id=1", '"', "\\", " ", "<sips:x@[::1]:5061;transport=tls>", "é", "=", "@", ";ob", "Digest ", "nonce=", "%41"]
)  # fmt: skip
_VALUES = st.lists(_PIECES, max_size=6).map("".join) | st.text("\x7f aB<>;,=*\"'", max_size=20)
_NAMES = st.sampled_from(
    ["Contact", "Expires", "Path", "Supported", "Require", "Authorization", "Call-ID", "User-Agent"]
)


def office() -> tuple[ScriptedPeer, Registrar]:
    peer = ScriptedPeer()
    keeper = Gatekeeper(peer.user_agent.ids, "ringout", lambda user: _SECRETS if user == "desk" else None)
    return peer, Registrar(peer.user_agent, keeper, Intervals())


def register(peer: ScriptedPeer, lines: list[tuple[str, str]], cseq: int) -> None:
    head = [
        "REGISTER sip:pbx SIP/2.0", f"Via: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK{cseq}",
        "From: <sip:desk@pbx>;tag=1", "To: <sip:desk@pbx>", f"CSeq: {cseq} REGISTER",
        *(f"{name}: {value}" for name, value in lines),
    ]  # fmt: skip
    if not any(name == "Call-ID" for name, _ in lines):
        head.append("Call-ID: x")
    peer.feed("\r\n".join([*head, "", ""]).encode("utf-8", "surrogateescape"))


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=6))
@settings(deadline=None)
def test_a_stranger(lines: list[tuple[str, str]]) -> None:
    peer, registrar = office()
    register(peer, lines, 1)
    assert len(peer.sent) <= 1
    assert registrar.bindings("desk", peer.now) == []
    assert peer.user_agent.layer.servers == {}


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=6))
@settings(deadline=None)
def test_who_knows_the_password(lines: list[tuple[str, str]]) -> None:
    peer, registrar = office()
    register(peer, [], 1)
    challenge: Any = digest.read_challenges(peer.last("401"))[0]
    mine = digest.answer(challenge, "REGISTER", "sip:pbx", Credentials("desk", "secret"), b"", "c", {})
    lines = [line for line in lines if line[0] != "Authorization"]
    before = len(peer.sent)
    register(peer, [*lines, ("Authorization", mine)], 2)
    for event in peer.reported(BindingsChanged):
        if event.registration is not None:
            event.registration.confirm(peer.now)
    peer.collect()
    assert len(peer.sent) - before <= 1
    for binding in registrar.bindings("desk", peer.now):
        assert binding.expires_at > peer.now
        assert not set("\r\n\0") & set(binding.uri + "".join(binding.path) + binding.agent)
        peer.invite(uri=binding.uri, to=f"<{binding.uri}>", route=binding.path)  # what is stored can be dialled
    peer.pass_time(100_000)
    assert registrar.bindings("desk", peer.now) == []
