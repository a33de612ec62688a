from __future__ import annotations

import pytest

from ringout.sip.errors import MalformedMessage
from ringout.sip.uri import SipUri, escape_user


def test_all_parts() -> None:
    uri = SipUri.parse("SIPS:mara:pw@Home.Example:5061;Transport=TCP;lr;x=%41?Subject=a&To=b")
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == ("sips", "mara", "pw", "Home.Example", 5061)
    assert uri.params == {"transport": "TCP", "lr": None, "x": "%41"}
    assert uri.headers == "Subject=a&To=b"
    assert uri.lr
    assert uri.transport == "tcp"
    assert str(uri) == "sips:mara:pw@Home.Example:5061;transport=TCP;lr;x=%41?Subject=a&To=b"


@pytest.mark.parametrize(
    "text",
    [
        "sip:a",
        "sip:+1650;ext=2@h",
        "sip:[::1]:5070",
        "sip:a?b@h",
        "sip:%2b1@h;user=phone",
        "sip:&=+$,;?/@h",
        "sip:a:@h",
    ],
)
def test_the_text_comes_back(text: str) -> None:
    assert str(SipUri.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sip:@h",
        "sip:a@",
        "sip:a b@h",
        "sip:a@h:",
        "sip:a@h:0",
        "sip:a@h:65536",
        "sip:a@h;;",
        "sip:a@h;;x",
        "sip:a@h;x=",
        "sip:%4@h",
        "sip:a@b@c",
        "sip:<a@h>",
        "sip:a@h?x\n",
        "sip:a@h\n",
        "sip:[::1",
        "a@h",
        "sip:a@h;" + ";".join(f"p{n}" for n in range(100)),
    ],
)
def test_malformed(text: str) -> None:
    with pytest.raises(MalformedMessage) as refused:
        SipUri.parse(text)
    assert refused.value.code == 400


@pytest.mark.parametrize("tail", [";", ";x=2", ";X=2;"])
def test_what_phones_add_to_parameters(tail: str) -> None:
    assert SipUri.parse(f"sip:a@h;x=1{tail}").params == {"x": "1"}
    assert SipUri.parse("sip:a@h;").params == {}


@pytest.mark.parametrize("text", ["tel:+16505550100", "http://x", "isbn:1"])
def test_another_scheme_is_416(text: str) -> None:
    with pytest.raises(MalformedMessage) as refused:
        SipUri.parse(text)
    assert refused.value.code == 416


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("sip:%61lice@atlanta.example;transport=TCP", "sip:alice@AtLanTa.example;Transport=tcp"),
        ("sip:carol@chicago.example", "sip:carol@chicago.example;newparam=5"),
        ("sip:carol@chicago.example;newparam=5", "sip:carol@chicago.example;security=on"),
        ("sip:b@h;transport=tcp?to=x%40y&subject=p", "sip:b@h;transport=tcp?Subject=p&To=x%40y"),
        ("sip:a%2fb@h", "sip:a%2Fb@h"),
    ],
)
def test_equal_by_19_1_4(one: str, two: str) -> None:
    assert SipUri.parse(one) == SipUri.parse(two)
    assert hash(SipUri.parse(one)) == hash(SipUri.parse(two))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("SIP:ALICE@h", "sip:alice@h"),
        ("sip:b@h", "sip:b@h:5060"),
        ("sip:b@h", "sip:b@h;transport=udp"),
        ("sip:b@h", "sip:b@h;maddr=1.2.3.4"),
        ("sip:b@h;security=on", "sip:b@h;security=off"),
        ("sip:b@h", "sips:b@h"),
        ("sip:b@h", "sip:b@h?Subject=x"),
        ("sip:h", "sip:b@h"),
        ("sip:a%2fb@h", "sip:a/b@h"),
    ],
)
def test_different_by_19_1_4(one: str, two: str) -> None:
    assert SipUri.parse(one) != SipUri.parse(two)


def test_a_uri_is_no_text() -> None:
    assert SipUri.parse("sip:a@h") != "sip:a@h"


def test_escape_user() -> None:
    assert escape_user("+1650#é @x") == "+1650%23%C3%A9%20%40x"
    assert SipUri.parse(f"sip:{escape_user('a@b:c%')}@h").host == "h"
