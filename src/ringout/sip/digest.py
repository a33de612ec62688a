"""Digest authentication as SIP uses it (RFC 7616, RFC 8760, RFC 3261 section 22), both sides.

MD5 and SHA-256, each also as -sess; qop auth, auth-int, or none at all (RFC 2069).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field

from ringout.sip.errors import MalformedMessage
from ringout.sip.grammar import QUOTED_STRING, quote, split_list, unquote
from ringout.sip.message import Response

_ALGORITHMS = ("SHA-256", "SHA-256-sess", "MD5", "MD5-sess")  # strongest first
_CANONICAL = {name.lower(): name for name in _ALGORITHMS}
_ANSWERS = {"WWW-Authenticate": "Authorization", "Proxy-Authenticate": "Proxy-Authorization"}
_NONCE_COUNTS_KEPT = 64

_parameter = re.compile(
    rf"(?:([A-Za-z0-9\-]+)[ \t]+)?([A-Za-z0-9\-]+)[ \t]*=[ \t]*({QUOTED_STRING}|[^ \t\",]+)\Z", re.DOTALL
).match
_hexadecimal = re.compile(r"[0-9A-Fa-f]{8}\Z").match


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a trunk or a phone authenticates with. The password never shows in a repr."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One digest challenge that we can answer.

    answer_header: Authorization or Proxy-Authorization. algorithm: MD5 or SHA-256, with or without -sess; named:
    whether the challenge said so (absent means MD5). qop: "auth", "auth-int", or None for the old form.
    stale: only the nonce was too old, the credentials are not in doubt.
    """

    answer_header: str
    realm: str
    nonce: str
    algorithm: str
    named: bool
    qop: str | None
    opaque: str | None
    stale: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """An Authorization or Proxy-Authorization value. nonce_count: 0 in the old form. response: hexadecimal digits."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str
    qop: str | None
    cnonce: str
    nonce_count: int


def read_challenges(response: Response) -> list[Challenge]:
    """The usable challenges of a 401 or 407, best first: SHA-256 before MD5, then in the order sent.

    Other schemes, algorithms and qops are left out. Raises MalformedMessage for a header that cannot be read.
    """
    challenges: list[Challenge] = []
    for header, answer_header in _ANSWERS.items():
        for value in response.headers.all(header):
            for parameters in _read_digests(value):
                challenge = _challenge(parameters, answer_header)
                if challenge is not None:
                    challenges.append(challenge)
    challenges.sort(key=lambda challenge: _ALGORITHMS.index(challenge.algorithm))
    return challenges


def answer(
    challenge: Challenge,
    method: str,
    uri: str,
    credentials: Credentials,
    body: bytes,
    cnonce: str,
    nonce_counts: MutableMapping[str, int],
) -> str:
    """The value of challenge.answer_header for a request with that method and body. Serves again for the next request.

    uri: the Request-URI, exactly as it will be sent. cnonce: unpredictable, fresh for each call; with a -sess algorithm
    the same as long as the nonce is. nonce_counts: how often each nonce was used, advanced here; it keeps the
    _NONCE_COUNTS_KEPT nonces seen last.
    Whether to answer at all is the caller's question: see Challenge.stale.
    """
    count = _count_nonce(challenge.nonce, nonce_counts)
    made = Answer(
        username=credentials.username,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response="",
        algorithm=challenge.algorithm,
        qop=challenge.qop,
        cnonce=cnonce,
        nonce_count=count,
    )
    parts = [
        f"Digest username={quote(made.username)}",
        f"realm={quote(made.realm)}",
        f"nonce={quote(made.nonce)}",
        f"uri={quote(uri)}",
        f'response="{_response_digest(made, method, _secret(made, credentials.password), body)}"',
    ]
    if challenge.named:
        parts.append(f"algorithm={challenge.algorithm}")
    if challenge.qop is not None:
        parts.append(f"qop={challenge.qop}, nc={count:08x}")
    if challenge.qop is not None or challenge.algorithm.endswith("-sess"):
        parts.append(f"cnonce={quote(cnonce)}")
    if challenge.opaque is not None:
        parts.append(f"opaque={quote(challenge.opaque)}")
    return ", ".join(parts)


def read_answer(value: str) -> Answer:
    """Read an Authorization or Proxy-Authorization value. Raises MalformedMessage."""
    for parameters in _read_digests(value):
        algorithm = _CANONICAL.get(parameters.get("algorithm", "MD5").lower())
        qop = parameters.get("qop")
        count = parameters.get("nc", "")
        missing = [name for name in ("username", "realm", "nonce", "uri", "response") if name not in parameters]
        if missing or algorithm is None or (qop is not None and not _hexadecimal(count)):
            raise MalformedMessage("Incomplete digest credentials")
        return Answer(
            username=parameters["username"],
            realm=parameters["realm"],
            nonce=parameters["nonce"],
            uri=parameters["uri"],
            response=parameters["response"],
            algorithm=algorithm,
            qop=qop.lower() if qop is not None else None,
            cnonce=parameters.get("cnonce", ""),
            nonce_count=int(count, 16) if qop is not None else 0,
        )
    raise MalformedMessage("No digest credentials")


def verify(answer: Answer, method: str, credentials: Credentials, realm: str, body: bytes = b"") -> bool:
    """True when the answer was made with these credentials for this realm, method and body.

    Takes the same time whatever is wrong. The caller checks what only it can know: that the nonce is its own and
    fresh, that the nonce count grows, that uri is the request's, and that algorithm and qop are what it asked for.
    """
    return verify_hashed(answer, method, credentials.username, _secret(answer, credentials.password), realm, body)


def verify_hashed(answer: Answer, method: str, username: str, secret: str, realm: str, body: bytes = b"") -> bool:
    """The same for who keeps no password. secret: hash_password's result for the answer's algorithm."""
    if answer.qop not in (None, "auth", "auth-int"):
        return False
    wanted = _response_digest(answer, method, secret, body)
    same = hmac.compare_digest(_octets(wanted), _octets(answer.response.lower()))
    same &= hmac.compare_digest(_octets(username), _octets(answer.username))
    same &= hmac.compare_digest(_octets(realm), _octets(answer.realm))
    return same


def hash_password(algorithm: str, username: str, realm: str, password: str) -> str:
    """H(A1) of RFC 7616 section 3.4.2, hexadecimal: as good as the password itself, in that realm only."""
    return _digest(algorithm, f"{username}:{realm}:{password}")


def _secret(answer: Answer, password: str) -> str:
    return hash_password(answer.algorithm, answer.username, answer.realm, password)


def _read_digests(value: str) -> Iterator[dict[str, str]]:
    """The parameters of each Digest in a header value, which may hold several challenges in a row (RFC 9110 11.6.1)."""
    scheme = ""
    parameters: dict[str, str] = {}
    for element in split_list(value):
        match = _parameter(element)
        if match is None:
            # Another scheme's credentials, e.g. `Negotiate YWJj==`; inside a Digest it is an error.
            if element.partition(" ")[0].lower() == "digest" or (scheme == "digest" and " " not in element):
                raise MalformedMessage("Bad digest parameter")
            if scheme == "digest":
                yield parameters
            scheme, parameters = "", {}
            continue
        if match[1] is not None:
            if scheme == "digest":
                yield parameters
            scheme, parameters = match[1].lower(), {}
        parameters.setdefault(match[2].lower(), unquote(match[3]))
    if scheme == "digest":
        yield parameters


def _challenge(parameters: dict[str, str], answer_header: str) -> Challenge | None:
    algorithm = _CANONICAL.get(parameters.get("algorithm", "MD5").lower())
    if algorithm is None or "realm" not in parameters or "nonce" not in parameters:
        return None
    qop = None
    if "qop" in parameters:
        offered = [option.strip(" \t").lower() for option in parameters["qop"].split(",")]
        qop = next((option for option in ("auth", "auth-int") if option in offered), None)
        if qop is None and any(offered):
            return None
    return Challenge(
        answer_header=answer_header,
        realm=parameters["realm"],
        nonce=parameters["nonce"],
        algorithm=algorithm,
        named="algorithm" in parameters,
        qop=qop,
        opaque=parameters.get("opaque"),
        stale=parameters.get("stale", "").lower() == "true",
    )


def _count_nonce(nonce: str, nonce_counts: MutableMapping[str, int]) -> int:
    count = nonce_counts.pop(nonce, 0) + 1
    nonce_counts[nonce] = count
    if len(nonce_counts) > _NONCE_COUNTS_KEPT:
        del nonce_counts[next(iter(nonce_counts))]
    return count


def _response_digest(answer: Answer, method: str, secret: str, body: bytes) -> str:
    """The request-digest (RFC 7616 section 3.4.1); without qop the old form of RFC 2069, section 2.1.2. secret: see
    hash_password."""
    algorithm = answer.algorithm
    if algorithm.endswith("-sess"):
        secret = _digest(algorithm, f"{secret}:{answer.nonce}:{answer.cnonce}")
    request = f"{method}:{answer.uri}"
    if answer.qop == "auth-int":
        request += f":{_hash(algorithm, body)}"
    request = _digest(algorithm, request)
    if answer.qop is None:
        return _digest(algorithm, f"{secret}:{answer.nonce}:{request}")
    return _digest(
        algorithm, f"{secret}:{answer.nonce}:{answer.nonce_count:08x}:{answer.cnonce}:{answer.qop}:{request}"
    )


def _digest(algorithm: str, text: str) -> str:
    return _hash(algorithm, _octets(text))


def _hash(algorithm: str, data: bytes) -> str:
    if algorithm.startswith("SHA-256"):
        return hashlib.sha256(data).hexdigest()
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
