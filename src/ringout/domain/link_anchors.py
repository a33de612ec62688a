"""The reverse of links: HTML that a page can hold so that a click on it calls a number."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

import phonenumbers
from phonenumbers import PhoneNumberFormat

from ringout.domain.links import PAUSE, Link

_NANP = 1


def anchors(link: Link, server: str = "", plus: bool = False) -> list[str]:
    """Whole `<a>` elements. server: base URL, for one more with the universal link; "" = without it.

    Numbers of +1 are written without the +, as RingCentral documents its links; plus: with it. All others always have
    it: their digits alone are national numbers of other countries. (A few countries have national numbers that look
    like one of +1, too: a reader whose account is there needs the +.)
    """
    plus = plus or not link.number.startswith(f"+{_NANP}")
    digits, grouped = link.number, _grouped(link.number)
    if not plus:
        digits, grouped = digits.removeprefix("+"), grouped.removeprefix("+")
    hrefs = [f"rcmobile://call?number={_value(digits, link)}", _tel(grouped, link)]
    if grouped != digits:
        hrefs.append(_tel(digits, link))
    if server:
        hrefs.append(f"{server.rstrip('/')}/dial?number={_value(link.number, link)}")
    text = grouped if link.extension is None else f"{grouped} ext. {link.extension}"
    return [f'<a href="{escape(href)}">{escape(text)}</a>' for href in hrefs]


def _grouped(number: str) -> str:
    """With hyphens between its groups."""
    if not number.startswith("+"):
        return number
    uri = phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.RFC3966)
    return uri.removeprefix("tel:")


def _parameters(link: Link) -> list[tuple[str, str]]:
    """Of RFC 3966, and RFC 2806's for what follows the answer, in which p is a pause."""
    given = (("ext", link.extension), ("isub", link.subaddress), ("postd", link.post_dial.replace(PAUSE, "p")))
    return [(name, value) for name, value in given if value]


def _tel(number: str, link: Link) -> str:
    return "".join(["tel:", number, *(f";{name}={quote(value, safe='*')}" for name, value in _parameters(link))])


def _value(number: str, link: Link) -> str:
    """Of a field in a query. Its + is escaped, since many programs read it as a blank there."""
    return quote("".join([number, *(f";{name}={value}" for name, value in _parameters(link))]), safe="*")
