"""Lists as RingCentral gives them: records, paging, navigation; and the query fields that choose the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from msgspec import Struct

from ringout.domain.errors import BadParameter
from ringout.web.message import Request

T = TypeVar("T")

_MOST_PAGES = 1_000_000


class Paging(Struct, rename="camel", omit_defaults=True):
    """Which part of the list this is. pageStart and pageEnd: zero-based positions, absent on an empty page."""

    page: int
    per_page: int
    total_pages: int
    total_elements: int
    page_start: int | None = None
    page_end: int | None = None


class PageUri(Struct):
    """One neighbouring page."""

    uri: str


class Navigation(Struct, rename="camel", omit_defaults=True):
    """The neighbouring pages; absent where there is none."""

    first_page: PageUri
    last_page: PageUri
    previous_page: PageUri | None = None
    next_page: PageUri | None = None


class PageQuery(Struct, rename="camel"):
    """Which part of the list: see wanted_page, which reads it."""

    page: int | None = None
    per_page: int | str | None = None


class Page(Struct):
    """Which page is asked for. Counted from 1."""

    number: int
    size: int

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size

    def cut(self, everything: Sequence[T]) -> list[T]:
        return list(everything[self.start : self.start + self.size])


def wanted_page(request: Request, default_size: int = 100, largest: int = 1000) -> Page:
    """From `page` and `perPage`. A perPage that is too large is lowered, not refused; `MAX` is the largest, and what
    RingCentral's widgets send with every list. Raises BadParameter for what is no positive number."""
    query = request.query()
    size_text = query.get("perPage", "").strip()
    size = largest if size_text.lower() == "max" else _positive(size_text, "perPage", default_size)
    return Page(_positive(query.get("page", "").strip(), "page", 1), min(size, largest))


def _positive(text: str, name: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 0 < int(text[:20]) <= _MOST_PAGES):
        raise BadParameter(name, text)
    return int(text)


def list_page(request: Request, uri: str, records: Sequence[Any], page: Page, total: int) -> dict[str, Any]:
    """The body of a list. uri: absolute, without query; records: those of this page; total: on all pages. The other
    fields of the query are kept in the links."""
    pages = max(1, -(-total // page.size))
    paging = Paging(page.number, page.size, pages, total)
    if records:
        paging.page_start, paging.page_end = page.start, page.start + len(records) - 1
    navigation = Navigation(_link(request, uri, page, 1), _link(request, uri, page, pages))
    if page.number > 1:
        navigation.previous_page = _link(request, uri, page, min(page.number - 1, pages))
    if page.number < pages:
        navigation.next_page = _link(request, uri, page, page.number + 1)
    own = _link(request, uri, page, page.number).uri
    return {"uri": own, "records": records, "paging": paging, "navigation": navigation}


def _link(request: Request, uri: str, page: Page, number: int) -> PageUri:
    kept = [(k, v) for k, v in request.query_fields() if k not in ("page", "perPage", "access_token")]
    return PageUri(f"{uri}?{urlencode([*kept, ('page', number), ('perPage', page.size)])}")
