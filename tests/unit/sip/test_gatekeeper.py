"""Who a phone is that registers: challenges, credentials, and what becomes of those who guess."""

from __future__ import annotations

import hashlib

import pytest

from fakes.office import CONTACT, REALM, Office
from fakes.scripted_peer import PEER
from ringout.sip import digest
from ringout.sip.events import BindingsChanged, GuesserShutOut
from ringout.sip.flow import Flow
from ringout.sip.gatekeeper import (
    FAILURES_OF_A_NAME,
    FAILURES_OF_AN_ADDRESS,
    KNOWN_SECONDS,
    NONCE_SECONDS,
    REST_SECONDS,
)
from ringout.sip.registrar import MOST_REQUESTS


@pytest.fixture
def office() -> Office:
    return Office()


def test_the_challenge_prefers_sha_256_and_md5_can_be_left_out(office: Office) -> None:
    refusal = office.send(f"Contact: {CONTACT}")
    assert [c.algorithm for c in digest.read_challenges(refusal)] == ["SHA-256", "MD5"]
    assert [c.algorithm for c in digest.read_challenges(Office("udp", 3, "SHA-256").send())] == ["SHA-256"]
    assert office.peer.user_agent.layer.servers == {}, "strangers fill no memory"


def test_md5_is_enough_for_a_phone_that_knows_nothing_better(office: Office) -> None:
    office.challenge = digest.read_challenges(office.send())[1]
    assert office.challenge.algorithm == "MD5"
    assert office.register(f"Contact: {CONTACT}").status == 200


def test_a_phone_that_stops_at_an_unknown_algorithm_is_offered_md5_alone(office: Office) -> None:
    def offered() -> list[str]:
        return [c.algorithm for c in digest.read_challenges(office.send(f"Contact: {CONTACT}"))]

    assert offered() == ["SHA-256", "MD5"]
    assert offered() == ["MD5"], "it asks again, and has not answered"
    office.challenge = digest.read_challenges(office.send())[0]
    assert office.register(f"Contact: {CONTACT}").status == 200
    office.peer.pass_time(NONCE_SECONDS + 2)
    again = office.register(f"Contact: {CONTACT}")
    assert [c.algorithm for c in digest.read_challenges(again)] == ["MD5"], "what it has answered before"
    office.challenge = digest.read_challenges(again)[0]
    assert office.register(f"Contact: {CONTACT}").status == 200
    assert offered() == ["SHA-256", "MD5"]


def test_a_copy_of_a_request_is_offered_the_same(office: Office) -> None:
    for _ in range(2):
        assert len(digest.read_challenges(office.send(cseq=7))) == 2


@pytest.mark.parametrize(("user", "password"), [("desk", "wrong"), ("nobody", ""), ("nobody", "x"), ("desk", "")])
def test_wrong_credentials_are_refused_alike(office: Office, user: str, password: str) -> None:
    answer = office.register(f"Contact: {CONTACT}", user=user, password=password)
    assert (answer.status, answer.reason) == (403, "Wrong user name or password")
    assert office.there(user) == []


@pytest.mark.parametrize(("algorithm", "hashed", "digits"), [("SHA-256", "sha256", 64), ("MD5", "md5", 32)])
def test_nobody_gets_in_by_what_stands_in_for_a_missing_secret(algorithm: str, hashed: str, digits: int) -> None:
    office = Office("udp", 3, algorithm)
    nonce = digest.read_challenges(office.send(user="nobody"))[0].nonce

    def h(text: str) -> str:
        return hashlib.new(hashed, text.encode()).hexdigest()

    response = h(f"{'0' * digits}:{nonce}:00000001:c:auth:{h('REGISTER:sip:pbx.example')}")
    forged = (
        f'Authorization: Digest username="nobody", realm="{REALM}", nonce="{nonce}", uri="sip:pbx.example", '
        f'response="{response}", algorithm={algorithm}, qop=auth, nc=00000001, cnonce="c"'
    )
    assert office.send(f"Contact: {CONTACT}", forged, user="nobody").status == 403


def test_a_phone_cannot_register_for_another_user(office: Office) -> None:
    office.register(f"Contact: {CONTACT}")
    answer = office.send(f"Contact: {CONTACT}", office.authorization("desk"), user="other")
    assert answer.status == 403
    assert office.there("other") == []


def test_what_was_overheard_cannot_be_used_again(office: Office) -> None:
    office.register(f"Contact: {CONTACT}", "Expires: 300")
    overheard = office.authorization("desk")
    assert office.send(f"Contact: {CONTACT};expires=300", overheard).status == 200
    again = office.send("Contact: <sip:thief@192.0.2.66>", overheard)
    assert again.status == 401
    assert digest.read_challenges(again)[0].stale
    elsewhere = Flow("udp", office.peer.flow.local, ("192.0.2.66", 5060))
    office.counts.clear()
    office.counts[office.challenge.nonce] = 100  # type: ignore[union-attr]
    stolen = office.send("Contact: <sip:thief@192.0.2.66>", office.authorization("desk"), flow=elsewhere)
    assert stolen.status == 401, "a nonce is good for one address"
    assert office.uris() == [CONTACT.strip("<>")]


def test_a_nonce_grows_old_and_the_phone_is_asked_anew(office: Office) -> None:
    office.register(f"Contact: {CONTACT}", "Expires: 3600")
    office.peer.pass_time(NONCE_SECONDS + 2)
    answer = office.register(f"Contact: {CONTACT}")
    assert answer.status == 401
    challenge = digest.read_challenges(answer)[0]
    assert challenge.stale
    office.challenge = challenge
    assert office.register(f"Contact: {CONTACT}").status == 200


def test_a_digest_for_another_uri_is_refused(office: Office) -> None:
    office.register(f"Contact: {CONTACT}")
    assert office.send(office.authorization("desk", uri="sip:elsewhere.example")).status == 400


@pytest.mark.parametrize(
    "value", ["Digest", 'Digest realm="ringout"', "Basic eDp5", 'Digest realm="x", nonce=', "Digest \\"]
)
def test_broken_credentials_are_no_credentials(office: Office, value: str) -> None:
    assert office.send(f"Authorization: {value}").status in (400, 401)


def test_who_guesses_is_not_listened_to_for_a_while(office: Office) -> None:
    for _ in range(FAILURES_OF_A_NAME):
        assert office.register(password="guess").status == 403
    office.peer.pass_time(1)
    assert office.peer.reported(GuesserShutOut) == [GuesserShutOut("desk", PEER[0])]
    right = office.register(f"Contact: {CONTACT}")
    assert (right.status, right.reason) == (403, "Too many failures")
    assert len(office.peer.reported(GuesserShutOut)) == 1, "told once"
    elsewhere = Flow("udp", office.peer.flow.local, ("192.0.2.77", 5060))
    office.challenge = None
    assert office.register(f"Contact: {CONTACT}", flow=elsewhere).status == 200, "the user is not kept out"
    office.peer.pass_time(REST_SECONDS)
    office.challenge = None
    assert office.register("Contact: <sip:desk@192.0.2.9:5071>").status == 200


def test_who_pretends_to_be_at_an_address_keeps_nobody_out(office: Office) -> None:
    office.send()
    office.challenge = digest.Challenge("Authorization", REALM, "1.made.up", "MD5", True, "auth", None, False)
    for _ in range(2 * FAILURES_OF_A_NAME):
        assert office.register(password="guess").status == 401
    office.challenge = None
    assert office.register(f"Contact: {CONTACT}").status == 200


def test_who_guesses_beside_a_phone_that_is_known_does_not_shut_it_out(office: Office) -> None:
    """All phones behind one NAT, or one proxy, have one address."""
    assert office.register(f"Contact: {CONTACT}").status == 200
    for guess in range(FAILURES_OF_AN_ADDRESS):
        assert office.register(user=f"guess{guess}", password="guess").status == 403
    assert office.peer.reported(GuesserShutOut) == [GuesserShutOut("", PEER[0])]
    assert office.register(f"Contact: {CONTACT}").status == 200
    assert office.send(user="other").reason == "Too many failures", "who never was there has to wait"
    office.peer.pass_time(KNOWN_SECONDS + 1)
    for guess in range(FAILURES_OF_AN_ADDRESS):
        office.register(user=f"guess{guess}", password="guess", anew=not guess)
    assert office.send(user="desk").reason == "Too many failures"


@pytest.mark.parametrize(
    ("near", "far"),
    [("2001:db8:1:2::5", "2001:db8:1:3::5"), ("::ffff:192.0.2.5", "::ffff:192.0.2.6"), ("192.0.2.5", "192.0.2.6")],
)
def test_the_addresses_of_one_ipv6_customer_count_as_one(near: str, far: str) -> None:
    office = Office()
    for guess in range(FAILURES_OF_A_NAME):
        ip = f"2001:db8:1:2:{guess}::9" if near.startswith("2001") else near
        flow = Flow("udp", office.peer.flow.local, (ip, 5060))
        assert office.register(password="guess", flow=flow, anew=True).status == 403
    assert office.send(flow=Flow("udp", office.peer.flow.local, (near, 5060))).status == 403
    assert office.send(flow=Flow("udp", office.peer.flow.local, (far, 5060))).status == 401


def test_strangers_cannot_fill_the_memory_with_long_names() -> None:
    office = Office()
    for number in range(50):
        assert office.send(user="x" * 15_000 + str(number), call_id=f"{number}" + "y" * 15_000).status == 403
        assert office.send(user=f"x{number}", call_id=f"{number}" + "y" * 15_000).status == 401
    gatekeeper = office.registrar._gatekeeper
    held = [gatekeeper._silent, gatekeeper._failures, gatekeeper._counts, gatekeeper._admitted]
    assert sum(len(repr(known)) for known in held) < 10_000


def test_a_phone_that_never_stops_registering_is_told_to_wait(office: Office) -> None:
    for _ in range(MOST_REQUESTS):
        assert office.register(f"Contact: {CONTACT}", "Expires: 300").status == 200
    told = len(office.peer.reported(BindingsChanged))
    refusal = office.register(f"Contact: {CONTACT}", "Expires: 300")
    assert (refusal.status, refusal.headers.get("Retry-After")) == (503, "10")
    assert len(office.peer.reported(BindingsChanged)) == told, "nothing more is stored"
    assert len(office.peer.user_agent.layer.servers) <= MOST_REQUESTS
    office.challenge = None
    assert office.register(f"Contact: {CONTACT}", user="other").status == 200
    office.challenge = None
    office.peer.pass_time(office.peer.user_agent.layer.give_up_seconds)
    assert office.register(f"Contact: {CONTACT}", "Expires: 300").status == 200
