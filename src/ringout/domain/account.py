"""Who uses the service: accounts, their users, phones and numbers, the applications, and the sessions of their logins.

Account, Extension and Client are stored whole, each as one record; a change makes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

TimeFormat = Literal["12h", "24h"]


class UsageType(StrEnum):
    """What a number of the account is for, in RingCentral's words."""

    MAIN = "MainCompanyNumber"
    COMPANY = "CompanyNumber"
    DIRECT = "DirectNumber"
    FORWARDED = "ForwardedNumber"


class PhoneType(StrEnum):
    """Types of a forwarding number."""

    HOME = "Home"
    MOBILE = "Mobile"
    WORK = "Work"
    PHONE_LINE = "PhoneLine"
    OUTAGE = "Outage"
    OTHER = "Other"
    BUSINESS_MOBILE_PHONE = "BusinessMobilePhone"
    EXTENSION_APPS = "ExtensionApps"


class DeviceType(StrEnum):
    """What kind of phone registers here, in RingCentral's words."""

    SOFT = "SoftPhone"  # a program
    OTHER = "OtherPhone"  # any SIP phone
    HARD = "HardPhone"
    WEB = "WebPhone"  # a browser's; made by its application, which learns the password from us


class Grant(StrEnum):
    """Ways to a token that a client may be given. Refreshing is part of each but the last."""

    JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    CODE = "authorization_code"
    PASSWORD = "password"
    CLIENT_CREDENTIALS = "client_credentials"  # administration only: no user stands behind such a token


@dataclass(frozen=True, slots=True)
class OwnedNumber:
    """A number that the account owns besides its main number. id: unique over everything that has a numeric id."""

    id: int
    number: str  # E.164 with +
    usage: UsageType = UsageType.COMPANY
    extension_id: int | None = None  # whose DirectNumber it is; None = the company's
    label: str = ""
    caller_id: bool = True  # may be shown as caller ID


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address, as written by its owner. country and state: names, not codes."""

    country: str = ""
    state: str = ""
    city: str = ""
    street: str = ""
    zip: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A company. Numbers are E.164 with +. The main number's id in number lists is the account's."""

    id: int
    main_number: str
    country: str = "us"  # ISO 3166, lower case: national numbers, ringback tone
    language: str = "en"  # of the prompts
    company: str = ""
    email: str = ""
    address: Address = Address()
    main_site: str = ""  # name of the main site, shown to clients
    numbers: tuple[OwnedNumber, ...] = ()
    international: bool = False  # may call regions other than its own
    ring_out: bool = True  # may call at all
    blocked: tuple[str, ...] = ()  # E.164 prefixes that may not be called
    prepaid: bool = False  # every call needs balance; the balance itself is kept by the ledger
    enabled: bool = True
    from_config: bool = False  # described by the configuration file


@dataclass(frozen=True, slots=True)
class Device:
    """A phone of the user that registers here. id: digits, unique like all numeric ids.

    ha1_*: hexadecimal MD5 or SHA-256 of `username:realm:password` (RFC 7616 section 3.4.2): as good as the password in
    this realm, and in no other. ha1_md5 "": the phone must know SHA-256.
    """

    id: str
    username: str  # user part of its address-of-record and name it authenticates with; no other device has it
    name: str = ""
    type: DeviceType = DeviceType.OTHER
    ha1_sha256: str = field(default="", repr=False)  # "" = nobody can register
    ha1_md5: str = field(default="", repr=False)
    client_id: str = ""  # of the application that made it for its user
    salt: str = field(default="", repr=False)  # of the password that was derived for that application
    computer: str = ""  # where it runs, as it says
    enabled: bool = True
    from_config: bool = False  # described by the configuration file


@dataclass(frozen=True, slots=True)
class ForwardingNumber:
    """A phone of the user that RingOut may ring: a number, a device, or a SIP address. id: digits, unique like all
    numeric ids."""

    id: str
    number: str  # E.164 with +; "" = it has none
    label: str = ""
    type: PhoneType = PhoneType.OTHER
    flip_number: int | None = None
    device_id: str = ""  # of the user's own device
    address: str = ""  # sip: or sips: URI


class RingingMode(StrEnum):
    """How the phones of a user's list ring, in RingCentral's words."""

    SEQUENTIALLY = "Sequentially"  # one rule after another
    SIMULTANEOUSLY = "Simultaneously"


@dataclass(frozen=True, slots=True)
class RingRule:
    """Phones that ring together. phones: ids of forwarding numbers; rings: how often each rings, see ring_list."""

    phones: tuple[str, ...]
    rings: int = 4
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class RingList:
    """The user's phones that ring for the user. No rules: the default phone alone."""

    mode: RingingMode = RingingMode.SEQUENTIALLY
    rules: tuple[RingRule, ...] = ()
    by_default: bool = False  # also for a RingOut that names no phone


@dataclass(frozen=True, slots=True)
class Contact:
    """What is told of a person."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    company: str = ""
    job_title: str = ""
    department: str = ""
    business_phone: str = ""
    mobile_phone: str = ""
    address: Address | None = None  # None = the account's

    def named(self, name: str) -> Contact:
        """With a whole name: its last word is the last name, unless there is but one."""
        first, _, last = name.strip().rpartition(" ")
        return replace(self, first_name=first or last, last_name=last if first else "")


@dataclass(frozen=True, slots=True)
class Regional:
    """Where a user lives. None = as the account. country: ISO 3166, lower case."""

    country: str | None = None
    language: str | None = None  # of the pages and messages, e.g. "en-US"
    greeting_language: str | None = None  # stored for the clients
    formatting_locale: str | None = None  # stored for the clients
    timezone: str | None = None  # IANA name
    time_format: TimeFormat = "12h"


@dataclass(frozen=True, slots=True)
class CallerIdSettings:
    """What is shown when a request names no caller ID. Each choice: "main", "current" (the from number), "blocked", or
    a number in E.164. others: the same for features besides RingOut, which are stored for the clients and used by
    nothing here."""

    ring_out: str = "main"
    others: dict[str, str] = field(default_factory=dict)
    name_for_outbound: bool = False
    number_for_internal: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """A user of the API."""

    id: int
    account_id: int
    number: str  # "101"
    contact: Contact = Contact()
    regional: Regional = Regional()
    password_hash: str | None = field(default=None, repr=False)  # Argon2id, PHC string; None = no password login
    forwarding_numbers: tuple[ForwardingNumber, ...] = ()
    devices: tuple[Device, ...] = ()
    default_forwarding_id: str | None = None  # the default `from`; None = the first one
    ring_list: RingList = RingList()  # the `from` that names the user
    caller_id: CallerIdSettings = CallerIdSettings()
    international: bool = True  # may use what the account may; False takes it away from this user
    ring_out: bool = True
    admin: bool = False  # shown in permissions; opens nothing of other extensions
    user_status: str = "Available"  # as published by the user: Available, Busy, Offline
    status_message: str = ""
    dnd_status: str = "TakeAllCalls"  # as published by the user; stops no call here
    shows_presence: bool = True  # to colleagues
    enabled: bool = True
    from_config: bool = False  # described by the configuration file

    @property
    def name(self) -> str:
        return f"{self.contact.first_name} {self.contact.last_name}".strip()

    @property
    def default_forwarding(self) -> ForwardingNumber | None:
        """The phone that rings when a request names none."""
        for phone in self.forwarding_numbers:
            if phone.id == self.default_forwarding_id:
                return phone
        return self.forwarding_numbers[0] if self.forwarding_numbers else None

    @property
    def default_phone(self) -> str | None:
        """E.164 of the phone that stands for this extension; None when it has no number."""
        phone = self.default_forwarding
        return (phone.number or None) if phone else None

    def device(self, device_id: str) -> Device | None:
        """The user's own device of that id."""
        return next((device for device in self.devices if device.id == device_id), None)


def home_country(account: Account, extension: Extension) -> str:
    """Whose dialling plan reads the numbers that a user writes without a country: ISO 3166, upper case."""
    return (extension.regional.country or account.country).upper()


def by_number(extension: Extension) -> tuple[int, str]:
    """To sort by: 99 stands before 100."""
    return len(extension.number), extension.number


@dataclass(frozen=True, slots=True)
class Client:
    """An application that may ask for tokens. Without a secret it is public: its codes need PKCE."""

    client_id: str
    secret_hash: str | None = field(default=None, repr=False)  # Argon2id, PHC string; None = public client
    name: str = ""
    scopes: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = (Grant.JWT, Grant.CODE)
    redirect_uris: tuple[str, ...] = ()  # compared as text, whole
    refresh_tokens: bool = True
    account_id: int | None = None  # whose users may log in with it; None = everybody's
    enabled: bool = True
    from_config: bool = False  # described by the configuration file


@dataclass(frozen=True, slots=True)
class Credential:
    """A personal JWT that was issued: whoever shows it is that extension, until it expires or its row is gone.
    client_id: the only client that may show it, "" = any."""

    jti: str
    extension_id: int
    label: str
    issued_at: int  # seconds since the epoch
    expires_at: int
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """One login and the two tokens that are good for it now. Only hashes (SHA-256) of the tokens are kept.

    extension_id 0: a client of its own. refresh_sha256: b"" = there is no refresh token. spent_sha256: of the refresh
    tokens that were exchanged, 32 bytes each, newest last, a few of them. renewal_salt: makes the present tokens again
    out of the refresh token they were exchanged for; b"" once that is not allowed any more. code_sha256: of the
    authorization code that began the session, or b"".
    """

    session_id: str
    client_id: str
    extension_id: int
    scopes: tuple[str, ...]
    endpoint_id: str
    access_sha256: bytes = field(repr=False)
    access_expires_at: float
    refresh_sha256: bytes = field(repr=False)
    refresh_expires_at: float
    access_ttl_seconds: int
    refresh_ttl_seconds: int
    created_at: float
    renewed_at: float = 0.0
    spent_sha256: bytes = field(default=b"", repr=False)
    renewal_salt: bytes = field(default=b"", repr=False)
    code_sha256: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf a request acts. extension_id 0 and account_id 0: a client of its own (client credentials)."""

    account_id: int
    extension_id: int
    client_id: str
    session_id: str
    scopes: frozenset[str]
