"""Phones that no trunk stands before: devices where they have registered, and SIP addresses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.engine_phones import PHONE_SDP
from fakes.engine_world import CALLER, PLAN, Stage
from ringout.domain.plan import Phone
from ringout.domain.status import EndedBy, PartyStatus
from ringout.engine.registered_phones import media_kind
from ringout.service.ports import LocalMedia, MediaKind
from ringout.sip.bindings import Binding
from ringout.sip.flow import Flow

OURS = ("127.0.0.1", 5060)


def binding(port: int, transport: Any = "udp", **more: Any) -> Binding:
    flow = Flow(transport, OURS, ("192.0.2.9", port))
    uri = more.pop("uri", f"sip:desk@10.0.0.1:{port}")
    return Binding("desk", uri, flow, "call", 1, float(port), 1e9, **more)


class Places:
    """The registered phones: always the same device."""

    def __init__(self, *bindings: Binding) -> None:
        self.found = list(bindings)

    def bindings(self, username: str) -> list[Binding]:
        return self.found if username == "desk" else []

    def kind(self, username: str) -> MediaKind:
        return media_kind(self.found[0]) if self.found else MediaKind.RTP


def to_device(*bindings: Binding, phone: Phone = Phone(device="desk"), **changes: Any) -> Stage:  # noqa: B008  frozen
    stage = Stage()
    phones: Any = Places(*bindings)
    stage.node.phones = phones
    changes.setdefault("caller_phones", (phone,))
    stage.place(replace(PLAN, caller_number="", caller_extension="101", **changes))
    return stage


def rung(stage: Stage) -> list[tuple[str, Any]]:
    """(Request-URI, flow) of each INVITE, in order."""
    return [(session.uri, session.asked["flow"]) for session in stage.agent.sessions]


def test_a_device_is_rung_along_its_flow_through_its_path() -> None:
    path = ("<sip:edge.example;lr>",)
    place = binding(5070, path=path)
    stage = to_device(place)
    (session,) = stage.agent.sessions
    assert rung(stage) == [(place.uri, place.flow)]
    assert session.asked["route"] == path
    assert session.asked["credentials"] is None
    assert session.asked["to"] == f"<{place.uri}>"
    assert "P-Asserted-Identity" not in dict(session.asked["headers"])
    session.answers(PHONE_SDP)
    assert stage.row.caller.status is PartyStatus.SUCCESS
    assert stage.agent.sessions[-1].uri.startswith(f"sip:{PLAN.callee_number}@"), "the callee by its trunk"


def test_other_places_are_tried_when_one_fails() -> None:
    stage = to_device(binding(5070), binding(5080), binding(5090))
    stage.agent.sessions[-1].fails(503, cause="transport")
    stage.agent.sessions[-1].fails(480)
    assert [flow.remote[1] for _, flow in rung(stage)] == [5070, 5080, 5090]
    stage.agent.sessions[-1].fails(404)
    assert stage.row.caller.ended_at is not None


@pytest.mark.parametrize("code", [486, 600, 603])
def test_who_declines_at_one_place_is_not_rung_at_another(code: int) -> None:
    stage = to_device(binding(5070), binding(5080))
    stage.agent.sessions[-1].fails(code)
    assert len(rung(stage)) == 1
    assert stage.row.caller.ended_at is not None


def test_a_place_that_has_rung_has_decided() -> None:
    stage = to_device(binding(5070), binding(5080))
    stage.agent.sessions[-1].rings()
    stage.agent.sessions[-1].fails(480)
    assert len(rung(stage)) == 1


def test_a_place_that_says_nothing_is_left_after_a_while() -> None:
    stage = to_device(binding(5070), binding(5080))
    stage.world.pass_seconds(stage.config.phones.answer_seconds + 0.1)
    assert [flow.remote[1] for _, flow in rung(stage)] == [5070, 5080]


def test_a_redirection_by_a_phone_is_not_followed() -> None:
    stage = to_device(binding(5070))
    stage.agent.sessions[-1].fails(302, contacts=["sip:+19005550123@carrier.example"])
    assert len(rung(stage)) == 1
    assert stage.row.caller.status is PartyStatus.GENERIC_ERROR


def test_a_phone_that_is_not_registered() -> None:
    stage = to_device()
    row = stage.row
    assert (row.caller.status, row.caller.sip_code) == (PartyStatus.INVALID, 480)
    assert row.caller.explanation == "The caller's phone is not registered at the moment."
    assert row.ended_at is not None
    assert stage.is_quiet()


@pytest.mark.parametrize(
    ("place", "other"),
    [
        (binding(40000, "tcp", uri="sip:desk@192.0.2.9:5070;transport=tcp"), ("tcp", 5070)),
        (binding(40000, "tls", uri="sip:desk@192.0.2.9:5071;transport=tls"), ("tls", 5071)),
        (binding(40000, "tcp", uri="sip:desk@10.0.0.1:5070;transport=tcp"), None),
        (binding(40000, "tcp", uri="sip:desk@phone.example;transport=tcp"), None),
        (binding(40000, "tcp", path=("<sip:192.0.2.9:5060;transport=tcp;lr>",)), ("tcp", 5060)),
        (binding(40000, "udp", uri="sip:desk@192.0.2.9:5070"), None),
    ],
)
def test_a_connection_that_is_gone_may_be_made_again_to_the_same_host_only(
    place: Binding, other: tuple[str, int] | None
) -> None:
    stage = to_device(place)
    stage.agent.sessions[-1].fails(503, cause="transport")
    again = rung(stage)[1:]
    if other is None:
        assert again == []
    else:
        ((uri, flow),) = again
        assert (uri, flow.transport, flow.remote) == (place.uri, other[0], ("192.0.2.9", other[1]))
        assert stage.agent.sessions[-1].asked["route"] == place.path


@pytest.mark.parametrize("user", ["911", "9%311", "+19005550123", "01144207183875", "+16505550199"])
@pytest.mark.parametrize(
    ("place", "targets"),
    [
        (binding(5070, path=("<sip:edge.example;lr>",)), 0),  # the proxy would send it on to whom the URI names
        (binding(40000, "tcp", uri="sip:desk@192.0.2.9:5070;transport=tcp"), 1),  # a PBX may listen there
        (binding(5070), 1),  # goes back to the phone itself, which may call itself what it likes
    ],
)
def test_a_phone_cannot_have_others_dial_a_number_for_it(user: str, place: Binding, targets: int) -> None:
    place = replace(place, uri=place.uri.replace("desk", user))
    stage = to_device(place, blocked=("+1900",), international=False, prepaid=user.endswith("199"))
    if targets:
        stage.agent.sessions[-1].fails(503, cause="transport")
    assert [flow for _, flow in rung(stage)] == [place.flow] * targets
    assert stage.row.caller.ended_at is not None


def test_a_phone_whose_own_name_is_a_number_is_rung_through_its_path() -> None:
    place = replace(binding(5070, path=("<sip:edge.example;lr>",)), uri="sip:911@10.0.0.1", user="911")
    stage = Stage()
    phones: Any = Places(place)
    phones.bindings = lambda username: [place]
    stage.node.phones = phones
    stage.place(replace(PLAN, caller_number="", caller_extension="101", caller_phones=(Phone(device="911"),)))
    assert rung(stage) == [(place.uri, place.flow)]


def test_a_browser_has_a_browsers_media_and_other_places_are_left_out() -> None:
    stage = Stage()
    browser, desk = binding(1, "wss", uri="sip:x@a.invalid;transport=wss"), binding(5070)
    phones: Any = Places(browser, desk)
    stage.node.phones = phones
    opened = stage.room.open

    def as_for_browsers(*args: Any) -> Any:
        media = opened(*args)
        media.locals[CALLER] = LocalMedia("127.0.0.1", 20000, "UDP/TLS/RTP/SAVPF")
        return media

    stage.room.open = as_for_browsers  # type: ignore[method-assign]
    stage.place(replace(PLAN, caller_number="", caller_phones=(Phone(device="desk"),)))
    assert stage.media.kinds == (MediaKind.WEBRTC, MediaKind.RTP)
    stage.agent.sessions[-1].fails(503, cause="transport")
    assert rung(stage) == [(browser.uri, browser.flow)]


@pytest.mark.parametrize(
    ("transport", "kind"),
    [("udp", MediaKind.RTP), ("tcp", MediaKind.RTP), ("tls", MediaKind.SRTP_OPTIONAL), ("ws", MediaKind.WEBRTC)],
)
def test_the_media_is_as_the_phone_registered(transport: str, kind: MediaKind) -> None:
    assert media_kind(binding(5070, transport)) is kind


@pytest.mark.parametrize("phone", [Phone(device="desk"), Phone(address="sip:ann@192.0.2.7:5070")])
@pytest.mark.parametrize(
    ("refused", "says"),
    [
        (True, "The caller's phone could not be reached: nothing listens at its address."),
        (False, "The caller's network could not be reached."),
    ],
)
def test_a_closed_port_is_told_as_what_it_is(phone: Phone, refused: bool, says: str) -> None:
    stage = to_device(binding(5070), phone=phone)
    stage.agent.sessions[-1].fails(503, cause="transport", refused=refused)
    caller = stage.row.caller
    assert (caller.status, caller.ended_by, caller.sip_code) == (PartyStatus.GENERIC_ERROR, EndedBy.NETWORK, 503)
    assert caller.explanation == says


def test_a_closed_port_of_a_gateway_says_nothing_of_the_phone() -> None:
    stage = Stage()
    stage.place()
    stage.caller.fails(503, cause="transport", refused=True)
    assert stage.row.caller.explanation == "The caller's network could not be reached."


def test_a_sip_address_is_called_straight() -> None:
    stage = to_device(phone=Phone(address="sip:ann@192.0.2.7:5070;transport=tcp"))
    ((uri, flow),) = rung(stage)
    assert uri == "sip:ann@192.0.2.7:5070;transport=tcp"
    assert (flow.transport, flow.remote) == ("tcp", ("192.0.2.7", 5070))
    assert stage.agent.sessions[-1].asked["credentials"] is None


def test_a_bug_in_looking_for_the_way_is_no_way_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    phones: Any = Places(binding(40000, "tcp", uri="sip:desk@192.0.2.9:5070;transport=tcp"))
    stage.node.phones = phones

    def broken(*place: Any) -> Flow:
        raise KeyError("bug")

    monkeypatch.setattr(stage.agent, "flow_to", broken)
    stage.place(replace(PLAN, caller_number="", caller_phones=(Phone(device="desk"),)))
    assert stage.statuses == "GenericError GenericError Error"


def test_a_callee_can_be_a_device() -> None:
    stage = Stage()
    place = binding(5070)
    phones: Any = Places(place)
    stage.node.phones = phones
    stage.place(replace(PLAN, callee_number="", callee_extension="102", callee_phone=Phone(device="desk")))
    stage.caller.answers()
    assert rung(stage)[-1] == (place.uri, place.flow)
    stage.agent.sessions[-1].answers(PHONE_SDP)
    assert stage.row.callee.status is PartyStatus.SUCCESS
