"""What the number parser makes of a text; the forms that it answers with are tested at the API."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.callers import ACCOUNT, COLLEAGUES, USER
from ringout.domain import phone
from ringout.domain.errors import RingOutError
from ringout.domain.number_parts import Category, Context, take_apart
from ringout.domain.policy import Asker, CallRequest, Rules, check

TEXTS = st.text(alphabet="+0123456789 ()-.*/#,;@abc\u00a0\u2011\u202a\uff0b\u0661\t\n", max_size=30) | st.text(
    max_size=70
)
COUNTRIES = st.sampled_from(["US", "GB", "DE", "IT", "LU", None])


@settings(max_examples=400)
@given(TEXTS, COUNTRIES, st.booleans(), st.sampled_from(["", "650"]))
def test_every_text_is_something(text: str, country: str | None, national_first: bool, area_code: str) -> None:
    context = Context(country, 6, COLLEAGUES.__contains__, area_code, national_first)
    parts = take_apart(text, context)
    if parts.category in (Category.REGULAR, Category.TOLL_FREE):
        assert phone.parse(parts.e164, "US").e164 == parts.e164
        assert parts.e164.endswith(parts.area_code + parts.subscriber)
    else:
        assert parts.e164 == parts.national == parts.sub_address == ""
        assert parts.digits.isdigit() is (parts.category is not Category.UNKNOWN)


@settings(max_examples=400)
@given(TEXTS, TEXTS, TEXTS | st.none(), st.sampled_from(["1", "224", "83", "x", None]))
def test_every_request_is_allowed_or_refused(to: str, from_: str, caller_id: str | None, country: str | None) -> None:
    """Whatever is in it: no other error."""
    try:
        plan = check(CallRequest(to, from_, None, caller_id, False, country), Asker(ACCOUNT, USER, COLLEAGUES), Rules())
    except RingOutError:
        return
    assert phone.parse(plan.callee_number, "US").e164 == plan.callee_number
    assert phone.parse(plan.caller_number, "US").e164 == plan.caller_number


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("911", Category.SPECIAL), ("988", Category.SPECIAL), ("101", Category.EXTENSION), ("0", Category.EXTENSION),
        ("650 555 0100", Category.REGULAR), ("800 555 0100", Category.TOLL_FREE), ("1234567", Category.UNKNOWN),
    ],
)  # fmt: skip
def test_categories(text: str, category: Category) -> None:
    assert take_apart(text, Context("US", 6, COLLEAGUES.__contains__)).category is category
