"""What a link asks for, in words."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers

from ringout.cli.failures import USAGE, CommandFailed
from ringout.domain import countries, links


@dataclass(frozen=True, slots=True)
class Target:
    """A link that was read. country: ISO 3166, in which it was, should that matter."""

    link: links.Link
    country: str

    @property
    def number(self) -> str:
        """As people of many countries read it: +1 650-111-2222 ext. 7."""
        extension = f" ext. {self.link.extension}" if self.link.extension else ""
        if not self.link.number.startswith("+"):
            return self.link.number
        parsed = phonenumbers.parse(self.link.number, None)
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL) + extension

    @property
    def place(self) -> str:
        """The country that the number is of; "" when it is of none."""
        if not self.link.number.startswith("+"):
            return ""
        region = phonenumbers.region_code_for_number(phonenumbers.parse(self.link.number, None))
        try:
            return countries.by_code(region or "").name
        except KeyError:
            return ""

    def remarks(self) -> list[str]:
        """What else is to be known before the call. Sentences."""
        said = []
        if self.link.post_dial:
            pause = ", a comma being a pause" if links.PAUSE in self.link.post_dial else ""
            said.append(f"Then sends the digits {self.link.post_dial}{pause}.")
        if self.link.subaddress:
            said.append("Leaves out the ISDN subaddress of the link, which cannot be signalled.")
        return said


def read(link: str, country: str) -> Target:
    """Raises CommandFailed."""
    try:
        return Target(links.parse(link, country), country)
    except links.NotDialable as error:
        raise CommandFailed(f"this link cannot be called: {error.why[:1].lower()}{error.why[1:]}", USAGE) from error
