"""The header fields by which each trunk is told who calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.engine_world import PLAN, Stage
from fakes.scripted_peer import ScriptedPeer
from ringout.config import TrunkConfig
from ringout.domain.status import Party
from ringout.engine.identity import ANONYMOUS, identity_for
from ringout.engine.trunks import Trunk
from ringout.sip.errors import LocalProtocolError

PAI, PPI, RPID = "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"
URI = "sip:+16505550100@ringout.example"
BLOCKED = replace(PLAN, caller_id=None)


def told(*names: str, plan: object = PLAN, party: Party = Party.CALLEE, trusted: bool = True) -> object:
    config = TrunkConfig("t", ("sip:10.0.0.1",), from_domain="ringout.example", identity_headers=names)
    return identity_for(party, plan, Trunk(config, "us"), "192.0.2.1", trusted=trusted)  # type: ignore[arg-type]


# The trunk's identity_headers -> what the callee's INVITE carries, shown and blocked.
CASES = {
    (): ((), (("Privacy", "id"),)),
    (PAI,): (((PAI, f"<{URI}>"),), ((PAI, f"<{URI}>"), ("Privacy", "id"))),
    (PPI,): (((PPI, f"<{URI}>"),), ((PPI, f"<{URI}>"), ("Privacy", "id"))),
    (RPID,): (
        ((RPID, f"<{URI}>;party=calling;screen=yes;privacy=off"),),
        ((RPID, f"<{URI}>;party=calling;screen=yes;privacy=full"), ("Privacy", "id")),
    ),
    (RPID, PAI): (
        ((RPID, f"<{URI}>;party=calling;screen=yes;privacy=off"), (PAI, f"<{URI}>")),
        ((RPID, f"<{URI}>;party=calling;screen=yes;privacy=full"), (PAI, f"<{URI}>"), ("Privacy", "id")),
    ),
}


@pytest.mark.parametrize("names", CASES)
def test_identity_headers_of_a_trunk(names: tuple[str, ...]) -> None:
    shown, blocked = CASES[names]
    assert told(*names) == (f"<{URI}>", shown)
    assert told(*names, plan=BLOCKED) == (ANONYMOUS, blocked)


def test_whom_a_redirection_named_is_not_told_a_blocked_identity() -> None:
    assert told(PAI, RPID, plan=BLOCKED, trusted=False) == (ANONYMOUS, (("Privacy", "id"),))
    assert told(PAI, trusted=False) == (f"<{URI}>", ((PAI, f"<{URI}>"),))


@pytest.mark.parametrize(
    ("number_format", "written"), [("+e164", "+16505550100"), ("e164", "16505550100"), ("national", "6505550100")]
)
def test_identities_are_written_as_the_trunk_writes_numbers_without_its_prefix(
    number_format: str, written: str
) -> None:
    stage = Stage(
        TrunkConfig(
            "t",
            ("sip:10.0.0.1",),
            number_format=number_format,
            number_prefix="9",
            from_domain="ringout.example",
            identity_headers=(PAI, RPID),
        )
    )
    stage.place()
    stage.agent.sessions[-1].answers()
    asked = stage.agent.sessions[-1].asked
    uri = f"sip:{written}@ringout.example"
    assert asked["from_"] == f"<{uri}>"
    assert [value.partition(">")[0] for _, value in asked["headers"]] == [f"<{uri}", f"<{uri}"]


def test_a_blocked_call_that_is_redirected_elsewhere_tells_nobody_there() -> None:
    stage = Stage(TrunkConfig("t", ("sip:10.0.0.1",), identity_headers=(PAI, RPID)))
    stage.place(BLOCKED)
    stage.caller.answers()
    assert [name for name, _ in stage.callee.asked["headers"]] == [PAI, RPID, "Privacy"]
    stage.callee.fails(302, contacts=[f"sip:{PLAN.callee_number}@192.0.2.77"])
    assert stage.callee.asked["flow"].remote[0] == "192.0.2.77"
    assert stage.callee.asked["headers"] == (("Privacy", "id"),)


def test_callee_is_shown_the_caller_id_in_the_trunks_format() -> None:
    trunk = Trunk(TrunkConfig("t", ("sip:10.0.0.1",), number_format="e164", number_prefix="9"), "us")
    identity = identity_for(Party.CALLEE, replace(PLAN, caller_id="+16505550303"), trunk, "192.0.2.1")
    assert identity.from_ == "<sip:16505550303@192.0.2.1>"
    assert identity.headers == (("P-Asserted-Identity", "<sip:16505550303@192.0.2.1>"),)


def test_blocked_caller_id() -> None:
    trunk = Trunk(TrunkConfig("t", ("sip:10.0.0.1",), from_domain="ringout.example"), "us")
    identity = identity_for(Party.CALLEE, replace(PLAN, caller_id=None), trunk, "192.0.2.1")
    assert identity.from_ == '"Anonymous" <sip:anonymous@anonymous.invalid>'
    assert identity.headers == (
        ("P-Asserted-Identity", "<sip:+16505550100@ringout.example>"),
        ("Privacy", "id"),
    )


def test_blocked_caller_id_names_nobody_to_an_untrusted_trunk() -> None:
    trunk = Trunk(TrunkConfig("t", ("sip:10.0.0.1",), identity_headers=()), "us")
    identity = identity_for(Party.CALLEE, replace(PLAN, caller_id=None), trunk, "192.0.2.1")
    assert identity.headers == (("Privacy", "id"),)


def test_callers_own_phone_is_shown_the_main_number_and_the_callees_as_name() -> None:
    trunk = Trunk(TrunkConfig("t", ("sip:10.0.0.1",)), "us")
    identity = identity_for(Party.CALLER, replace(PLAN, caller_id=None), trunk, "::1")
    assert identity.from_ == '"+16505550202" <sip:+16505550100@[::1]>'
    assert identity.headers == (("P-Asserted-Identity", "<sip:+16505550100@[::1]>"),)


@pytest.mark.parametrize("nasty", ["+1\r\nX-Evil: 1", '+1"<sip:x@y>', "+1>;tag=x\r\n", "+1\x00", "+1\u2028é"])
@pytest.mark.parametrize("party", [Party.CALLER, Party.CALLEE])
def test_no_number_breaks_out_of_its_header(nasty: str, party: Party) -> None:
    """Numbers are checked long before; this is the last wall."""
    peer = ScriptedPeer()
    plan = replace(PLAN, caller_number=nasty, callee_number=nasty, main_number=nasty, caller_id=nasty)
    trunk = Trunk(TrunkConfig("t", ("sip:10.0.0.1",)), "us")
    identity = identity_for(party, plan, trunk, "192.0.2.1")
    try:
        peer.invite(uri=f"sip:{trunk.dialled(nasty)}@10.0.0.1", from_=identity.from_, headers=identity.headers)
    except LocalProtocolError:
        assert peer.news() == []
        return
    assert peer.news() == ["INVITE"]
    invite = peer.last("INVITE")
    assert invite.headers.get("X-Evil") is None
    assert len(invite.headers.all("From")) == 1
    assert invite.from_tag in (session.local_tag for session in peer.user_agent.sessions.values())
