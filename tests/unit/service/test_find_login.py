from dataclasses import replace

import pytest

from fakes.service import MemoryAccounts
from ringout.domain.account import Account, Contact, Extension, OwnedNumber, UsageType
from ringout.service.accounts import Accounts
from ringout.service.ports import Directory

MAIN, DIRECT, OTHER_MAIN = "+16505550100", "+16505550133", "+442071838750"
ANNA = Extension(11, 1, "101", contact=Contact(email="Anna@Example.com"))
BEN = Extension(12, 1, "102", contact=Contact(email="shared@example.com"))
CARL = Extension(21, 2, "101", contact=Contact(email="shared@example.com"))
ACCOUNTS = (
    Account(1, MAIN, numbers=(OwnedNumber(5, DIRECT, UsageType.DIRECT, 11), OwnedNumber(6, "+16505550177"))),
    Account(2, OTHER_MAIN, country="gb"),
)


@pytest.fixture
def accounts() -> Accounts:
    directory = Directory(ACCOUNTS, (ANNA, BEN, CARL))
    return Accounts(MemoryAccounts(directory), directory)


@pytest.mark.parametrize(
    ("username", "extension", "found"),
    [
        (MAIN, "101", ANNA), ("16505550100", "102", BEN), ("(650) 555-0100", "101", ANNA), (f"{MAIN}*102", "", BEN),
        (f"{MAIN}*102", "102", BEN), (f"{MAIN}*102", "101", None), (MAIN, "", None), (MAIN, "999", None),
        (DIRECT, "", ANNA), (DIRECT, "101", ANNA), (DIRECT, "102", None), ("+16505550177", "101", None),
        (OTHER_MAIN, "", CARL), (OTHER_MAIN, "101", CARL), ("020 7183 8750", "101", CARL), ("+16505550199", "", None),
        ("anna@example.com", "", ANNA), (" ANNA@EXAMPLE.COM ", "101", ANNA), ("anna@example.com", "102", None),
        ("shared@example.com", "", None), ("shared@example.com", "102", BEN), ("nobody@example.com", "", None),
        ("", "", None), ("@", "", None), ("nonsense", "101", None), ("101", "", None),
    ],
)  # fmt: skip
def test_whose_login_it_is(accounts: Accounts, username: str, extension: str, found: Extension | None) -> None:
    assert accounts.find_login(username, extension) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((MAIN, "101"), ("1 (650) 555-0100", " 101 ")),
        ((MAIN, "101"), (f"{MAIN}*101", "")),
        (("Anna@Example.com", ""), (" anna@example.com ", "101")),
        (("+16505550199", "7"), ("650-555-0199*7", "")),  # nobody's
        (("Nonsense ", ""), ("nonsense", "")),
        (("020 7183 8750", ""), ("(020) 7183-87.50", "")),  # of the second account's country alone
        (("020 7183 8750", "101"), (OTHER_MAIN, "101")),
    ],
)
def test_failures_are_counted_under_one_name(accounts: Accounts, one: tuple[str, str], other: tuple[str, str]) -> None:
    assert accounts.login_name(*one) == accounts.login_name(*other)


def test_names_are_short(accounts: Accounts) -> None:
    assert len(accounts.login_name("x" * 5000, "1" * 5000)) <= 200
    assert len(accounts.login_name(MAIN, "1" * 5000)) <= 200


async def test_a_changed_address_counts_at_once(accounts: Accounts) -> None:
    await accounts.change_extension(11, lambda user: replace(user, contact=Contact(email="new@example.com")))
    assert accounts.find_login("anna@example.com", "") is None
    found = accounts.find_login("new@example.com", "")
    assert found is not None
    assert found.id == 11
