import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.domain import phone


@pytest.mark.parametrize(
    ("text", "country", "e164"),
    [
        ("+16502223366", "US", "+16502223366"),
        ("16502223366", "US", "+16502223366"),
        ("13443334444", "US", "+13443334444"),  # the seed's numbers are in no service
        ("13453443434", "US", "+13453443434"),
        ("13443334444", "GB", "+13443334444"),
        ("13443334444", "DE", "+13443334444"),
        ("+13133982190 ", "US", "+13133982190"),
        (" +1 (650) 222-33.66\t", "US", "+16502223366"),
        ("650 222 3366", "US", "+16502223366"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("442079460958", "GB", "+442079460958"),
        ("442079460958", "US", "+442079460958"),
        ("01 23 45 67 89", "FR", "+33123456789"),
        ("030 123456", "DE", "+4930123456"),
        ("4930123456", "DE", "+4930123456"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("0044 20 7946 0958", "DE", "+442079460958"),
        ("4165550123", "CA", "+14165550123"),
        ("912345678", "ES", "+34912345678"),
        ("345 344 3434", "US", "+13453443434"),
        ("1-650-111-2222", "US", "+16501112222"),
        ("16501112222", "US", "+16501112222"),
        ("650.111.2222", "US", "+16501112222"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("(+44) 20/7946-0958", "US", "+442079460958"),
        ("02 12345678", "IT", "+390212345678"),
        ("+80012345678", "US", "+80012345678"),
        # as pasted from documents, pages and address books
        ("\u202a+1\u00a0650\u2011222\u20133366\u202c", "US", "+16502223366"),
        ("(650)\u2009222\u22123366\ufeff", "US", "+16502223366"),
        ("\uff0b1\u3000650\u3000222\u30003366", "US", "+16502223366"),
        ("650\u00b7222\u00b73366", "US", "+16502223366"),
        ("01\u202f23\u202f45\u202f67\u202f89", "FR", "+33123456789"),
        ("650\t222\t3366", "US", "+16502223366"),
    ],
)
def test_reads(text: str, country: str, e164: str) -> None:
    assert phone.parse(text, country) == phone.PhoneNumber(e164)


def test_reads_main_and_extension() -> None:
    assert phone.parse("+16502223366*101", "US") == phone.PhoneNumber("+16502223366", "101")
    assert str(phone.parse("16502223366*101 ", "US")) == "+16502223366*101"
    assert str(phone.parse("(650) 222-3366 * 101", "US")) == "+16502223366*101"


@pytest.mark.parametrize(
    "text",
    ["", " ", "+", "abc", "1-800-FLOWERS", "12", "+1650222336612345678", "+999123456789", "*101", "+16502223366*",
     "+16502223366*1*2", "+1650222\r\n3366", "+16502223366\n", "++16502223366", "+1650+2223366", "+١٦٥٠٢٢٢٣٣٦٦",
     "sip:alice@example.com", "0" * 65, "+16502223366;phone-context=x", "650\u2028222\u20283366", "222 3366",
     "650 222 3366 x101", "\uff16\uff15\uff10 222 3366", "\u00b2", "6502223366\x00", "+1650222336612"],
)  # fmt: skip
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError):
        phone.parse(text, "US")


def test_refuses_what_would_be_another_number_when_read_again() -> None:
    with pytest.raises(ValueError):
        phone.parse("1-1-1-650-111-2222", "CN")


@settings(max_examples=300)
@given(
    st.text(alphabet="+0123456789 ()-.*/\r\n;@abc\u00a0\u2011\u202a\uff0b\t", max_size=40),
    st.sampled_from(["US", "GB", "DE", "ES", "FR"]),
)
def test_gives_e164_or_value_error(text: str, country: str) -> None:
    try:
        number = phone.parse(text, country)
    except ValueError:
        return
    assert number.e164[0] == "+"
    assert number.e164[1:].isdigit()
    assert phone.parse(number.e164, country).e164 == number.e164
    assert len(number.e164) <= 16
    assert phone.parse(number.e164, country).e164 == number.e164
    assert phone.parse(str(number), country) == number


def test_digits_of_takes_only_bare_digits() -> None:
    assert phone.digits_of(" 101 ") == phone.digits_of("\u202a101\u202c\u00a0") == "101"
    assert phone.digits_of("+101") == phone.digits_of("1-1") == phone.digits_of("١٠١") == ""


def test_long_texts_are_not_kept_in_memory() -> None:
    phone._parse.cache_clear()
    for blanks in range(50):
        assert phone.parse(" " * blanks * 1000 + "+14155550199", "US").e164 == "+14155550199"
    assert phone._parse.cache_info().currsize == 1
