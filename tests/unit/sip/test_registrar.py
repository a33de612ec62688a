"""Phones that register: credentials, bindings, and what strangers get."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from fakes.scripted_peer import PEER, ScriptedPeer
from ringout.sip import digest
from ringout.sip.bindings import Binding, Intervals
from ringout.sip.digest import Credentials, hash_password
from ringout.sip.events import BindingsChanged, GuesserShutOut
from ringout.sip.flow import Flow
from ringout.sip.gatekeeper import (
    FAILURES_OF_A_NAME,
    FAILURES_OF_AN_ADDRESS,
    KNOWN_SECONDS,
    NONCE_SECONDS,
    REST_SECONDS,
    Gatekeeper,
    Secrets,
)
from ringout.sip.message import Response
from ringout.sip.registrar import MOST_REQUESTS, Registrar

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


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_phone_registers_refreshes_and_leaves(office: Office) -> None:
    answer = office.register(f"Contact: {CONTACT}", "Expires: 300", "User-Agent: a phone")
    assert answer.status == 200
    assert answer.headers.get("Contact") == f"{CONTACT};expires=300"
    (binding,) = office.there()
    assert (binding.uri, binding.flow, binding.agent) == (CONTACT.strip("<>"), office.peer.flow, "a phone")
    office.peer.pass_time(200)
    assert office.register(f"Contact: {CONTACT};expires=300").status == 200
    office.peer.pass_time(200)
    assert len(office.there()) == 1
    assert office.register(f"Contact: {CONTACT};expires=0", anew=True).status == 200
    assert office.there() == []
    office.peer.assert_quiet()


def test_a_binding_ends_by_itself_and_that_is_told(office: Office) -> None:
    office.register(f"Contact: {CONTACT}", "Expires: 60")
    told = len(office.peer.reported(BindingsChanged))
    office.peer.pass_time(59)
    assert len(office.there()) == 1
    office.peer.pass_time(1)
    assert office.there() == []
    assert office.peer.reported(BindingsChanged)[told:] == [BindingsChanged("desk", ())]
    office.peer.assert_quiet()


def test_the_answer_waits_until_the_binding_is_stored_and_500_takes_it_back(office: Office) -> None:
    office.register(f"Contact: {CONTACT}", "Expires: 300")
    kept = office.there()
    office.confirms = False
    with pytest.raises(ValueError, match="not enough values"):
        office.register("Contact: <sip:desk@192.0.2.9:5080>", "Expires: 300")
    registration = office.peer.reported(BindingsChanged)[-1].registration
    assert registration is not None
    assert len(office.there()) == 2
    registration.fail(office.peer.now)
    assert office.peer.last("500").headers.get("Retry-After")
    assert office.there() == kept


def test_several_places_the_newest_first_and_the_oldest_go_beyond_the_limit(office: Office) -> None:
    for port in range(4):
        office.register(f"Contact: <sip:desk@192.0.2.9:{port + 6000}>", "Expires: 300")
        office.peer.pass_time(1)
    assert office.uris() == [f"sip:desk@192.0.2.9:{port}" for port in (6003, 6002, 6001)]
    office.register("Contact: <sip:desk@192.0.2.9:6009>;q=0.5", "Expires: 300")
    assert office.uris()[-1] == "sip:desk@192.0.2.9:6009"
    assert len(office.register().headers.all("Contact")) == 3, "a REGISTER without Contact only asks"
    office.register("Contact: *", "Expires: 0")
    assert office.there() == []


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("Contact: *", "Expires: 60"), 400),
        (("Contact: *", f"Contact: {CONTACT}", "Expires: 0"), 400),
        ((f"Contact: {CONTACT};expires=59",), 423),
        (("Contact: <tel:+16505550100>",), 416),
        (("Contact: <sips:desk@192.0.2.9>",), 400),
        (("Contact: <sip:desk@192.0.2.9?Subject=x>",), 400),
        ((f"Contact: <sip:{'d' * 600}@192.0.2.9>",), 400),
        ((*[f"Contact: <sip:desk@192.0.2.9:{5000 + port}>" for port in range(11)],), 400),
        ((f"Contact: {CONTACT}", *["Path: <sip:p@192.0.2.1;lr>"] * 9), 400),
        ((f'Contact: {CONTACT};+sip.instance="<urn:uuid:1>;evil"',), 400),
        ((f"Contact: {CONTACT}", "Require: something"), 420),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(office: Office, lines: tuple[str, ...], code: int) -> None:
    office.register(f"Contact: {CONTACT}", "Expires: 300")
    kept = office.there()
    answer = office.register(*lines)
    assert answer.status == code
    if code == 423:
        assert answer.headers.get("Min-Expires") == "60"
    assert office.there() == kept


def test_an_older_request_changes_nothing(office: Office) -> None:
    office.register(f"Contact: {CONTACT}", "Expires: 300", cseq=50)
    assert office.register(f"Contact: {CONTACT};expires=0", cseq=49).status == 500
    assert office.register("Contact: *", "Expires: 0", cseq=50, vias=("SIP/2.0/UDP x;branch=z9hG4bKx",)).status == 500
    assert len(office.there()) == 1
    assert office.register(f"Contact: {CONTACT};expires=0", cseq=51).status == 200


def test_odd_lifetimes_count_as_an_hour_and_no_lifetime_is_longer_than_allowed(office: Office) -> None:
    for text in ("expires=abc", "expires=99999999999", "expires=4000000000"):
        answer = office.register(f"Contact: {CONTACT};{text}")
        assert answer.headers.get("Contact") == f"{CONTACT};expires=3600"


# --- who it is -----------------------------------------------------------------------------------------------------


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


# --- proxies, connections, browsers -------------------------------------------------------------------------------


def test_a_path_is_kept_and_echoed(office: Office) -> None:
    hops = ("<sip:edge2.example;lr>", "<sip:edge1.example;lr;ob>")
    answer = office.register(f"Contact: {CONTACT}", *(f"Path: {hop}" for hop in hops), "Supported: path")
    assert answer.headers.get("Path") == ", ".join(hops)
    assert office.there()[0].path == hops


def test_outbound_tells_flows_of_one_phone_apart() -> None:
    office = Office("tcp")
    contact = f'Contact: {CONTACT};+sip.instance="{INSTANCE}"'
    first = office.register(f"{contact};reg-id=1", "Supported: outbound, path")
    assert "outbound" in first.headers.values("Require")
    assert first.headers.get("Flow-Timer")
    moved = contact.replace("5070", "5099")
    office.register(f"{moved};reg-id=1", "Supported: outbound")
    assert office.uris() == ["sip:desk@192.0.2.9:5099"], "the same flow, made anew"
    office.register(f"{contact};reg-id=2", "Supported: outbound")
    assert len(office.there()) == 2
    two_hops = ("SIP/2.0/UDP edge;branch=z9hG4bKe", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKp")
    refused = office.register(f"{contact};reg-id=3", "Supported: outbound", vias=two_hops)
    assert (refused.status, refused.reason) == (439, "First Hop Lacks Outbound Support")
    office.registrar.flow_lost(office.peer.flow)
    assert office.there() == [], "nobody can call over a connection that is gone"


@pytest.mark.parametrize(("transport", "left"), [("udp", 1), ("tcp", 1), ("ws", 0), ("wss", 0)])
def test_a_browser_is_gone_with_its_connection(transport: str, left: int) -> None:
    office = Office(transport)
    office.register("Contact: <sip:x@a1b2c3.invalid;transport=ws>", "Expires: 300")
    assert len(office.there()) == 1
    office.peer.user_agent.transport_failed(office.peer.flow, office.peer.now)
    assert len(office.there()) == left
    assert (office.peer.reported(BindingsChanged)[-1].bindings == ()) is (left == 0)


def test_a_browser_gets_a_gruu_and_others_none() -> None:
    for transport, wanted in (("ws", True), ("udp", False)):
        office = Office(transport)
        answer = office.register(f'Contact: {CONTACT};+sip.instance="{INSTANCE}"', "Supported: gruu")
        contact = answer.headers.get("Contact") or ""
        assert (f'pub-gruu="sip:desk@pbx.example;gr={INSTANCE.strip("<>")}"' in contact) is wanted


def test_what_was_stored_is_there_again_and_a_phone_can_be_forgotten(office: Office) -> None:
    office.register(f"Contact: {CONTACT}", "Expires: 300")
    later = Office()
    later.registrar.restore(office.there())
    assert later.uris() == office.uris()
    later.registrar.forget("desk")
    assert later.there() == []
    assert later.peer.reported(BindingsChanged)[-1].bindings == ()
    later.peer.assert_quiet()


def test_a_copy_of_a_register_gets_a_copy_of_the_answer(office: Office) -> None:
    office.register(f"Contact: {CONTACT}", "Expires: 300")
    office.cseq += 1
    text = office._request(
        "desk", f"Contact: {CONTACT}", office.authorization("desk"), uri="sip:pbx.example", cseq=60, call_id="copy"
    )
    office.peer.feed(text)
    office.peer.reported(BindingsChanged)[-1].registration.confirm(office.peer.now)  # type: ignore[union-attr]
    office.peer.collect()
    first = office.peer.sent[-1]
    office.peer.feed(text)
    assert office.peer.sent[-1] == first
    assert office.peer.sent[-2] == first


def test_without_a_registrar_register_is_no_method_here() -> None:
    peer = ScriptedPeer()
    peer.request("REGISTER")
    assert peer.news() == ["405"]
