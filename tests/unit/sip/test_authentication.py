"""401 and 407: answered, answered together, refreshed when stale, reported when refused (RFC 3261 section 22)."""

from __future__ import annotations

import pytest

from fakes.challenge import make_challenge
from fakes.scripted_peer import ScriptedPeer
from ringout.sip.digest import Credentials, read_answer, verify
from ringout.sip.events import Answered, DialogChanged, Ended, Failed, RequestAnswered

WHO = Credentials("alice", "secret")


def challenge(nonce: str, realm: str = "example", **more: object) -> str:
    return make_challenge(realm, nonce, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "asks", "answers"),
    [
        (401, "WWW-Authenticate", "Authorization"),
        (407, "Proxy-Authenticate", "Proxy-Authorization"),
    ],
)
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_challenge_is_answered(code: int, asks: str, answers: str, algorithm: str) -> None:
    peer = ScriptedPeer()
    peer.invite(credentials=WHO)
    first = peer.last("INVITE")
    peer.answer(first, code, f"{asks}: {challenge('n1', algorithm=algorithm)}")
    assert peer.news() == ["INVITE", "ACK", "INVITE"]
    second = peer.last("INVITE")
    assert second.cseq == (2, "INVITE")
    assert (second.call_id, second.from_tag, second.to_tag) == (first.call_id, first.from_tag, None)
    assert second.top_via.params["branch"] != first.top_via.params["branch"]
    assert second.body == first.body
    answer = read_answer(second.headers.get(answers))
    assert (answer.algorithm, answer.uri) == (algorithm, second.uri)
    assert verify(answer, "INVITE", WHO, "example")
    peer.answer(second, 200)
    assert len(peer.reported(Answered)) == 1


def test_401_and_407_in_one_call_are_both_answered_in_the_third_invite() -> None:
    peer = ScriptedPeer()
    peer.invite(credentials=WHO)
    peer.answer(peer.last("INVITE"), 407, f"Proxy-Authenticate: {challenge('p', 'proxy')}")
    peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge('u', 'phone')}")
    third = peer.last("INVITE")
    assert third.cseq == (3, "INVITE")
    proxy = read_answer(third.headers.get("Proxy-Authorization"))
    phone = read_answer(third.headers.get("Authorization"))
    assert verify(proxy, "INVITE", WHO, "proxy")
    assert verify(phone, "INVITE", WHO, "phone")
    assert (proxy.nonce_count, phone.nonce_count) == (2, 1)


def test_an_invite_sent_again_is_reported_because_what_a_crash_needs_has_changed() -> None:
    peer = ScriptedPeer()
    session = peer.invite(credentials=WHO)
    first = session.stored()
    peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge('n1')}")
    (changed,) = peer.reported(DialogChanged)
    assert (changed.session, changed.session.state) == (session, "calling")
    second = ScriptedPeer()
    for stored, invite in ((first, peer.sent[0]), (session.stored(), peer.sent[-1])):
        second.user_agent.restore(stored, 1.0).hang_up(1.0)
        assert second.last("CANCEL").top_via.branch == invite.top_via.branch  # type: ignore[union-attr]


def test_a_stale_nonce_is_replaced_once() -> None:
    peer = ScriptedPeer()
    peer.invite(credentials=WHO)
    peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge('old')}")
    peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge('new', stale=True)}")
    assert read_answer(peer.last("INVITE").headers.get("Authorization")).nonce == "new"
    assert peer.reported(Failed) == []


def test_stale_for_ever_is_no_endless_loop() -> None:
    peer = ScriptedPeer()
    peer.invite(credentials=WHO)
    for number in range(20):
        peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge(f'n{number}', stale=True)}")
    assert peer.news().count("INVITE") == 5
    assert [event.code for event in peer.reported(Failed)] == [401]
    peer.assert_quiet()


def test_credentials_refused_end_the_call() -> None:
    peer = ScriptedPeer()
    peer.invite(credentials=WHO)
    peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge('n1')}")
    peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge('n2')}")
    assert peer.news().count("INVITE") == 2
    (failed,) = peer.reported(Failed)
    assert (failed.code, failed.cause) == (401, "response")


@pytest.mark.parametrize("lines", [[], ["WWW-Authenticate: Basic realm=x"], ["WWW-Authenticate: Digest realm"]])
def test_what_cannot_be_answered_ends_the_call(lines: list[str]) -> None:
    peer = ScriptedPeer()
    peer.invite(credentials=WHO)
    peer.answer(peer.last("INVITE"), 401, *lines)
    assert [event.code for event in peer.reported(Failed)] == [401]


def test_without_credentials_a_challenge_ends_the_call() -> None:
    peer = ScriptedPeer()
    peer.invite()
    peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge('n')}")
    assert [event.code for event in peer.reported(Failed)] == [401]


def test_the_cancel_follows_the_latest_invite() -> None:
    peer = ScriptedPeer()
    session = peer.invite(credentials=WHO)
    peer.answer(peer.last("INVITE"), 407, f"Proxy-Authenticate: {challenge('n')}")
    peer.answer(peer.last("INVITE"), 180)
    session.hang_up(peer.now)
    assert peer.last("CANCEL").cseq == (2, "CANCEL")
    assert peer.last("CANCEL").headers.all("Via") == peer.last("INVITE").headers.all("Via")


def test_a_challenge_after_hanging_up_is_the_end() -> None:
    peer = ScriptedPeer()
    session = peer.invite(credentials=WHO)
    session.hang_up(peer.now)
    peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge('n')}")
    assert peer.news() == ["INVITE", "ACK"]
    assert [event.cause for event in peer.reported(Failed)] == ["cancelled"]


def test_bye_is_challenged_too() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call(credentials=WHO)
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 407, f"Proxy-Authenticate: {challenge('n')}")
    assert peer.news() == ["BYE", "BYE"]
    bye = peer.last("BYE")
    assert bye.cseq == (3, "BYE")
    assert verify(read_answer(bye.headers.get("Proxy-Authorization")), "BYE", WHO, "example")
    peer.answer(bye, 200)
    assert len(peer.reported(Ended)) == 1


def test_a_bye_refused_for_its_credentials_ends_the_session_all_the_same() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call()
    session.hang_up(peer.now)
    peer.answer(peer.last("BYE"), 401, f"WWW-Authenticate: {challenge('n')}")
    assert len(peer.reported(Ended)) == 1
    peer.assert_quiet()


def test_a_reinvite_is_challenged_too_and_acked_once_answered() -> None:
    peer = ScriptedPeer()
    session = peer.answered_call(credentials=WHO)
    session.reinvite(peer.now, b"v=0 new")
    peer.answer(peer.last("INVITE"), 401, f"WWW-Authenticate: {challenge('n')}")
    peer.answer(peer.last("INVITE"), 200)
    assert peer.news() == ["INVITE", "ACK", "INVITE", "ACK"]
    assert peer.last("ACK").cseq == (3, "ACK")
    assert [event.code for event in peer.reported(RequestAnswered)] == [200]
