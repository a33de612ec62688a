"""Our registration when the connection that it went by is lost (RFC 5626 sections 4.2.1 and 4.5)."""

from __future__ import annotations

import pytest

from fakes.registrar_peer import Registrar, registered
from fakes.scripted_peer import OURS as OUR_ADDRESS
from fakes.scripted_peer import PEER
from ringout.sip.events import ConnectionLost
from ringout.sip.flow import Flow
from ringout.sip.registration import (
    STEADY_SECONDS,
    RegistrationState,
)


def connected(seconds: int = 3600) -> Registrar:
    """Registered over TCP."""
    peer = Registrar()
    peer.flow = Flow("tcp", OUR_ADDRESS, PEER)
    peer.start()
    peer.answer(peer.request, 200, f"Expires: {seconds}", contact=None)
    return peer


def lose(peer: Registrar, flow: Flow | None = None) -> None:
    peer.user_agent.transport_failed(flow or peer.flow, peer.now)
    for event in peer.reported(ConnectionLost):
        peer.registration.connection_lost(event.flow, peer.now)
    peer.events.clear()


def test_a_lost_connection_is_registered_by_again_soon() -> None:
    peer = connected()
    peer.pass_time(700)
    first = peer.request
    lose(peer)
    assert peer.bound, "the registrar has not said otherwise"
    assert 15 <= peer.seconds_until_next() <= 30.5
    assert (peer.request.call_id, peer.request.cseq) == (first.call_id, (2, "REGISTER"))
    peer.answer(peer.request, 200, "Expires: 3600", contact=None)
    assert peer.seconds_until_next() == 3240


def test_who_closes_after_each_answer_is_asked_ever_more_rarely() -> None:
    peer = connected()
    for count in range(9):
        lose(peer)
        most = min(1800, 30 * 2**count)
        assert most / 2 <= peer.seconds_until_next() <= most + 0.5, f"loss {count}"
        peer.answer(peer.request, 200, "Expires: 3600", contact=None)
    peer.pass_time(STEADY_SECONDS)
    lose(peer)
    assert peer.seconds_until_next() <= 30.5, "a connection that lasted ends the row"


def test_losses_add_nothing_to_what_is_waited_for() -> None:
    """Calls that try the same way, and fail, must neither put the REGISTER off nor bring it forward."""
    peer = connected()
    began = peer.now
    for _ in range(10):
        lose(peer)
        peer.pass_time(1)
    peer.seconds_until_next()
    assert 15 <= peer.now - began <= 30.5
    lose(peer)  # the REGISTER itself fails
    assert peer.registration.state is RegistrationState.WAITING
    began, count = peer.now, peer.request.cseq[0]
    for _ in range(20):
        lose(peer)
        peer.pass_time(1)
    assert peer.request.cseq[0] == count
    peer.seconds_until_next()
    assert 30 <= peer.now - began <= 60.5


def test_many_calls_that_fail_are_one_loss() -> None:
    peer = connected()
    for _ in range(10):
        lose(peer)
    peer.seconds_until_next()
    peer.answer(peer.request, 200, "Expires: 3600", contact=None)
    lose(peer)
    assert peer.seconds_until_next() <= 60.5, "the second one"


def test_who_has_refused_us_is_not_asked_sooner_for_having_hung_up() -> None:
    peer = connected()
    peer.seconds_until_next()
    peer.refuse(403)
    lose(peer)
    assert peer.seconds_until_next() >= 300


def test_a_refresh_that_is_due_sooner_stays() -> None:
    peer = connected(20)
    lose(peer)
    assert peer.seconds_until_next() == 10


@pytest.mark.parametrize(
    "other",
    [
        Flow("tcp", OUR_ADDRESS, ("192.0.2.10", 5070)),
        Flow("tls", OUR_ADDRESS, PEER),
        Flow("tcp", OUR_ADDRESS, (PEER[0], 40000)),
    ],
)
def test_other_peoples_connections_do_not_matter(other: Flow) -> None:
    peer = connected()
    lose(peer, other)
    assert peer.seconds_until_next() == 3240


def test_a_datagram_that_is_lost_is_no_connection() -> None:
    peer = registered()
    lose(peer)
    assert peer.seconds_until_next() == 3240


def test_a_connection_that_is_lost_after_leaving() -> None:
    peer = connected()
    peer.registration.remove(peer.now)
    lose(peer)
    assert peer.registration.state is RegistrationState.GONE
    lose(peer)
    peer.assert_quiet()
