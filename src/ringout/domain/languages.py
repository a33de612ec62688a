"""Languages by RingCentral's ids, which are the language identifiers of Windows."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "en-US"


@dataclass(frozen=True, slots=True)
class Language:
    """id: decimal digits; code: language and country, for example `en-US`; name: English."""

    id: str
    code: str
    name: str


LANGUAGES = {
    language.code: language
    for language in (
        Language("1033", "en-US", "English (United States)"),
        Language("2057", "en-GB", "English (United Kingdom)"),
        Language("3081", "en-AU", "English (Australia)"),
        Language("4105", "en-CA", "English (Canada)"),
        Language("1031", "de-DE", "German (Germany)"),
        Language("3082", "es-ES", "Spanish (Spain)"),
        Language("2058", "es-MX", "Spanish (Mexico)"),
        Language("1036", "fr-FR", "French (France)"),
        Language("3084", "fr-CA", "French (Canada)"),
        Language("1040", "it-IT", "Italian (Italy)"),
        Language("1043", "nl-NL", "Dutch (Netherlands)"),
        Language("2070", "pt-PT", "Portuguese (Portugal)"),
        Language("1046", "pt-BR", "Portuguese (Brazil)"),
        Language("1035", "fi-FI", "Finnish (Finland)"),
        Language("1041", "ja-JP", "Japanese (Japan)"),
        Language("1042", "ko-KR", "Korean (South Korea)"),
        Language("2052", "zh-CN", "Chinese (China)"),
        Language("1028", "zh-TW", "Chinese (Taiwan)"),
    )
}
BY_ID = {language.id: language for language in LANGUAGES.values()}


def closest(language: str, country: str) -> Language:
    """The language for a code ("en", "en-US") in a country (ISO 3166, any case): the code itself, else that language as
    the country speaks it, else as anybody does, else the default."""
    if language in LANGUAGES:
        return LANGUAGES[language]
    spoken = language.partition("-")[0].lower()
    here = LANGUAGES.get(f"{spoken}-{country.upper()}")
    if here is not None:
        return here
    same = (known for code, known in LANGUAGES.items() if code.startswith(f"{spoken}-"))
    return next(same, LANGUAGES[DEFAULT])
