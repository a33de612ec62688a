"""What the network tells besides its codes: Q.850 causes, who sent the call on, how the caller ID is signed."""

from __future__ import annotations

import pytest

from fakes.engine_world import PLAN, Stage
from ringout.config import TrunkConfig
from ringout.domain.ring_out import Diversion, Redirection
from ringout.sip.redirection import Redirected

TWO = TrunkConfig("two", ("sip:10.0.0.1", "sip:10.0.0.2"), username="u", password="p")
SENT_ON = Redirected(
    diversion=("<sip:+16505550202@gw>;reason=user-busy",),
    history=("<sip:+16505550202@gw>;index=1",),
    came_from=(("+16505550202", "user-busy"),),
)
SIGNED = Redirected(identity=("a.b.c;info=<https://x>",), date="today", attestation="A")


def connected() -> Stage:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.answers()
    return stage


# --- causes ---


def test_a_vague_refusal_with_a_cause_reads_as_the_cause() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.fails(503, "Service Unavailable", q850=17)
    row = stage.row
    assert (row.callee.status, row.callee.cause, row.callee.sip_code) == ("Busy", 17, 503)
    assert row.callee.explanation == (
        "The callee's phone is busy (503 Service Unavailable, Q.850 cause 17: user busy)."
    )
    assert row.caller.cause is None


@pytest.mark.parametrize(("q850", "tries"), [(17, 1), (21, 1), (34, 2), (16, 2), (None, 2)])
def test_a_503_that_the_phone_itself_has_caused_is_not_tried_by_another_gateway(q850: int | None, tries: int) -> None:
    stage = Stage(TWO)
    stage.place()
    stage.caller.fails(503, q850=q850)
    assert len(stage.agent.sessions) == tries


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_hang_up_with_a_cause_names_it(who: str) -> None:
    stage = connected()
    getattr(stage, who).hangs_up(q850=41)
    (stage.callee if who == "caller" else stage.caller).confirms()
    row = stage.row
    leg, other = (row.caller, row.callee) if who == "caller" else (row.callee, row.caller)
    assert leg.cause == 41
    assert leg.explanation.endswith("(Q.850 cause 41: temporary failure).")
    assert other.cause is None
    assert "Q.850" not in other.explanation
    assert stage.is_quiet()


def test_ordinary_clearing_is_no_news() -> None:
    stage = connected()
    stage.callee.hangs_up(q850=16)
    assert stage.row.callee.cause == 16
    assert "Q.850" not in stage.row.callee.explanation


def test_the_end_of_our_own_bye_has_no_cause() -> None:
    stage = connected()
    stage.node.cancel(1)
    stage.callee.confirms()
    stage.caller.hangs_up(q850=38)
    assert stage.row.caller.cause is None
    assert "Q.850" not in stage.row.caller.explanation


# --- redirections ---


def test_who_sent_the_call_on_is_told_to_the_next_and_shown() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    first = stage.callee
    target = f"sip:{PLAN.callee_number}@192.0.2.77"
    first.fails(302, contacts=[target], redirected=SENT_ON)
    asked = stage.callee.asked
    assert stage.callee is not first
    assert asked["uri"] == target
    assert asked["headers"][-3:] == (
        ("Diversion", "<sip:+16505550202@gw>;reason=user-busy"),
        ("History-Info", "<sip:+16505550202@gw>;index=1"),
        ("History-Info", f"<{target}>;index=2"),
    )
    assert stage.row.callee.redirection == Redirection((Diversion("+16505550202", "user-busy"),), None)
    assert stage.row.caller.redirection is None


def test_a_signature_goes_with_the_call_to_the_next_gateway_whom_to_names_as_before() -> None:
    """How signing services work: the first gateway signs and sends back, the second carries the call."""
    stage = Stage(TWO)
    stage.place()
    stage.caller.answers()
    before = stage.callee.asked
    stage.callee.fails(302, contacts=[f"sip:{PLAN.callee_number}@10.0.0.2"], redirected=SIGNED)
    asked = stage.callee.asked
    assert asked["flow"].remote == ("10.0.0.2", 5060)
    assert asked["headers"][-2:] == (("Identity", "a.b.c;info=<https://x>"), ("Date", "today"))
    assert (asked["from_"], asked["to"]) == (before["from_"], before["to"])
    assert asked["credentials"] is not None
    stage.callee.answers()
    assert stage.row.callee.redirection == Redirection((), "A")


def test_every_target_of_a_redirection_is_told() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    contacts = [f"sip:{PLAN.callee_number}@192.0.2.{last}" for last in (71, 72)]
    stage.callee.fails(302, contacts=contacts, redirected=SIGNED)
    stage.callee.fails(486)
    assert stage.callee.asked["flow"].remote[0] == "192.0.2.72"
    assert ("Identity", "a.b.c;info=<https://x>") in stage.callee.asked["headers"]


def test_a_second_redirection_adds_to_the_first() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.fails(302, contacts=[f"sip:{PLAN.callee_number}@192.0.2.71"], redirected=SIGNED)
    stage.callee.fails(302, contacts=[f"sip:{PLAN.callee_number}@192.0.2.72"], redirected=SENT_ON)
    names = [name for name, _ in stage.callee.asked["headers"]]
    assert {"Diversion", "Identity", "Date"} <= set(names)
    stage.callee.fails(486, "Busy Here")
    row = stage.row.callee
    assert row.redirection == Redirection((Diversion("+16505550202", "user-busy"),), "A")
    assert row.status == "Busy"


def test_a_redirection_that_leads_nowhere_still_tells_who_sent_the_call_on() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.fails(302, contacts=[], redirected=SENT_ON)
    assert stage.row.callee.redirection is not None


def test_a_call_that_is_not_redirected_carries_nothing_more() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    assert [name for name, _ in stage.callee.asked["headers"]] == ["P-Asserted-Identity"]
    stage.callee.answers()
    assert stage.row.callee.redirection is None
