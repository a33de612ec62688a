"""Links to phone numbers: every form, every refusal, and what holds for any text."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.domain import links
from ringout.domain.links import Link, NotDialable, parse
from ringout.web.texts import TRANSLATIONS

US, LONDON = Link("+16501112222"), Link("+442079460958")


@pytest.mark.parametrize(
    ("href", "country"),
    [
        # RingCentral's own examples, wherever the account is that reads them
        *((href, country) for country in ("US", "CA", "GB", "FR", "ES", "JP", "us") for href in (
            "rcmobile://call?number=16501112222", "tel:1-650-111-2222", "tel:16501112222")),
        ("tel:+1-650-111-2222", "AT"), ("tel:+1(650)111.2222", "US"), ("TEL:+16501112222", "US"),
        ("tel://+16501112222", "US"), ("tel://+16501112222/", "US"), ("tel:%2B16501112222", "GB"),
        ("tel:650-111-2222", "US"), ("tel:6501112222", "CA"), ("tel:(650)%20111-2222", "US"),
        ("tel: +1 650 111 2222", "US"), ("tel:+1\u00a0650\u2011111\u20112222", "US"), ("  tel:16501112222 ", "US"),
        ("tel:%2B1%C2%A0650%C2%A0111%C2%A02222", "US"),
        ("rcmobile://call/?number=16501112222", "US"), ("rcmobile:call?number=16501112222", "US"),
        ("RCMobile://call?number=+16501112222", "AT"), ("rcmobile://call?number=%2B1-650-111-2222", "AT"),
        ("rcmobile://call?number=+1+650+111+2222", "AT"), ("rcmobile://call?number=1+650+111+2222", "US"),
        ("rcmobile://call?number=(+1)650+111+2222", "AT"), ("rcmobile://call?number=%2B1+650+111+2222", "AT"),
        ("rcmobile://call?number=+%2B16501112222", "AT"), ("rcmobile://call?number=%28+1%29+6501112222", "AT"),
        ("rcmobile://call?from=7&number=16501112222&x", "US"), ("rcmobile://call?number=16501112222&&", "US"),
        ("rcapp://r/call?number=16501112222", "US"), ("rcapp://r/call/?number=+16501112222", "AT"),
        ("callto:16501112222", "US"), ("callto:+1-650-111-2222", "US"), ("callto://+16501112222/", "US"),
        ("callto:tel:+16501112222", "US"), ("callto:sip:+16501112222@example.com", "US"),
        ("sip:+16501112222@example.com", "AT"), ("sip:16501112222@example.com;user=phone", "US"),
        ("sips:+1-650-111-2222@[2001:db8::1]:5061;transport=tls", "AT"), ("sip:%2B16501112222@192.0.2.1", "AT"),
        ("https://ringout.example/dial?number=16501112222", "US"), ("http://h:8080/dial/?number=+16501112222", "AT"),
        ("https://ringout.example/a/b/dial?number=%2B16501112222&x=1", "AT"),
        ("https://app.ringcentral.com/r/call?number=16501112222", "US"), ("rcapp://r/dialer?number=+16501112222", "AT"),
        ("https://app.example.com/r/dialer/?number=%2B16501112222", "AT"),
        ("+16501112222", "AT"), ("(650) 111-2222", "US"), ("1.650.111.2222", "US"),
        ("tel:6501112222;phone-context=+1", "DE"), ("tel:111-2222;phone-context=+1-650", "DE"),
        ("tel:1112222;phone-context=%2B1650555", "DE"), ("tel:+16501112222;phone-context=example.com", "DE"),
        ("tel:+16501112222;tsp=carrier.example;npdi", "DE"), ("tel:16501112222;", "US"),
    ],
)  # fmt: skip
def test_reads_the_number(href: str, country: str) -> None:
    assert parse(href, country) == US


@pytest.mark.parametrize(
    ("href", "country"),
    [
        ("tel:020 7946 0958", "GB"), ("tel:+44-20-7946-0958", "US"), ("tel:442079460958", "GB"),
        ("tel:+44(0)2079460958", "US"), ("tel:02079460958;phone-context=+44", "US"),
        ("tel:2079460958;phone-context=+44", "US"), ("tel:7946-0958;phone-context=+44-20", "US"),
        ("tel:020%207946%200958;phone-context=+44-20", "US"), ("rcmobile://call?number=020+7946+0958", "GB"),
    ],
)  # fmt: skip
def test_reads_numbers_of_london(href: str, country: str) -> None:
    assert parse(href, country) == LONDON


@pytest.mark.parametrize(
    ("href", "number"),
    [
        # of German numbers even far too long ones are possible
        ("tel:08912345678;phone-context=+49-89", "+498912345678"),
        ("tel:12345678;phone-context=+49-89", "+498912345678"),
        ("tel:08912345678;phone-context=+49", "+498912345678"),
        ("tel:0612345678;phone-context=+39", "+390612345678"),  # the 0 is Rome's
        ("tel:863-1234;phone-context=+1-914-555", "+19148631234"),  # RFC 3966 section 6
    ],
)
def test_reads_local_numbers_in_their_context(href: str, number: str) -> None:
    assert parse(href, "US").number == number


@pytest.mark.parametrize(
    ("href", "told"),
    [
        ("tel:+16501112222;ext=101", ("101", "", None)),
        ("tel:+16501112222;ext=1-01", ("101", "", None)),
        ("tel:+16501112222;EXT=101", ("101", "", None)),
        ("tel:%2B16501112222%3Bext%3D101", ("101", "", None)),  # escaped as a whole
        ("tel:+16501112222x101", ("101", "", None)),
        ("+1 650 111 2222 ext. 101", ("101", "", None)),
        ("+1 650 111 2222 Extension 101", ("101", "", None)),
        ("+16501112222*101", ("101", "", None)),
        ("rcmobile://call?number=+16501112222*101", ("101", "", None)),
        ("rcmobile://call?number=%2B16501112222;ext=101", ("101", "", None)),
        ("tel:+16501112222;isub=12345", (None, "", "12345")),
        ("tel:+16501112222;isub=12%2045", None),
        ("tel:+16501112222;isub=%3Bpostd%3D1", None),  # what is escaped is no parameter
        ("tel:+16501112222;ext=101;isub=1;postd=22", ("101", "22", "1")),
        ("tel:+16501112222;postd=pp22%23", (None, ",,22#", None)),
        ("tel:+16501112222;postd=w*22-ABcd", (None, ",*22ABCD", None)),
        ("tel:+16501112222,22", (None, ",22", None)),
        ("tel:+1-650-111-2222,,22 33#", (None, ",,2233#", None)),
        ("tel:+16501112222%2C22%23", (None, ",22#", None)),
        ("tel:+16501112222p22", (None, ",22", None)),
        ("tel:+16501112222W22", (None, ",22", None)),
        ("tel:+16501112222;22#", (None, ",22#", None)),
        ("tel:+16501112222;22;33", (None, ",22,33", None)),
        ("tel:+16501112222,22,,;", (None, ",22", None)),
        ("tel:+16501112222;;22", (None, ",,22", None)),
        ("tel:+16501112222,22;ext=7", ("7", ",22", None)),
        ("tel:+16501112222;ext=7;22", ("7", ",22", None)),
        ("rcmobile://call?number=16501112222,,22#", (None, ",,22#", None)),  # an unescaped # begins a fragment
        ("rcmobile://call?number=16501112222,,22#,1", (None, ",,22#,1", None)),
        ("rcapp://r/call?number=%2B16501112222%2C%2C22%23", (None, ",,22#", None)),
        ("https://h/dial?number=+1+650+111+2222;postd=22", (None, "22", None)),
        ("sip:+16501112222;ext=101;postd=22@h;user=phone", ("101", "22", None)),
        ("+16501112222x101,22;33", ("101", ",22,33", None)),
        ("tel:+16501112222;postd=" + "1" * 64, (None, "1" * 64, None)),
    ],
)
def test_tells_apart_what_follows_the_number(href: str, told: tuple[str | None, str, str | None] | None) -> None:
    if told is None:
        with pytest.raises(NotDialable):
            parse(href, "US")
        return
    link = parse(href, "US")
    assert link == Link("+16501112222", *told)
    assert link.phone_number == ("+16501112222" if told[0] is None else f"+16501112222*{told[0]}")


@pytest.mark.parametrize("number", ["101", "911", "9911", "112", "011911", "22", "123456", "01144999"])
def test_short_numbers_stay_as_they_are(number: str) -> None:
    """Extensions and calls for help are the account's business."""
    assert parse(f"tel:{number}", "US") == Link(number)
    assert parse(f"rcmobile://call?number={number},1", "US") == Link(number, post_dial=",1")


@pytest.mark.parametrize(
    ("href", "why"),
    [
        *((href, links.NO_NUMBER) for href in (
            "", "tel:", "tel:()", "tel:+", "tel:abc", "tel:1-800-FLOWERS", "callto:echo123", "callto:mailto:x",
            "sip:alice@example.com", "sip:16501112222", "sip:@example.com", "sip:+16501112222:secret@example.com",
            "sip:+16501112222@example.com?Replaces=a", "sip:+16501112222@", "sip:+16501112222@a b",
            "mailto:16501112222@example.com", "javascript:16501112222", "http://h/other?number=16501112222",
            "https://u@h/dial?number=16501112222",
            "https://h/r/sms?number=16501112222", "https://h/call?number=16501112222",
            "https:///dial?number=16501112222", "https://h/dial",
            "rcmobile://sms?number=16501112222", "rcmobile://call", "rcmobile://call?number=", "rcmobile://call?n=1",
            "rcapp://x/call?number=16501112222", "rcmobile://call?number=16501112222&number=911", "tel:*67",
            "rcmobile://call?Number=16501112222", "tel:#31#16501112222", "tel:*21*16501112222#", "tel:+16501112222#",
            "tel:\u0661\u0666\u0665\u0660\u0661\u0661\u0661\u0662\u0662\u0662\u0662", "tel:+16501112222?x=1",
            "rcmobile://call?number=16501112222#22", "rcmobile://call?" + "&".join(["number=16501112222"] + 20 * ["x"]),
        )),
        *((href, links.BAD_NUMBER) for href in (
            "tel:+999123456789", "tel:+1650111222233", "tel:1+6501112222", "tel:++16501112222", "tel:+1650111",
            "tel:6501112222;phone-context=+999", "tel:11;phone-context=+1", "tel:911;phone-context=+1",
            "tel:650111222233;phone-context=+1", "rcmobile://call?number=+16501112222+16503334444",
        )),
        *((href, links.OTHER_NETWORK) for href in (
            "tel:7042;phone-context=example.com", "tel:6501112222;phone-context=example.com", "sip:101@example.com",
            "tel:101;phone-context=", "sip:911@example.com",
        )),
        *((href, links.BAD_EXTENSION) for href in (
            "tel:+16501112222;ext=", "tel:+16501112222;ext=1a", "tel:+16501112222*1;ext=2", "tel:101;ext=5",
            "tel:+16501112222;ext=12345678901", "tel:101*5",
        )),
        *((href, links.BAD_POST_DIAL) for href in (
            "tel:+16501112222,22x", "tel:+16501112222;postd=hello", "tel:+16501112222,+16503334444",
            "rcmobile://call?number=16501112222,22#top", "rcmobile://call?number=16501112222,22&x=1#3",
            "tel:+16501112222;postd=22%E2%80%8F", "tel:+16501112222,\u0661",
        )),
        *((href, links.BAD_PARAMETER) for href in (
            "tel:+16501112222;ext=1;ext=2", "tel:+16501112222;m-x=1",
            "tel:+16501112222;=1", "tel:+16501112222;a b=1", "tel:+16501112222;isub=",
            "tel:+16501112222;e%78t!=1", "tel:+16501112222" + ";a=1" * 17, "tel:+16501112222;isub=" + 41 * "1",
        )),
        *((href, links.BAD_ESCAPE) for href in (
            "tel:+16501112222%", "tel:+16501112222%2", "tel:%zz16501112222", "tel:%ff16501112222", "tel:%C016501112222",
            "rcmobile://call?number=%u002B16501112222",
        )),
        *((href, links.CONTROL_CHARACTERS) for href in (
            "tel:+16501112222\r\nX: y", "tel:+16501112222%0d%0aX:%20y", "tel:+1650\t1112222", "tel:+16501112222\x00",
            "tel:+16501112222%00", "\x1b[2Jtel:+16501112222", "rcmobile://call?number=16501112222%0A",
            "tel:+16501112222;isub=%0D", "tel:+16501112222\u2028", "tel:+16501112222%C2%85", "te\nl:+16501112222",
        )),
        ("tel:+" + "1" * 600, links.TOO_LONG),
        ("x" * 513, links.TOO_LONG),
        ("tel:+16501112222," + "1" * 64, links.LONG_POST_DIAL),
        ("tel:+16501112222;postd=" + "1" * 60 + ";22222", links.LONG_POST_DIAL),
        ("tel:%252B16501112222", links.NO_NUMBER),  # escapes are undone once
    ],
)  # fmt: skip
def test_refuses(href: str, why: str) -> None:
    with pytest.raises(NotDialable) as refused:
        parse(href, "US")
    assert refused.value.why == why
    assert why in TRANSLATIONS


# --- what holds for any text -----------------------------------------------------------------------------------------

COUNTRIES = st.sampled_from(["US", "GB", "DE", "IT", "CN", "DK"])
NUMBERS = st.sampled_from(["+16501112222", "+442079460958", "+4930123456", "+390612345678", "+80012345678"])
KEYS = st.text(alphabet="0123456789*#ABCD,", min_size=1, max_size=40)
SNIPPETS = st.sampled_from(
    ["tel:", "rcmobile://call?number=", "rcapp://r/call?number=", "sip:", "callto:", "https://h/dial?number=", "+1650",
     "1112222", ";ext=", ";phone-context=", "+44", ";isub=", ";postd=", "%2B", "%3B", "%0d%0a", "%", "@h", "#", ",",
     "&number=", "*", "x", "p", "911", " ", "\r\n", "\u202e", "\u0661", ";", "=", "+"]
)  # fmt: skip
FORMS = (
    "tel:{number}", "rcmobile://call?number={number}", "rcmobile://call/?number={number}", "callto:{number}",
    "rcapp://r/call?number={number}", "https://ringout.example/dial?number={number}", "sip:{number}@h",
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(SNIPPETS | st.text(max_size=6), max_size=12).map("".join) | st.text(max_size=600), COUNTRIES)
def test_every_text_is_a_clean_link_or_refused(text: str, country: str) -> None:
    try:
        link = parse(text, country)
    except NotDialable:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{3,14}|[0-9]{1,12}", link.number)
    assert link.extension is None or re.fullmatch(r"[0-9]{1,10}", link.extension)
    assert re.fullmatch(r"[0-9*#A-D,]{0,64}", link.post_dial)
    assert link.subaddress is None or (link.subaddress.isascii() and link.subaddress.isprintable())
    assert parse(link.number, country).number == link.number


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMS), NUMBERS, KEYS, COUNTRIES, st.booleans())
def test_digits_after_the_number_never_become_part_of_it(
    form: str, number: str, keys: str, country: str, escaped: bool
) -> None:
    """And the + of the number survives, escaped or not."""
    for written in (f"{number},{keys}", f"{number};postd={keys}"):
        # What a URI may not hold as it stands is escaped in any case.
        href = form.format(number=quote(written, safe="" if escaped else "+,;=*"))
        waits = "," if ";" not in written else ""
        assert parse(href, country) == Link(number, post_dial=(waits + keys).rstrip(","))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMS), NUMBERS, st.integers(0, 60), st.sampled_from("\r\n\x00\t\x1b\x7f\x85\u2028"), COUNTRIES)
def test_a_control_character_anywhere_is_refused(form: str, number: str, at: int, bad: str, country: str) -> None:
    for written in (bad, quote(bad)):
        inside = number[: at % len(number)] + written + number[at % len(number) :]
        with pytest.raises(NotDialable):
            parse(form.format(number=inside), country)
    href = form.format(number=number)
    with pytest.raises(NotDialable):
        parse(href[: at % (len(href) + 1)] + bad + href[at % (len(href) + 1) :], country)
