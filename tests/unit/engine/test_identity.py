"""The header fields by which each trunk is told who calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.engine_world import PLAN, Stage
from ringout.config import TrunkConfig
from ringout.domain.status import Party
from ringout.engine.identity import ANONYMOUS, identity_for
from ringout.engine.trunks import Trunk

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
