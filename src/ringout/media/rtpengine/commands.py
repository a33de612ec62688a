"""The requests that a session makes of rtpengine 10.5. Pure: each gives one message, a dictionary to be bencoded.

A call has two tags, one for each party. rtpengine always wants two sides to an offer; while only one party is there, a
placeholder description stands in for the other: an address of zeros, to which it sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ringout.domain.status import Party
from ringout.media.rtpengine.bencode import Value
from ringout.service.ports import MediaKind

Message = Mapping[str, Value]

CODECS = ("PCMU", "PCMA")  # what a side may be translated into
ANYTHING = "always transcode"  # translate what the other side does not speak, key presses into tones among it
HEAR_TONES = "detect-DTMF"  # tell keypad tones in the audio as digits; works only together with ANYTHING
FIXED = "asymmetric"  # the address of the description counts, none is learnt from packets
INJECT = "inject DTMF"  # all audio goes through the translator, so that digits can be put into it

STRICT = "strict source"  # once the address of a description's phone is learnt, what comes from elsewhere is dropped

# Port latching: our ports stay when a far address changes, since the phone was told of them and keeps sending there.
_ALWAYS = ("port latching", "trust address")
_REPLACE = ("origin", "session connection", "zero address")
_WEAK = (
    *("NULL_HMAC_SHA1_80", "NULL_HMAC_SHA1_32", "F8_128_HMAC_SHA1_80", "F8_128_HMAC_SHA1_32"),
    *("AES_192_CM_HMAC_SHA1_80", "AES_192_CM_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32"),
)
_SUITES = [f"no-{suite}" for suite in _WEAK]

# How the side that gets the offer is spoken to.
_KINDS: dict[MediaKind, Message] = {
    MediaKind.RTP: {"transport protocol": "RTP/AVP", "ICE": "remove", "rtcp-mux": ["demux"]},
    MediaKind.SRTP: {
        "transport protocol": "RTP/SAVP",
        "ICE": "remove",
        "rtcp-mux": ["demux"],
        "DTLS": "off",
        "SDES": [*_SUITES, "pad"],
    },
    MediaKind.SRTP_OPTIONAL: {
        "transport protocol": "RTP/AVP",
        "ICE": "remove",
        "rtcp-mux": ["demux"],
        "DTLS": "off",
        "SDES": [*_SUITES, "pad"],
        "OSRTP": ["offer"],
    },
    MediaKind.WEBRTC: {
        "transport protocol": "UDP/TLS/RTP/SAVPF",
        "ICE": "force",
        "rtcp-mux": ["require"],
        "SDES": ["off"],
        # A browser makes the first move once its ICE has found a way; ours would come too early.
        "DTLS": "passive",
    },
}
_TAGS = {Party.CALLER: "caller", Party.CALLEE: "callee"}
_PARTIES = {tag: party for party, tag in _TAGS.items()}


def tag_of(party: Party) -> str:
    return _TAGS[party]


def party_of(tag: str) -> Party | None:
    """None for a tag that we never gave."""
    return _PARTIES.get(tag)


def offer(
    call: str, to: Party, description: str, kind: MediaKind, flags: Iterable[str] = (), translate: bool = False
) -> Message:
    """The other party's description, offered to `to`; the answer's `sdp` is what that party may be offered."""
    return _exchange("offer", call, to.other, to, description, flags, translate) | dict(_KINDS[kind])


def answer(call: str, of: Party, description: str, flags: Iterable[str] = (), translate: bool = False) -> Message:
    """What that party said to the latest offer to it."""
    return _exchange("answer", call, of.other, of, description, flags, translate)


def _exchange(
    command: str, call: str, offerer: Party, answerer: Party, description: str, flags: Iterable[str], translate: bool
) -> dict[str, Value]:
    message: dict[str, Value] = {
        "command": command,
        "call-id": call,
        "from-tag": _TAGS[offerer],
        "to-tag": _TAGS[answerer],
        "sdp": description,
        "flags": [*_ALWAYS, *flags],
        "replace": _REPLACE,
        # Its own reports: a phone gets them during a prompt too, when the other side has nothing to report yet.
        "generate RTCP": "on",
    }
    if translate:
        message["codec"] = {"transcode": [*CODECS, "telephone-event"]}
    return message


def block_media(call: str, source: Party) -> Message:
    """The audio that comes from that party reaches nobody. Prompts go on."""
    return {"command": "block media", "call-id": call, "from-tag": _TAGS[source]}


def unblock_media(call: str, source: Party) -> Message:
    return {"command": "unblock media", "call-id": call, "from-tag": _TAGS[source]}


def block_digits(call: str) -> Message:
    """Key presses of either reach nobody, and are still told to us."""
    return {"command": "block DTMF", "call-id": call}


def unblock_digits(call: str) -> Message:
    return {"command": "unblock DTMF", "call-id": call}


def play(call: str, to: Party, source: Message, times: int = 1) -> Message:
    """source: {"blob": bytes of a WAV file} or {"file": path on rtpengine's machine}."""
    message: Message = {"command": "play media", "call-id": call, "from-tag": _TAGS[to], "repeat-times": times}
    return {**message, **source}


def stop(call: str, to: Party) -> Message:
    return {"command": "stop media", "call-id": call, "from-tag": _TAGS[to]}


def press(call: str, by: Party, digit: str, duration_ms: int) -> Message:
    """A digit to the other party, as if that one had pressed it."""
    return {
        "command": "play DTMF",
        "call-id": call,
        "from-tag": _TAGS[by],
        "code": digit,
        "duration": max(100, min(duration_ms, 5000)),
    }


def query(call: str) -> Message:
    return {"command": "query", "call-id": call}


def delete(call: str) -> Message:
    """At once, instead of half a minute later as is rtpengine's default."""
    return {"command": "delete", "call-id": call, "from-tag": _TAGS[Party.CALLER], "delete delay": 0}
