"""Trunks that want a password: 401 and 407, MD5 and SHA-256 (RFC 7616, RFC 8760)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from .harness import CONNECTED, ENDED, World
from .raw_phone import digest_parts, digest_response
from .sipp import WireMessage
from .steps import answers, hangs_up, recv, recv_invite, reply

pytestmark = pytest.mark.sipp

USER, SECRET = "trunk-user", "trunk secret"
TRUNK: dict[str, Any] = {"username": USER, "password": SECRET}
FAILED = ("Success", "GenericError", "CannotReach")


def challenge(algorithm: str | None = None, qop: str | None = "auth", nonce: str = "n0nce", more: str = "") -> str:
    text = f'Digest realm="carrier.example", nonce="{nonce}", opaque="0paque"'
    text += f', qop="{qop}"' if qop else ""
    text += f", algorithm={algorithm}" if algorithm else ""
    return text + more


def check(request: WireMessage, header: str = "Proxy-Authorization") -> dict[str, str]:
    """The digest is right, counted here again."""
    value = request.header(header)
    part = digest_parts(value)
    assert part["username"] == USER
    assert part["uri"] == request.start_line.split()[1]
    assert part["opaque"] == "0paque"
    assert part["response"] == digest_response(value, request.name, SECRET)
    return part


@pytest.mark.parametrize(("code", "header"), [(401, "WWW-Authenticate"), (407, "Proxy-Authenticate")])
def test_sipp_challenges_with_md5(world: World, code: int, header: str) -> None:
    """After a 401 SIPp itself checks the Authorization (it knows no Proxy-Authorization). It does not repeat its
    refusal: the ACK of a copy may come after the next INVITE, where it would not expect it."""
    field = "Authorization" if code == 401 else "Proxy-Authorization"
    verify = f'<action><verifyauth assign_to="good" username="{USER}" password="{SECRET}"/>'
    verified = recv_invite().replace("<action>", verify) + '<nop test="good" next="1"/>' + reply(403)
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee", **TRUNK).does(
        recv_invite(),
        reply(code, headers=[f"{header}: {challenge('MD5')}"], tag="refused"),
        recv("ACK"),
        *([verified, '<label id="1"/>'] if code == 401 else [recv_invite()]),
        *answers(then=hangs_up())[1:],
    )
    call = world.place(caller, callee)
    call.until(ENDED)
    callee.finish()
    caller.finish()
    first, second = callee.received("INVITE")
    check(second, field)
    assert int(second.header("CSeq").split()[0]) == int(first.header("CSeq").split()[0]) + 1
    assert second.header("Call-ID") == first.header("Call-ID")
    assert second.header("From") == first.header("From")
    assert "tag=" not in second.header("To")


def run_challenges(world: World, *challenges: tuple[int, Sequence[str]]) -> list[WireMessage]:
    """The callee's trunk refuses with each (code, header lines) in turn, then answers. All INVITEs that came."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee", **TRUNK)
    call = world.place(caller, callee)
    for number, (code, headers) in enumerate(challenges):
        callee.reply(callee.expect("INVITE"), code, headers=headers, tag=f"refused-{number}")
        callee.expect("ACK")
    invite = callee.expect("INVITE")
    callee.answer(invite)
    call.until(CONNECTED)
    call.cancel()
    callee.take_bye()
    call.until(ENDED)
    caller.finish()
    return callee.received("INVITE")


def test_sha_256_is_preferred(world: World) -> None:
    """RFC 8760: two challenges, the better one is answered."""
    headers = [f"Proxy-Authenticate: {challenge('MD5')}", f"Proxy-Authenticate: {challenge('SHA-256', nonce='n2')}"]
    invites = run_challenges(world, (407, headers))
    part = check(invites[1])
    assert part["algorithm"] == "SHA-256"
    assert part["nonce"] == "n2"


def test_the_old_form_without_qop(world: World) -> None:
    invites = run_challenges(world, (407, [f"Proxy-Authenticate: {challenge(qop=None)}"]))
    assert "qop" not in check(invites[1])


def test_a_list_of_qops_picks_auth(world: World) -> None:
    invites = run_challenges(world, (401, [f"WWW-Authenticate: {challenge('MD5', 'auth-int,auth')}"]))
    assert check(invites[1], "Authorization")["qop"] == "auth"


def test_proxy_and_server_both_challenge(world: World) -> None:
    """401 and 407 in one call: the third INVITE carries both answers."""
    invites = run_challenges(
        world,
        (407, [f"Proxy-Authenticate: {challenge('MD5')}"]),
        (401, [f"WWW-Authenticate: {challenge('MD5', nonce='other')}"]),
    )
    assert len(invites) == 3
    check(invites[2])
    assert check(invites[2], "Authorization")["nonce"] == "other"


def test_a_stale_nonce_is_asked_once_more(world: World) -> None:
    invites = run_challenges(
        world,
        (407, [f"Proxy-Authenticate: {challenge('MD5')}"]),
        (407, [f"Proxy-Authenticate: {challenge('MD5', nonce='fresh', more=', stale=true')}"]),
    )
    assert check(invites[2])["nonce"] == "fresh"


def test_wrong_password_stops(world: World) -> None:
    """The same credentials refused again: no loop, a plain result."""
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee", **TRUNK)
    call = world.place(caller, callee)
    for number in range(2):
        callee.reply(
            callee.expect("INVITE"), 407, headers=[f"Proxy-Authenticate: {challenge('MD5')}"], tag=f"no-{number}"
        )
        callee.expect("ACK")
    call.until(FAILED, ("Success", "Rejected", "CannotReach"))
    caller.finish()
    assert len(callee.received("INVITE")) == 2
    assert SECRET not in world.log()


def test_no_credentials_for_that_trunk(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.sipp("callee").does(
        recv_invite(), reply(401, headers=[f"WWW-Authenticate: {challenge('MD5')}"], retransmit=True), recv("ACK")
    )
    call = world.place(caller, callee)
    call.until(FAILED, ("Success", "Rejected", "CannotReach"))
    callee.finish()
    caller.finish()


def test_the_bye_is_challenged_too(world: World) -> None:
    caller = world.sipp("caller").does(answers())
    callee = world.raw("callee", **TRUNK)
    call = world.place(caller, callee)
    callee.answer(callee.expect("INVITE"))
    call.until(CONNECTED)
    call.cancel()
    bye = callee.expect("BYE")
    callee.reply(bye, 407, headers=[f"Proxy-Authenticate: {challenge('MD5')}"])
    again = callee.take_bye()
    check(again)
    assert int(again.header("CSeq").split()[0]) == int(bye.header("CSeq").split()[0]) + 1
    call.until(ENDED)
    caller.finish()
