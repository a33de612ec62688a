"""Which trunk serves a number, and how the number is written for it."""

from __future__ import annotations

from collections.abc import Sequence

import phonenumbers

from ringout.config import TrunkConfig
from ringout.engine.gateways import Gateway, parse_gateway
from ringout.sip.digest import Credentials
from ringout.sip.uri import escape_user


class Trunk:
    """A way out, ready to use. country: ISO 3166, decides what is national unless config does. Raises ValueError for
    a gateway that cannot be one."""

    __slots__ = (
        "config",
        "country",
        "credentials",
        "from_domain",
        "gateways",
        "identity_headers",
        "name",
        "registrars",
    )

    def __init__(self, config: TrunkConfig, country: str) -> None:
        if not config.gateways:
            raise ValueError(f"The trunk {config.name!r} has no gateway.")
        self.config = config
        self.name = config.name
        self.country = (config.country or country).upper()
        self.gateways = [parse_gateway(text) for text in config.gateways]
        self.registrars: list[Gateway] = []  # whom we register with
        if config.register:
            self.registrars = self.gateways if config.registrar is None else [parse_gateway(config.registrar)]
        self.credentials = None if config.username is None else Credentials(config.username, config.password or "")
        self.from_domain = config.from_domain
        self.identity_headers = config.identity_headers

    def number(self, e164: str) -> str:
        """e164 (with +) as this trunk writes numbers, for identities: the dialling prefix is not part of it."""
        if self.config.number_format == "+e164":
            return e164
        if self.config.number_format == "e164":
            return e164.lstrip("+")
        return _national(e164, self.country)

    def address_of_record(self, registrar: Gateway) -> str:
        """The URI under which registrar is to know us."""
        if self.config.register_as is not None:
            return self.config.register_as
        scheme = "sips" if registrar.secure else "sip"
        return f"{scheme}:{escape_user(self.config.username or '')}@{self.from_domain or registrar.uri_parts.host}"

    def dialled(self, e164: str) -> str:
        """The user part of the Request-URI."""
        return escape_user(self.config.number_prefix + self.number(e164))


class Trunks:
    """All trunks by prefix."""

    def __init__(self, configs: Sequence[TrunkConfig], country: str) -> None:
        """Raises ValueError as Trunk does."""
        self.trunks = [Trunk(config, country) for config in configs]
        self._by_prefix: dict[str, Trunk] = {}
        for trunk in self.trunks:
            for prefix in trunk.config.prefixes:
                self._by_prefix.setdefault(prefix, trunk)
        self._longest = max(map(len, self._by_prefix), default=0)

    def find(self, e164: str) -> Trunk | None:
        """The trunk with the longest prefix of e164; the one named first among equals; None = nobody serves it."""
        for length in range(min(self._longest, len(e164)), -1, -1):
            trunk = self._by_prefix.get(e164[:length])
            if trunk is not None:
                return trunk
        return None

    def all_gateways(self) -> list[Gateway]:
        """With the registrars."""
        every = [gateway for trunk in self.trunks for gateway in (*trunk.gateways, *trunk.registrars)]
        return list(dict.fromkeys(every))


def _national(e164: str, country: str) -> str:
    """As it is dialled in that country: 6505550100 in the United States, 020... in Britain; abroad with the country's
    international prefix, 011442079460000."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164.lstrip("+")
    if number.country_code == phonenumbers.country_code_for_region(country):
        text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    else:
        text = phonenumbers.format_out_of_country_calling_number(number, country)
    return "".join(character for character in text if character.isdigit())
