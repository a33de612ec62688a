import phonenumbers
import pytest

from ringout.domain import countries


@pytest.mark.parametrize(
    ("country_id", "code", "calling_code"),
    [
        ("1", "US", "1"), ("39", "CA", "1"), ("224", "GB", "44"), ("75", "FR", "33"), ("83", "DE", "49"),
        ("15", "AU", "61"), ("160", "NZ", "64"), ("112", "JP", "81"), ("143", "MX", "52"), ("46", "CN", "86"),
        ("3", "AL", "355"), ("89", "AF", "93"),
    ],
)  # fmt: skip
def test_ringcentrals_ids(country_id: str, code: str, calling_code: str) -> None:
    country = countries.by_id(country_id)
    assert (country.iso_code, country.calling_code) == (code, calling_code)
    assert countries.by_code(code.lower()) == country


def test_every_country_of_the_numbering_plan_has_one_id_and_a_name() -> None:
    everyone = countries.everyone()
    assert {country.iso_code for country in everyone} == phonenumbers.SUPPORTED_REGIONS
    assert len({country.id for country in everyone}) == len({country.name for country in everyone}) == len(everyone)
    assert [country.name for country in everyone] == sorted(country.name for country in everyone)
    assert all(countries.by_id(country.id) is country for country in everyone)


def test_ids_of_ours_are_none_of_ringcentrals() -> None:
    """A list of some 250 countries has no id that high."""
    ours = [c for c in countries.everyone() if c.iso_code not in countries.RINGCENTRAL_IDS]
    assert all(int(country.id) >= 1000 for country in ours)
    assert countries.by_code("NL").id == "1349"  # for ever


@pytest.mark.parametrize("unknown", ["44", "0", "", "US", "1 ", "01", "-1", "\u0661"])
def test_no_other_id_is_known(unknown: str) -> None:
    with pytest.raises(KeyError):
        countries.by_id(unknown)
