import pytest

from ringout.service import time_zones


@pytest.mark.parametrize(
    ("number", "country", "name"),
    [
        ("+16505550100", "us", "America/Los_Angeles"),
        ("+442071838750", "gb", "Europe/London"),
        ("+493012345678", "de", "Europe/Berlin"),
        ("+18005550100", "us", "America/New_York"),
        ("+18005550100", "ca", "America/Toronto"),
        ("+80012345678", "us", "America/New_York"),
    ],
)
def test_where_a_number_rings(number: str, country: str, name: str) -> None:
    assert time_zones.of_number(number, country) == name


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("America/Los_Angeles", -480),
        ("Europe/London", 0),
        ("Europe/Dublin", 0),
        ("Australia/Sydney", 600),
        ("Asia/Kolkata", 330),
        ("Etc/UTC", 0),
    ],
)
def test_bias_is_that_of_standard_time(name: str, minutes: int) -> None:
    assert time_zones.bias_minutes(name) == minutes


@pytest.mark.parametrize(
    "text", ["", "Mars/Crater", "../etc/passwd", "/etc/localtime", "America", "EST", "zones", "x" * 5000]
)
def test_what_is_no_zone(text: str) -> None:
    assert time_zones.find(text) is None


def test_every_name_is_known_by_its_id_and_has_a_bias() -> None:
    for name in (*time_zones.names(), time_zones.UNKNOWN):
        assert "/" not in time_zones.zone_id(name)
        assert time_zones.find(time_zones.zone_id(name)) == time_zones.find(name) == name
        assert -720 <= time_zones.bias_minutes(name) <= 840
