"""What a crash finds in the row is always enough to take down every phone that may be up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.engine_phones import PHONE_SDP
from fakes.engine_world import Stage
from ringout.config import TrunkConfig
from ringout.domain.ring_out import RingOut
from ringout.domain.status import EndedBy
from ringout.engine.recovery import Orphan
from ringout.engine.stored_sessions import pack, unpack

TWO = TrunkConfig("two", ("sip:10.0.0.1", "sip:10.0.0.2"), gateway_timeout_seconds=2.0)


def after_a_crash(stage: Stage) -> list[str]:
    """What the next process sends, given the last row that was queued."""
    gone: list[Orphan] = []
    orphan = Orphan(stage.store.rows[-1], gone.append)
    before = len(stage.agent.log)
    orphan.hang_up(stage.agent, stage.world.now, lambda number: None)  # type: ignore[arg-type]
    assert gone == ([] if stage.agent.restored else [orphan])
    return stage.agent.log[before:]


def test_an_invite_that_is_sent_again_is_stored_at_once() -> None:
    stage = Stage()
    stage.place()
    rows = len(stage.store.rows)
    stage.caller.is_challenged()
    assert len(stage.store.rows) == rows + 1
    assert stage.store.rows[-1].caller.dialog == b"+16505550101 calling 1"


@pytest.mark.parametrize("code", [180, 183])
def test_the_first_provisional_response_is_stored(code: int) -> None:
    stage = Stage()
    stage.place()
    stage.caller.rings(code)
    stage.world.pass_seconds(0.05)
    assert stage.store.rows[-1].caller.dialog == b"+16505550101 proceeding"


def test_an_answer_is_stored_at_once_also_while_we_hang_up() -> None:
    stage = Stage()
    stage.place()
    stage.caller.rings()
    stage.node.cancel(1)
    stage.caller.answers()
    assert stage.store.rows[-1].caller.dialog == b"+16505550101 confirmed"


def test_a_peer_that_moves_is_stored() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.answers()
    stage.callee.state = "confirmed elsewhere"
    stage.agent.tell(_changed(stage))
    stage.world.pass_seconds(0.05)
    assert stage.store.rows[-1].callee.dialog == b"+16505550202 confirmed elsewhere"


def _changed(stage: Stage):  # type: ignore[no-untyped-def]
    from ringout.sip.events import DialogChanged

    return DialogChanged(stage.callee)  # type: ignore[arg-type]


def test_an_abandoned_gateway_stays_in_the_row_until_it_is_gone() -> None:
    stage = Stage(TWO)
    stage.place()
    first = stage.caller
    stage.world.pass_seconds(2)
    assert stage.store.rows[-1].caller.dialog == b"+16505550101 calling\n+16505550101 calling"
    assert after_a_crash(stage) == ["CANCEL +16505550101", "CANCEL +16505550101"]
    stage.caller.answers()
    assert unpack(stage.store.rows[-1].caller.dialog or b"") == [b"+16505550101 confirmed", b"+16505550101 calling"]
    first.confirms()
    assert stage.row.caller.dialog == b"+16505550101 confirmed"


def test_a_ring_out_is_not_over_while_an_abandoned_gateway_may_ring_a_phone() -> None:
    stage = Stage(TWO)
    stage.place()
    first = stage.caller
    stage.world.pass_seconds(2)
    stage.caller.fails(486, "Busy Here")
    row = stage.row
    assert (row.caller.status, row.ended_at) == ("Busy", None)
    assert row.caller.dialog == b"+16505550101 calling"
    first.answers()  # the user agent meets that with ACK and BYE
    assert stage.row.ended_at is None
    first.hangs_up()
    assert stage.row.ended_at is not None
    assert stage.row.caller.dialog is None
    assert stage.is_quiet()


def test_an_abandoned_session_that_never_reports_its_end_is_given_up() -> None:
    stage = Stage(replace(TWO, gateways=("sip:10.0.0.1",)))
    stage.place()
    stage.world.pass_seconds(2)
    assert stage.statuses == "NoAnswer InProgress CannotReach"
    assert stage.node.live == 1
    stage.world.pass_seconds(41)
    assert stage.is_quiet()


def test_a_bug_while_the_gateway_is_changed_ends_the_call() -> None:
    stage = Stage(TWO)
    stage.place()
    first = stage.caller

    def broken(**asked: object) -> None:
        raise RuntimeError("bug")

    stage.agent.invite = broken  # type: ignore[assignment,method-assign]
    stage.world.pass_seconds(2)
    assert first.hung_up
    assert stage.row.status == "Error"
    first.confirms()
    assert stage.is_quiet()


def test_a_session_that_cannot_be_stored_keeps_the_last_good_one(capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage()
    stage.place()

    def broken() -> bytes:
        raise RuntimeError("bug")

    stage.caller.stored = broken  # type: ignore[method-assign]
    stage.caller.answers()
    assert stage.store.rows[-1].caller.dialog == b"+16505550101 calling"
    assert stage.store.rows[-1].callee.dialog == b"+16505550202 calling"
    assert "bug" in capsys.readouterr().err


@pytest.mark.parametrize("sessions", [[], [b"one"], [b"one", b"two", b"three"]])
def test_packing(sessions: list[bytes]) -> None:
    stored = pack(sessions)
    assert (stored is None) == (not sessions)
    assert unpack(stored or b"") == sessions


def test_the_next_gateways_session_is_stored_as_soon_as_it_is_asked() -> None:
    stage = Stage(TrunkConfig("two", ("sip:10.0.0.1", "sip:10.0.0.2")))
    stage.place()
    rows = len(stage.store.rows)
    stage.caller.fails(503)
    assert (len(stage.agent.sessions), stage.caller.state) == (2, "calling")
    assert len(stage.store.rows) == rows + 1
    assert stage.store.rows[-1].caller.dialog == stage.caller.stored()


# --- the peer gave the call up ---


def last_row(party: str, cause: str) -> RingOut:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.rings(183, "Session Progress", PHONE_SDP)
    stage.callee.answers()
    phone = stage.caller if party == "caller" else stage.callee
    phone.is_lost(cause)
    row = stage.row
    (stage.callee if party == "caller" else stage.caller).confirms()
    assert stage.is_quiet()
    return row


@pytest.mark.parametrize("party", ["caller", "callee"])
@pytest.mark.parametrize(
    ("cause", "words"), [("gone", "no longer knows the call (481)"), ("silent", "stopped responding")]
)
def test_a_call_that_a_phone_forgot_was_not_hung_up_by_it(party: str, cause: str, words: str) -> None:
    row = last_row(party, cause)
    leg = row.caller if party == "caller" else row.callee
    assert leg.explanation == f"The {party}'s phone {words}."
    assert (leg.ended_by, row.ended_by) == (EndedBy.NETWORK, EndedBy.NETWORK)
    assert (row.caller.status, row.callee.status, row.status) == ("Finished", "Finished", "Success")
    assert "hung up" not in row.explanation


def test_a_caller_that_is_lost_while_the_callee_rings() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    stage.callee.rings()
    stage.caller.is_lost("gone")
    assert stage.statuses == "Finished Rejected CannotReach"
    assert stage.row.ended_by is EndedBy.NETWORK
    stage.callee.confirms()
    assert stage.is_quiet()


# --- rows stay few ---


def test_phones_that_say_the_same_ten_thousand_times_cost_few_rows() -> None:
    stage = Stage()
    stage.place()
    stage.caller.answers()
    rows = len(stage.store.rows)
    for number in range(10_000):
        stage.callee.rings(180 + number % 4)
    stage.world.pass_seconds(0.05)
    assert len(stage.store.rows) <= rows + 1
    assert stage.media.log.count("ringback caller us") == 1
    stage.callee.answers()
    rows = len(stage.store.rows)
    for _ in range(1000):
        stage.callee.offers(PHONE_SDP)
        stage.caller.sends_info(b"Signal=5\r\n")
    stage.world.pass_seconds(0.05)
    assert len(stage.store.rows) <= rows + 1
    assert len(stage.media.connected) <= 4
