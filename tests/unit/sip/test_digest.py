from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import pytest

from fakes.challenge import make_challenge
from ringout.sip.digest import Credentials, answer, read_answer, read_challenges, verify
from ringout.sip.errors import MalformedMessage
from ringout.sip.headers import Headers
from ringout.sip.message import Response

MUFASA = Credentials("Mufasa", "Circle of Life")
# RFC 7616 section 3.9.1
REALM = "http-auth@example.org"
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
CHALLENGE = f'Digest realm="{REALM}", qop="auth, auth-int", algorithm=%s, nonce="{NONCE}", opaque="FQhe/qaU925k"'


def challenged(*values: str, header: str = "WWW-Authenticate", status: int = 401) -> Response:
    return Response(status, "", Headers([(header, value) for value in values]))


def answered(
    *values: str, method: str = "GET", uri: str = "/dir/index.html", cnonce: str = CNONCE, body: bytes = b""
) -> str:
    best = read_challenges(challenged(*values))[0]
    return answer(best, method, uri, MUFASA, body, cnonce, {})


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_vectors_of_rfc_7616(algorithm: str, response: str) -> None:
    value = answered(CHALLENGE % algorithm)
    assert f'response="{response}"' in value
    assert "qop=auth, nc=00000001" in value
    assert f"algorithm={algorithm}" in value
    assert 'opaque="FQhe/qaU925k"' in value


def test_vector_of_rfc_2617() -> None:
    response = challenged(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    )
    lion = Credentials("Mufasa", "Circle Of Life")
    value = answer(read_challenges(response)[0], "GET", "/dir/index.html", lion, b"", "0a4f113b", {})
    assert 'response="6629fae49393a05397450978507c4ef1"' in value
    assert "algorithm" not in value


def test_without_qop_the_old_form() -> None:
    value = answered('Digest realm="r", nonce="n"')
    assert "qop" not in value
    assert "nc=" not in value
    assert "cnonce" not in value
    # H(H(Mufasa:r:Circle of Life):n:H(GET:/dir/index.html)), by hand with md5sum
    assert 'response="0bab5c24c08a1ef94a6cc3d446ce558a"' in value


def test_sha_256_is_preferred_in_any_order_and_packing() -> None:
    for values in (
        [CHALLENGE % "MD5", CHALLENGE % "SHA-256"],
        [CHALLENGE % "SHA-256", CHALLENGE % "MD5"],
        [f'{CHALLENGE % "MD5"}, Negotiate abc==, {CHALLENGE % "sha-256"}, Basic realm="x"'],
        ["Negotiate abc==", CHALLENGE % "SHA-512-256", CHALLENGE % "SHA-256"],
    ):
        assert "algorithm=SHA-256" in answered(*values)


def test_proxy_challenge_gets_proxy_authorization() -> None:
    by_proxy = challenged(CHALLENGE % "MD5", header="Proxy-Authenticate", status=407)
    assert read_challenges(by_proxy)[0].answer_header == "Proxy-Authorization"
    assert read_challenges(challenged(CHALLENGE % "MD5"))[0].answer_header == "Authorization"


def test_nonce_counts_grow_per_nonce_and_are_bounded() -> None:
    counts: dict[str, int] = {}

    def answered_counting(value: str) -> str:
        return answer(read_challenges(challenged(value))[0], "INVITE", "sip:a@b", MUFASA, b"", CNONCE, counts)

    for expected in ("nc=00000001", "nc=00000002"):
        assert expected in answered_counting(CHALLENGE % "MD5")
    assert "nc=00000001" in answered_counting(make_challenge("r", "fresh"))
    for number in range(1000):
        answered_counting(make_challenge("r", str(number)))
    assert len(counts) <= 64


@pytest.mark.parametrize(
    "value",
    [
        "Digest =x",
        'Basic realm="x"',
        'Digest realm="r"',
        'Digest nonce="n"',
        'Digest realm="r", nonce="n", algorithm=SHA-512-256',
        'Digest realm="r", nonce="n", qop="auth-future"',
        "",
    ],
)
def test_unusable_challenges(value: str) -> None:
    assert not read_challenges(challenged(value))


@pytest.mark.parametrize("value", ["Digest", 'Digest realm="r', 'Digest realm="r", nonce'])
def test_malformed_challenges(value: str) -> None:
    with pytest.raises(MalformedMessage):
        read_challenges(challenged(value))


def test_stale_is_reported() -> None:
    stale, first = read_challenges(challenged(make_challenge("r", "n2", "MD5", stale=True), make_challenge("r", "n")))[
        ::-1
    ]
    assert (stale.stale, stale.nonce) == (True, "n2")
    assert (first.stale, first.algorithm) == (False, "SHA-256")


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"])
@pytest.mark.parametrize("qop", [None, "auth", "auth-int"])
def test_verify_takes_the_right_answer_and_no_other(algorithm: str, qop: str | None) -> None:
    value = answered(make_challenge('quo"ted', "n\\once", algorithm, qop), method="INVITE", uri="sip:a@b", body=b"sdp")
    answer = read_answer(value)
    assert (answer.username, answer.realm, answer.nonce, answer.uri) == ("Mufasa", 'quo"ted', "n\\once", "sip:a@b")
    assert answer.nonce_count == (0 if qop is None else 1)
    assert verify(answer, "INVITE", MUFASA, 'quo"ted', b"sdp")
    assert not verify(answer, "BYE", MUFASA, 'quo"ted', b"sdp")
    assert not verify(answer, "INVITE", Credentials("Mufasa", "circle of life"), 'quo"ted', b"sdp")
    assert not verify(answer, "INVITE", Credentials("Scar", "Circle of Life"), 'quo"ted', b"sdp")
    assert not verify(answer, "INVITE", MUFASA, "another", b"sdp")
    assert verify(answer, "INVITE", MUFASA, 'quo"ted', b"changed") is (qop != "auth-int")
    for change in (
        {"uri": "sip:c@d"},
        {"nonce": "other"},
        {"response": "0" * 32},
        {"response": "é\udcff"},
        {"qop": "x"},
    ):
        assert not verify(dataclasses.replace(answer, **change), "INVITE", MUFASA, 'quo"ted', b"sdp")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic abc",
        'Digest username="a"',
        'Digest username="a", realm="r", nonce="n", uri="u", response="x", qop=auth',
        'Digest username="a", realm="r", nonce="n", uri="u", response="x", algorithm=ROT13',
    ],
)
def test_incomplete_credentials_are_malformed(value: str) -> None:
    with pytest.raises(MalformedMessage):
        read_answer(value)


def test_the_password_does_not_show() -> None:
    assert "Circle" not in repr(MUFASA)


@pytest.mark.parametrize(("algorithm", "hashed"), [("MD5-sess", hashlib.md5), ("SHA-256-sess", hashlib.sha256)])
def test_sess_binds_the_password_to_nonce_and_cnonce(algorithm: str, hashed: Any) -> None:
    def h(text: str) -> str:
        return str(hashed(text.encode()).hexdigest())

    value = answered(make_challenge("r", "n", algorithm))
    session_key = h(f"{h('Mufasa:r:Circle of Life')}:n:{CNONCE}")
    assert h(f"{session_key}:n:00000001:{CNONCE}:auth:{h('GET:/dir/index.html')}") == read_answer(value).response
