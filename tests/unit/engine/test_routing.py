"""Which trunk, which gateway, which target next; and what the phones are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.engine_world import PLAN, Stage
from fakes.names import located
from fakes.scripted_peer import ScriptedPeer
from ringout.config import TrunkConfig
from ringout.domain.status import Party
from ringout.engine.gateways import Hop, in_order, parse_gateway
from ringout.engine.identity import identity_for
from ringout.engine.trunks import Trunk, Trunks
from ringout.sip.errors import LocalProtocolError
from ringout.sip.location import Place

TWO = TrunkConfig("two", ("sip:10.0.0.1", "sip:10.0.0.2:5070;transport=tcp"), username="u", password="p")


def gateways_asked(stage: Stage) -> list[str]:
    return [session.uri.partition("@")[2] for session in stage.agent.sessions]


# --- trunks ---


def test_longest_prefix_wins() -> None:
    trunks = Trunks(
        [
            TrunkConfig("world", ("sip:10.0.0.1",)),
            TrunkConfig("home", ("sip:10.0.0.2",), prefixes=("+1", "+44")),
            TrunkConfig("bay", ("sip:10.0.0.3",), prefixes=("+1650",)),
        ],
        "us",
    )
    found = [trunks.find(number) for number in ("+16505550100", "+14155550100", "+442079460000", "+4930123")]
    assert [trunk and trunk.name for trunk in found] == ["bay", "home", "home", "world"]


def test_first_named_trunk_wins_among_equals() -> None:
    trunks = Trunks([TrunkConfig("a", ("sip:10.0.0.1",)), TrunkConfig("b", ("sip:10.0.0.2",))], "us")
    found = trunks.find("+1650")
    assert found is not None
    assert found.name == "a"


def test_number_that_no_trunk_serves() -> None:
    stage = Stage(TrunkConfig("home", ("sip:10.0.0.1",), prefixes=("+1",)))
    stage.place(replace(PLAN, callee_number="+4930123456"))
    stage.caller.answers()
    assert stage.statuses == "Success DestinationBlocked CannotReach"
    assert "no" in stage.row.callee.explanation


@pytest.mark.parametrize(
    ("number_format", "prefix", "number", "dialled"),
    [
        ("+e164", "", "+16505550100", "+16505550100"),
        ("e164", "", "+16505550100", "16505550100"),
        ("national", "", "+16505550100", "6505550100"),
        ("national", "9", "+16505550100", "96505550100"),
        ("national", "", "+442079460000", "011442079460000"),
        ("national", "9", "+442079460000", "9011442079460000"),
        ("+e164", "9", "+442079460000", "9+442079460000"),
        ("e164", "00", "+442079460000", "00442079460000"),
        ("e164", "#31#", "+16505550100", "%2331%2316505550100"),
    ],
)
def test_number_formats(number_format: str, prefix: str, number: str, dialled: str) -> None:
    trunk = Trunk(TrunkConfig("t", ("sip:10.0.0.1",), number_format=number_format, number_prefix=prefix), "us")
    assert trunk.dialled(number) == dialled


@pytest.mark.parametrize(
    ("country", "number", "dialled"),
    [
        ("gb", "+442079460000", "02079460000"),
        ("gb", "+16505550100", "0016505550100"),
        ("de", "+4930123456", "030123456"),
        ("fr", "+33140205050", "0140205050"),
        ("it", "+390669812345", "0669812345"),  # the zero belongs to the number
        ("es", "+34912345678", "912345678"),  # no prefix there
        ("au", "+61293744000", "0293744000"),
        ("au", "+16505550100", "001116505550100"),
        ("jp", "+81335211234", "0335211234"),
        ("us", "+16505550100", "6505550100"),
    ],
)
def test_a_national_number_is_what_one_dials_in_the_trunks_own_country(country: str, number: str, dialled: str) -> None:
    config = TrunkConfig("t", ("sip:10.0.0.1",), number_format="national", country=country)
    trunk = Trunk(config, "ca")
    assert trunk.dialled(number) == trunk.number(number) == dialled


def test_gateway_texts() -> None:
    assert parse_gateway("sip:10.0.0.1").uri("7") == "sip:7@10.0.0.1"
    assert parse_gateway("sip:10.0.0.1:5070;transport=TCP").uri("7") == "sip:7@10.0.0.1:5070;transport=tcp"
    assert parse_gateway("sips:gw.example:5062").uri("7") == "sips:7@gw.example:5062"
    for text, place in (
        ("sip:[::1]:5070", Place("udp", "::1", 5070)),
        ("sip:10.0.0.1;transport=tls", Place("tls", "10.0.0.1", 5061)),
        ("sips:10.0.0.1", Place("tls", "10.0.0.1", 5061)),
        ("sips:10.0.0.1;transport=tcp", Place("tls", "10.0.0.1", 5061)),
    ):
        gateway = parse_gateway(text)
        assert [hop.place for hop in gateway.hops] == [place], text
        assert not gateway.is_named
    assert parse_gateway("sip:gw.example").hops == []
    assert parse_gateway("sip:gw.example").is_named
    for text in ("10.0.0.1", "tel:+1650", "sip:10.0.0.1;transport=sctp", "sips:10.0.0.1;transport=udp"):
        with pytest.raises(ValueError, match="gateway"):
            parse_gateway(text)
    with pytest.raises(ValueError, match="no gateway"):
        Trunk(TrunkConfig("t", ()), "us")


def test_resting_gateways_come_last_but_are_not_given_up() -> None:
    gateways = [parse_gateway("sip:10.0.0.1"), parse_gateway("sip:10.0.0.2")]
    first, second = (gateway.hops[0] for gateway in gateways)

    def order(now: float) -> list[Hop]:
        return [hop for _, hop in in_order(gateways, now, lambda bits: 0)]

    first.rest(100.0, 10.0)
    assert order(105.0) == [second, first]
    assert order(110.0) == [first, second]
    second.rest(100.0, 1e9)
    assert second.resting_until == 3700.0
    assert order(105.0) == [first, second]
    first.down = True
    assert order(4000.0) == [second, first]
    second.down = True
    assert order(4000.0) == [first, second]
    gateways[0].registered = False
    first.down = second.down = False
    assert order(4000.0) == [second, first]


def test_calls_prefer_the_address_by_which_we_are_registered() -> None:
    gateway = parse_gateway("sip:gw.example")
    gateway.use(located("10.0.0.1", "10.0.0.2", "10.0.0.3").tiers)
    gateway.home = gateway.hops[1]
    found = [hop.place.host for _, hop in in_order([gateway], 0.0, lambda bits: 0)]
    assert found == ["10.0.0.2", "10.0.0.1", "10.0.0.3"]
    gateway.use(located("10.0.0.1", "10.0.0.3").tiers)
    assert gateway.home is None


# --- failover ---


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


# --- identity ---


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
    trunk = Trunk(TWO, "us")
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
