"""Our registration with a registrar: asked for, refreshed in time, and taken back (RFC 3261 section 10.2)."""

from __future__ import annotations

import pytest

from fakes.challenge import make_challenge
from fakes.registrar_peer import OURS, WHO, Registrar, registered
from ringout.sip.digest import read_answer, verify
from ringout.sip.errors import LocalProtocolError
from ringout.sip.events import OptionsAnswered, RegistrationChanged
from ringout.sip.flow import Flow
from ringout.sip.registration import (
    MAX_REDIRECTIONS,
    RegistrationInput,
    RegistrationState,
)

# --- asking ---


def test_the_request() -> None:
    peer = Registrar()
    peer.start()
    request = peer.request
    assert request.uri == "sip:carrier.example"
    assert request.headers.get("To") == "<sip:acme@carrier.example>"
    assert request.headers.get("From").startswith("<sip:acme@carrier.example>;tag=")
    assert request.headers.all("Contact") == [OURS]
    assert request.headers.get("Expires") == "3600"
    assert request.headers.get("Supported") == "path"
    assert not peer.bound


def test_granted_and_refreshed_in_one_series() -> None:
    peer = registered(3600)
    first = peer.request
    assert peer.told == [200]
    assert peer.registration.bound_until == peer.now + 3600
    assert peer.seconds_until_next() == 3240, "a tenth of it before the end"
    second = peer.request
    assert (second.call_id, second.from_tag, second.cseq) == (first.call_id, first.from_tag, (2, "REGISTER"))
    peer.grant(3600)
    assert peer.seconds_until_next() == 3240
    assert peer.bound


@pytest.mark.parametrize(("granted", "refreshed"), [(600, 540), (300, 270), (60, 30), (10, 5), (2, 1)])
def test_refreshed_before_the_end(granted: int, refreshed: float) -> None:
    assert registered(granted).seconds_until_next() == refreshed


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        # Our own binding counts, whatever others have (section 10.2.4), in any spelling that means the same URI.
        ([f"Contact: <sip:other@192.0.2.77>;expires=5, {OURS};expires=120"], 120),
        (["Contact: <sip:other@192.0.2.77>;expires=5", "Contact: <SIP:acme@192.0.2.1:5060;ob>;expires=120"], 120),
        ([f"Contact: {OURS}", "Expires: 90"], 90),
        ([f"Contact: {OURS}"], 3600),
        (["Contact: <sip:acme@203.0.113.9:61000>;expires=77", "Expires: 90"], 90),
        ([], 3600),
        (["Expires: 90"], 90),
        ([f"Contact: {OURS};expires=soon"], 3600),
        ([f"Contact: {OURS};expires=0"], 1),
        ([f"Contact: {OURS};expires=4294967295"], 7 * 86400),
        (['Contact: "broken <sip:x'], 3600),
    ],
)
def test_for_how_long(lines: list[str], seconds: int) -> None:
    peer = Registrar()
    peer.start()
    peer.answer(peer.request, 200, *lines, contact=None)
    assert peer.registration.bound_until == peer.now + seconds


def test_several_bindings_hold_as_long_as_the_shortest() -> None:
    second = "sip:acme@192.0.2.2:5060"
    peer = Registrar(contacts=(second,))
    peer.start()
    assert peer.request.headers.all("Contact") == [f"{OURS}, <{second}>"]
    peer.answer(peer.request, 200, f"Contact: {OURS};expires=3600, <{second}>;expires=100", contact=None)
    assert peer.registration.bound_until == peer.now + 100


def test_a_secure_registrar_gets_a_secure_contact() -> None:
    peer = Registrar(registrar="sips:carrier.example", aor="sips:acme@carrier.example")
    peer.flow = Flow("tls", ("192.0.2.1", 5061), ("192.0.2.9", 5061), "carrier.example")
    peer.start()
    assert peer.request.headers.get("Contact") == "<sips:acme@192.0.2.1:5061>"


@pytest.mark.parametrize("field", ["registrar", "aor"])
def test_no_text_breaks_out_of_its_header(field: str) -> None:
    with pytest.raises(LocalProtocolError):
        Registrar(**{field: "sip:a@b\r\nX-Evil: 1"})
    with pytest.raises(LocalProtocolError):
        Registrar(contacts=("sip:a@b>\r\nX-Evil: 1",))


@pytest.mark.parametrize(
    ("lines", "routes"),
    [
        (["Service-Route: <sip:p1.example;lr>, <sip:p2.example;lr>"], ("<sip:p1.example;lr>", "<sip:p2.example;lr>")),
        (
            ["Service-Route: <sip:p1.example;lr>;x=1", "Service-Route: <sip:p2.example;lr>"],
            ("<sip:p1.example;lr>", "<sip:p2.example;lr>"),
        ),
        (["Service-Route: <sip:strict.example>"], ()),
        (["Service-Route: <sip:p1.example;lr>, <tel:1>"], ()),
        (["Service-Route: <sip:" + "a" * 600 + ";lr>"], ()),
        (["Service-Route: " + ", ".join(["<sip:a;lr>"] * 9)], ()),
        (["Service-Route: <broken"], ()),
        ([], ()),
    ],
)
def test_the_way_that_calls_must_take(lines: list[str], routes: tuple[str, ...]) -> None:
    peer = Registrar()
    peer.start()
    peer.answer(peer.request, 200, *lines, contact=None)
    assert peer.registration.service_route == routes


# --- challenges ---


@pytest.mark.parametrize(
    ("code", "asks", "answers"),
    [(401, "WWW-Authenticate", "Authorization"), (407, "Proxy-Authenticate", "Proxy-Authorization")],
)
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_challenge_is_answered(code: int, asks: str, answers: str, algorithm: str) -> None:
    peer = Registrar(credentials=WHO)
    peer.start()
    peer.refuse(code, f"{asks}: {make_challenge('carrier', 'n1', algorithm)}")
    request = peer.request
    assert request.cseq == (2, "REGISTER")
    answer = read_answer(request.headers.get(answers))
    assert answer.uri == "sip:carrier.example"
    assert verify(answer, "REGISTER", WHO, "carrier")
    peer.grant(3600)
    assert (peer.told, peer.bound) == ([200], True)


def test_each_refresh_may_be_challenged_anew() -> None:
    peer = Registrar(credentials=WHO)
    peer.start()
    for nonce in ("n1", "n2", "n3"):
        peer.refuse(401, f"WWW-Authenticate: {make_challenge('carrier', nonce)}")
        assert read_answer(peer.request.headers.get("Authorization")).nonce == nonce
        peer.grant(600)
        peer.seconds_until_next()
    assert peer.told == [200, 200, 200]


def test_refused_credentials_are_not_insisted_on() -> None:
    peer = Registrar(credentials=WHO)
    peer.start()
    for _ in range(2):
        peer.refuse(401, f"WWW-Authenticate: {make_challenge('carrier', 'n1')}")
    assert peer.told == [401]
    assert peer.seconds_until_next() >= 300


def test_a_challenge_without_credentials_is_a_refusal() -> None:
    peer = Registrar()
    peer.start()
    peer.refuse(401, f"WWW-Authenticate: {make_challenge('carrier', 'n1')}")
    assert peer.told == [401]


# --- 423 ---


def test_a_longer_interval_is_asked_for_at_once_and_from_then_on() -> None:
    peer = Registrar(expires=60)
    peer.start()
    assert peer.request.headers.get("Expires") == "60"
    peer.refuse(423, "Min-Expires: 1800")
    assert peer.request.headers.get("Expires") == "1800"
    assert peer.told == []
    peer.grant(1800)
    peer.seconds_until_next()
    assert peer.request.headers.get("Expires") == "1800"


@pytest.mark.parametrize("lines", [[], ["Min-Expires: 60"], ["Min-Expires: 10"], ["Min-Expires: 999999999"]])
def test_a_423_that_cannot_be_met_is_a_refusal(lines: list[str]) -> None:
    peer = Registrar(expires=60)
    peer.start()
    peer.refuse(423, *lines)
    assert peer.told == [423]


def test_a_registrar_that_wants_ever_more_is_asked_twice() -> None:
    peer = Registrar(expires=60)
    peer.start()
    peer.refuse(423, "Min-Expires: 100")
    peer.refuse(423, "Min-Expires: 200")
    assert peer.told == [423]
    assert peer.request.cseq[0] == 2


# --- failures ---


def test_each_failure_in_a_row_waits_longer() -> None:
    peer = Registrar()
    peer.start()
    waits = []
    for _ in range(8):
        peer.refuse(503)
        waits.append(peer.seconds_until_next())
    for count, wait in enumerate(waits, 1):
        most = min(1800, 30 * 2**count)
        assert most / 2 <= wait <= most + 0.5, f"failure {count}"
    peer.grant(3600)
    peer.seconds_until_next()
    peer.refuse(500)
    assert peer.seconds_until_next() <= 60.5, "counting starts anew"


def test_retry_after_is_kept_to() -> None:
    peer = Registrar()
    peer.start()
    peer.refuse(503, "Retry-After: 7")
    assert peer.seconds_until_next() == 7
    peer.refuse(503, "Retry-After: 999999")
    assert peer.seconds_until_next() == 3600


@pytest.mark.parametrize("code", [403, 404, 400, 603])
def test_a_refusal_for_good_is_not_insisted_on(code: int) -> None:
    peer = Registrar()
    peer.start()
    peer.refuse(code)
    assert peer.told == [code]
    assert peer.seconds_until_next() >= 300


def test_no_answer_and_no_way() -> None:
    peer = Registrar()
    peer.start()
    peer.pass_time(32)
    assert peer.told == [408]
    peer.seconds_until_next()
    peer.user_agent.transport_failed(peer.flow, peer.now)
    assert peer.told == [408, 503]


def test_a_refresh_that_fails_is_tried_again_before_the_end() -> None:
    peer = registered(600)
    peer.seconds_until_next()
    peer.refuse(503)
    assert peer.bound, "what was granted holds"
    assert peer.seconds_until_next() <= 30.5
    peer.grant(600)
    assert peer.told == [200, 503, 200]


def test_the_end_of_what_was_granted_is_told() -> None:
    peer = registered(600)
    peer.seconds_until_next()
    peer.refuse(503, "Retry-After: 500")
    peer.pass_time(61)
    assert not peer.bound
    assert peer.told == [200, 503, 0]
    assert peer.registration.state is RegistrationState.WAITING


def test_redirections_are_told_with_a_limit() -> None:
    peer = Registrar()
    peer.start()
    contacts = []
    for count in range(MAX_REDIRECTIONS + 1):
        peer.refuse(302, f"Contact: <sip:r{count}.example>;q=0.5, <sip:b.example>;q=0.4")
        event = peer.reported(RegistrationChanged)[-1]
        contacts.append(event.contacts)
        peer.registration.go_to(peer.flow, peer.now, f"sip:r{count}.example")
        assert peer.request.uri == f"sip:r{count}.example"
    assert contacts[0] == ["sip:r0.example", "sip:b.example"]
    assert contacts[-1] == []
    assert all(contacts[:-1])
    peer.grant(600)
    peer.seconds_until_next()
    peer.refuse(302, "Contact: <sip:again.example>")
    assert peer.reported(RegistrationChanged)[-1].contacts == ["sip:again.example"]


def test_going_elsewhere_waits_for_the_answer_that_is_due() -> None:
    peer = Registrar()
    peer.start()
    other = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.10", 5060))
    peer.registration.go_to(other, peer.now)
    assert peer.news() == ["REGISTER"], "section 10.2: no second REGISTER before the answer to the first"
    peer.refuse(503)
    peer.seconds_until_next()
    assert peer.ways[-1] == other


# --- leaving ---


def test_our_bindings_and_nobody_elses_are_taken_away() -> None:
    peer = registered(credentials=WHO)
    peer.registration.remove(peer.now)
    peer.refuse(401, f"WWW-Authenticate: {make_challenge('carrier', 'n1')}")
    request = peer.request
    assert request.headers.get("Expires") == "0"
    assert request.headers.all("Contact") == [OURS]
    assert request.headers.get("Authorization")
    peer.answer(request, 200, contact=None)
    assert peer.registration.state is RegistrationState.GONE
    assert peer.told == [200, 200]
    assert not peer.bound
    peer.assert_quiet()


@pytest.mark.parametrize("bound", [False, True])
def test_leaving_while_asking_waits_for_the_answer(bound: bool) -> None:
    peer = registered() if bound else Registrar()
    if bound:
        peer.seconds_until_next()
    else:
        peer.start()
    peer.news()
    peer.registration.remove(peer.now)
    assert peer.news() == []
    peer.grant(3600)
    assert peer.request.headers.get("Expires") == "0"
    peer.answer(peer.request, 200, contact=None)
    assert peer.registration.state is RegistrationState.GONE
    peer.assert_quiet()


@pytest.mark.parametrize(
    "how", ["never asked", "refused", "asking and refused", "removal refused", "removal unanswered"]
)
def test_leaving_always_ends(how: str) -> None:
    peer = registered() if how.startswith("removal") else Registrar()
    if "ask" in how and how != "never asked":
        peer.start()
    if how == "refused":
        peer.start()
        peer.refuse(403)
    peer.registration.remove(peer.now)
    if how in ("asking and refused", "removal refused"):
        peer.refuse(403)
    peer.pass_time(40)
    assert peer.registration.state is RegistrationState.GONE
    peer.registration.remove(peer.now)
    peer.registration.go_to(peer.flow, peer.now)
    peer.assert_quiet()


def test_every_situation_has_an_answer() -> None:
    """As unit/sip/test_transaction_tables.py: a pair is in the table or ignored, never in neither or both."""
    from ringout.sip.registration import IGNORED, TABLE

    answers = {RegistrationInput.ACCEPTED, RegistrationInput.ANSWERABLE, RegistrationInput.REFUSED}
    awaited = {*answers, RegistrationInput.UNREACHABLE}
    asking = {RegistrationState.ASKING, RegistrationState.FINISHING, RegistrationState.LEAVING}
    for state in RegistrationState:
        for kind in RegistrationInput:
            possible = kind not in awaited or state in asking
            assert ((state, kind) in TABLE) + ((state, kind) in IGNORED) == possible, (state, kind)


def test_what_a_peer_says_can_be_shown_on_any_terminal() -> None:
    peer = Registrar()
    peer.start()
    peer.answer(peer.request, 403, contact=None, reason="\x1b[2J" + "x" * 40_000)
    (event,) = peer.reported(RegistrationChanged)
    assert event.reason.isprintable()
    assert len(event.reason) <= 128

    peer.user_agent.options(peer.flow, "sip:carrier.example", peer.now)
    asked = peer.last("OPTIONS")
    asked.headers.set("Via", f'{asked.headers.get("Via")};received="\x1b[2J198.51.100.1"')
    peer.answer(asked, 200)
    (answered,) = peer.reported(OptionsAnswered)
    assert answered.seen_as is not None
    assert answered.seen_as.isprintable()
