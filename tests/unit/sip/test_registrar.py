"""Phones that register: bindings, and the ways to them."""

from __future__ import annotations

import pytest

from fakes.office import CONTACT, INSTANCE, Office
from fakes.scripted_peer import ScriptedPeer
from ringout.sip.events import BindingsChanged


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
