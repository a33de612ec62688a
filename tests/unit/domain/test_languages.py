import pytest

from ringout.domain import languages


@pytest.mark.parametrize(
    ("language", "country", "code"),
    [
        ("en", "us", "en-US"),
        ("en", "gb", "en-GB"),
        ("en", "de", "en-US"),
        ("fr", "CA", "fr-CA"),
        ("fr", "be", "fr-FR"),
        ("de-DE", "us", "de-DE"),
        ("pt-AO", "br", "pt-BR"),
        ("tlh", "us", "en-US"),
        ("", "", "en-US"),
    ],
)
def test_the_closest_language(language: str, country: str, code: str) -> None:
    assert languages.closest(language, country).code == code


def test_ids_are_unique() -> None:
    assert len(languages.BY_ID) == len(languages.LANGUAGES)
