from __future__ import annotations

import pytest

from ringout.sip.errors import MalformedMessage
from ringout.sip.grammar import MAX_PARAMETERS
from ringout.sip.header_values import NameAddr, Via


@pytest.mark.parametrize(
    ("text", "display", "uri", "params"),
    [
        ("<sip:a@b>", "", "sip:a@b", {}),
        ("sip:a@b;tag=1", "", "sip:a@b", {"tag": "1"}),
        ("<sip:a@b;lr>;tag=1", "", "sip:a@b;lr", {"tag": "1"}),
        (
            '"A \\"B\\" \\\\ <sip:no>;tag=no"<sip:a@b>;TAG=a+b!*%',
            'A "B" \\ <sip:no>;tag=no',
            "sip:a@b",
            {"tag": "a+b!*%"},
        ),
        ('Ann van Dyk  <tel:+1> ; x = "a;b" ; flag', "Ann van Dyk", "tel:+1", {"x": '"a;b"', "flag": None}),
        ('"" <sip:a@b>', "", "sip:a@b", {}),
    ],
)
def test_name_addr(text: str, display: str, uri: str, params: dict[str, str | None]) -> None:
    address = NameAddr.parse(text)
    assert (address.display, address.uri, address.params) == (display, uri, params)
    assert NameAddr.parse(str(address)) == address


def test_name_addr_text() -> None:
    assert str(NameAddr('A "B"', "sip:a@b", {"tag": "x", "lr": None})) == '"A \\"B\\"" <sip:a@b>;tag=x;lr'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "Ann",
        "<>",
        "<sip:a b>",
        "< sip:a@b >",
        '"Ann <sip:a@b>',
        "<sip:a@b",
        "sip:a@b,x",
        "sip:a@b?x=y",
        "<a@b>",
        "<sip:a@b>x",
        "<sip:a@b>;;",
        "<sip:a@b>;;tag=1",
        "<sip:a@b>; ;",
        '<sip:a@b>;x="open',
        "<sip:a@b>;tag=1 2",
        "<sip:a@b>, <sip:c@d>",
        "<sip:a@b>" + "".join(f";p{n}" for n in range(MAX_PARAMETERS + 1)),
    ],
)
def test_malformed_name_addr(text: str) -> None:
    with pytest.raises(MalformedMessage):
        NameAddr.parse(text)


@pytest.mark.parametrize("tail", [";", " ; ", ";tag=2", ";TAG=2;"])
def test_what_phones_add_to_parameters(tail: str) -> None:
    assert NameAddr.parse(f"<sip:a@b>;tag=1{tail}").params == {"tag": "1"}
    assert Via.parse(f"SIP/2.0/UDP h;tag=1{tail}").params == {"tag": "1"}


def test_via() -> None:
    via = Via.parse("SIP / 2.0 / udp  [2001:db8::1] : 5070 ; Branch = z9hG4bKx ;rport;received=192.0.2.1")
    assert (via.transport, via.host, via.port, via.branch) == ("UDP", "[2001:db8::1]", 5070, "z9hG4bKx")
    assert via.params["rport"] is None
    via.params["rport"] = "4711"
    assert str(via) == "SIP/2.0/UDP [2001:db8::1]:5070;branch=z9hG4bKx;rport=4711;received=192.0.2.1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0 UDP h",
        "SIP/3.0/UDP h",
        "HTTP/2.0/UDP h",
        "SIP/2.0/UDP h:0",
        "SIP/2.0/UDP h:99999",
        "SIP/2.0/UDP h$;branch=1",
        "SIP/2.0/UDP ;branch=1",
        "SIP/2.0/UDP h;;branch=1",
    ],
)
def test_malformed_via(text: str) -> None:
    with pytest.raises(MalformedMessage):
        Via.parse(text)
