"""Which gateway is next when one fails, and where a redirection leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.engine_world import PLAN, Stage
from ringout.config import TrunkConfig

TWO = TrunkConfig("two", ("sip:10.0.0.1", "sip:10.0.0.2:5070;transport=tcp"), username="u", password="p")


def gateways_asked(stage: Stage) -> list[str]:
    return [session.uri.partition("@")[2] for session in stage.agent.sessions]


@pytest.mark.parametrize(("code", "cause"), [(503, "response"), (408, "timeout"), (503, "transport")])
def test_next_gateway(code: int, cause: str) -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.fails(code, cause=cause)
    assert gateways_asked(stage) == ["10.0.0.1", "10.0.0.2:5070;transport=tcp"]
    assert stage.caller.asked["flow"].transport == "tcp"
    assert stage.caller.asked["credentials"].username == "u"
    stage.caller.answers()
    assert stage.store.rows[-1].caller.status == "Success"


@pytest.mark.parametrize("code", [500, 486, 404, 408, 603])
def test_other_answers_are_final(code: int) -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.fails(code)
    assert len(stage.agent.sessions) == 1


def test_503_after_ringing_is_final() -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.rings()
    stage.caller.fails(503)
    assert len(stage.agent.sessions) == 1


def test_every_gateway_is_down() -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.fails(503, cause="transport")
    stage.caller.fails(503, "Service Unavailable")
    assert stage.statuses == "GenericError InProgress CannotReach"
    assert stage.is_quiet()


def test_unreachable_address_is_skipped() -> None:
    stage = Stage(TWO)
    stage.agent.unreachable.add("10.0.0.1")
    stage.place()
    assert gateways_asked(stage) == ["10.0.0.2:5070;transport=tcp"]
    stage = Stage(TrunkConfig("one", ("sip:10.0.0.1",)))
    stage.agent.unreachable.add("10.0.0.1")
    stage.place()
    assert stage.statuses == "GenericError InProgress CannotReach"


def test_retry_after_rests_the_gateway_for_other_calls_too() -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.fails(503, retry_after=20)
    stage.place(ring_out_id=2)
    assert gateways_asked(stage)[-1] == "10.0.0.2:5070;transport=tcp"
    stage.world.pass_seconds(20)
    stage.place(ring_out_id=3)
    assert gateways_asked(stage)[-1] == "10.0.0.1"


def test_503_without_retry_after_rests_nothing() -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.fails(503)
    stage.place(ring_out_id=2)
    assert gateways_asked(stage)[-1] == "10.0.0.1"


def test_gateway_that_says_nothing_for_its_timeout() -> None:
    stage = Stage(replace(TWO, gateway_timeout_seconds=2.0))
    stage.place()
    first = stage.caller
    stage.world.pass_seconds(2.1)
    assert first.log == ["CANCEL"]
    assert len(stage.agent.sessions) == 2
    first.answers()
    assert "Success" not in stage.statuses, "the abandoned session counts no more"
    stage.caller.answers()
    assert stage.store.rows[-1].caller.status == "Success"


def test_gateway_that_said_100_keeps_the_call() -> None:
    stage = Stage(replace(TWO, gateway_timeout_seconds=2.0))
    stage.place()
    stage.caller.state = "proceeding"
    stage.world.pass_seconds(10)
    assert len(stage.agent.sessions) == 1


def test_silent_gateways_end_as_no_answer() -> None:
    stage = Stage(replace(TWO, gateway_timeout_seconds=2.0))
    stage.place()
    stage.world.pass_seconds(5)
    assert stage.statuses == "NoAnswer InProgress CannotReach"
    assert stage.row.ended_at is None, "a phone behind them may still ring"
    for session in stage.agent.sessions:
        session.confirms()
    assert stage.is_quiet()


def test_the_next_gateway_is_asked_at_once() -> None:
    stage = Stage(replace(TWO, gateway_timeout_seconds=2.0))
    stage.place()
    flushes = stage.agent.flushes
    stage.world.pass_seconds(2)
    assert stage.agent.flushes > flushes


def test_gateway_has_its_full_time_again_after_a_challenge() -> None:
    stage = Stage(replace(TWO, gateway_timeout_seconds=2.0))
    stage.place()
    stage.world.pass_seconds(1.5)
    stage.caller.is_challenged()
    stage.world.pass_seconds(1.5)
    assert len(stage.agent.sessions) == 1
    stage.world.pass_seconds(1)
    assert len(stage.agent.sessions) == 2


# --- redirection ---


def test_redirection_is_followed_in_order_without_credentials_for_strangers() -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.fails(302, contacts=["sip:+16505550101@10.0.0.7", "sip:+16505550101@10.0.0.1:5060;x=1"])
    assert gateways_asked(stage)[-1] == "10.0.0.7"
    assert stage.caller.asked["credentials"] is None
    stage.caller.fails(480)
    assert gateways_asked(stage)[-1] == "10.0.0.1:5060;x=1"
    assert stage.caller.asked["credentials"] is not None
    stage.caller.answers()
    assert stage.store.rows[-1].caller.status == "Success"


def test_redirection_never_goes_in_a_circle() -> None:
    stage = Stage()
    stage.place()
    stage.caller.fails(302, contacts=["sip:+16505550101@10.0.0.7"])
    stage.caller.fails(302, contacts=["sip:+16505550101@10.0.0.1", "sip:+16505550101@10.0.0.7"])
    assert len(stage.agent.sessions) == 2
    assert stage.statuses == "GenericError InProgress CannotReach"


def test_another_service_is_no_redirection() -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.fails(380, "Alternative Service", contacts=["sip:+16505550101@10.0.0.7"])
    assert len(stage.agent.sessions) == 1
    assert "offers another service" in stage.row.caller.explanation


def test_redirections_are_limited() -> None:
    stage = Stage()
    stage.place()
    for count in range(20):
        if stage.node.live:
            stage.caller.fails(302, contacts=[f"sip:+16505550101@10.0.1.{count}", f"sip:+16505550101@10.0.2.{count}"])
    assert len(stage.agent.sessions) == 6


@pytest.mark.parametrize("contacts", [[], ["tel:+1650"], ["sip:a@10.0.0.1;transport=ws"], ["sip:"]])
def test_redirection_without_a_usable_target_is_a_sentence(contacts: list[str]) -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.fails(302, "Moved Temporarily", contacts=contacts)
    row = stage.row
    assert row.caller.explanation == (
        "The caller's call was sent elsewhere, and nothing there could be reached (302 Moved Temporarily)."
    )
    assert stage.is_quiet()


def test_redirection_to_what_is_no_sip_uri() -> None:
    stage = Stage()
    stage.place()
    stage.caller.fails(302, contacts=["tel:+1650", "mailto:x@y", "", "sip:\x00"])
    assert stage.statuses == "GenericError InProgress CannotReach"


@pytest.mark.parametrize("host", ["10.0.0.1", "elsewhere.example"])
def test_redirection_to_what_may_not_be_called_reaches_no_trunk(host: str) -> None:
    stage = Stage(TWO)
    stage.agent.unreachable.add("elsewhere.example")
    stage.place(replace(PLAN, blocked=("+1900",), international=False))
    contacts = [f"sip:{user}@{host}" for user in ("+19005550100", "911", "011442079460000", "14155550111")]
    stage.caller.fails(302, contacts=contacts)
    assert [session.uri for session in stage.agent.sessions[1:]] == [f"sip:14155550111@{host}"]


def test_redirection_to_a_sips_uri_takes_no_hop_without_tls() -> None:
    """RFC 3261 26.2.2. Neither the address itself has a way here nor may the trunk's UDP gateway be one."""
    stage = Stage(TrunkConfig("t", ("sip:10.0.0.1",)))
    stage.agent.unreachable.add("10.0.0.7")
    stage.place()
    stage.caller.fails(302, contacts=["sips:+16505550101@10.0.0.7", "sips:+16505550101@elsewhere.example"])
    assert len(stage.agent.sessions) == 1
    assert stage.statuses == "GenericError InProgress CannotReach"
    stage = Stage(TrunkConfig("t", ("sips:10.0.0.1",)))
    stage.place()
    stage.agent.sessions[-1].fails(302, contacts=["sips:+16505550101@elsewhere.example"])
    assert [session.asked["flow"].transport for session in stage.agent.sessions] == ["tls", "tls"]


@pytest.mark.parametrize("inside", ["10.0.0.7", "127.0.0.1", "[::1]", "[fd00::7]", "169.254.169.254"])
def test_redirection_from_the_internet_leads_nowhere_inside(inside: str) -> None:
    stage = Stage(TrunkConfig("t", ("sip:198.41.0.4",)))
    stage.place()
    stage.caller.fails(302, contacts=[f"sip:+16505550101@{inside}", "sip:+16505550101@199.7.83.42"])
    assert [session.asked["flow"].remote[0] for session in stage.agent.sessions] == ["198.41.0.4", "198.41.0.4"]
    stage.caller.fails(480)
    assert stage.caller.asked["flow"].remote[0] == "199.7.83.42"


def test_redirection_to_a_name_goes_through_the_gateway() -> None:
    stage = Stage()
    stage.agent.unreachable.add("elsewhere.example")
    stage.place()
    stage.caller.fails(302, contacts=["sip:+16505550101@elsewhere.example"])
    assert stage.caller.asked["flow"].remote == ("10.0.0.1", 5060)
    assert stage.caller.uri == "sip:+16505550101@elsewhere.example"
