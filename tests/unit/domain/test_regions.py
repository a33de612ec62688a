import pytest

from ringout.domain.regions import NOWHERE, is_abroad, place_of


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+16505550100", "US"),  # in no service: judged by its area code
        ("+13443334444", "US"),  # of an area code that nobody has
        ("+13453443434", "KY"),
        ("+12425550123", "BS"), ("+18765550123", "JM"), ("+16585550123", "JM"), ("+18295550123", "DO"),
        ("+17875550123", "PR"), ("+16715550123", "GU"), ("+14165550123", "CA"), ("+18005550123", "US"),
        ("+442079460958", "GB"), ("+441534456789", "JE"), ("+77015550123", "KZ"), ("+79161234567", "RU"),
        ("+80012345678", NOWHERE), ("+88213300655", NOWHERE), ("+870773111632", NOWHERE), ("+979123456789", NOWHERE),
        ("+4779123456", "SJ"), ("+390669812345", "VA"),
    ],
)  # fmt: skip
def test_where_a_number_lies(number: str, region: str) -> None:
    assert place_of(number).region == region


@pytest.mark.parametrize(
    ("number", "toll_free"),
    [("+18005550123", True), ("+448081570192", True), ("+80012345678", True), ("+16505550100", False)],
)
def test_who_pays(number: str, toll_free: bool) -> None:
    assert place_of(number).toll_free is toll_free


@pytest.mark.parametrize(
    ("region", "home", "abroad"),
    [
        ("US", "US", False), ("CA", "US", False), ("US", "CA", False), ("PR", "CA", False), ("GU", "VI", False),
        ("BS", "US", True), ("US", "BS", True), ("GB", "US", True), ("JE", "GB", True), ("SJ", "NO", False),
        (NOWHERE, "US", True), ("FI", "NO", True),
    ],
)  # fmt: skip
def test_what_is_abroad(region: str, home: str, abroad: bool) -> None:
    assert is_abroad(region, home) is abroad
