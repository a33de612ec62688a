import pytest

from ringout.domain.scopes import expand, in_words, is_allowed, of_users


@pytest.mark.parametrize(
    ("granted", "included"),
    [
        ("EditExtensions", {"ReadAccounts"}),
        ("EditAccounts", {"ReadAccounts"}),
        ("EditPresence", {"ReadPresence"}),
        ("EditCallLog", {"ReadCallLog"}),
        ("Contacts", {"ReadContacts"}),
        ("WebSocket", {"WebSocketsSubscription"}),
        ("WebSocketsSubscription", {"WebSocket"}),
    ],
)
def test_what_a_permission_includes(granted: str, included: set[str]) -> None:
    assert expand([granted]) >= {granted, *included}
    assert is_allowed(included, [granted])


@pytest.mark.parametrize("granted", ["ReadAccounts", "ReadPresence", "RingOut", "CallControl", "Admin"])
def test_reading_does_not_include_writing(granted: str) -> None:
    assert expand([granted]) == {granted}


@pytest.mark.parametrize(
    ("wanted", "granted", "allowed"),
    [
        (["RingOut"], ["RingOut"], True),
        ([], [], True),
        (["openid", "email", "profile"], [], True),
        (["EditPresence"], ["ReadPresence"], False),
        (["RingOut", "SMS"], ["RingOut"], False),
        (["Admin"], ["Admin"], False),  # never on a user's behalf
    ],
)
def test_what_a_client_may_ask_for(wanted: list[str], granted: list[str], allowed: bool) -> None:
    assert is_allowed(wanted, granted) is allowed


def test_what_users_and_people_see() -> None:
    assert of_users(("RingOut", "Admin")) == ("RingOut",)
    assert in_words(("WebSocket", "WebSocketsSubscription", "Made-up")) == (
        "be told of your calls as they happen",
        "Made-up",
    )
