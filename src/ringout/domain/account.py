"""Who uses the service: accounts, their extensions and phones, the applications, and the sessions of their logins."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """A company. Numbers are E.164 with +."""

    id: int
    main_number: str
    country: str = "us"  # ISO 3166, lower case: national numbers, ringback tone
    language: str = "en"  # of the prompts


@dataclass(frozen=True, slots=True)
class ForwardingNumber:
    """A phone of the user that RingOut may ring. id: digits, unique over all extensions."""

    id: str
    number: str  # E.164 with +
    label: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """A user of the API."""

    id: int
    account_id: int
    number: str  # "101"
    name: str = ""
    password_hash: str | None = field(default=None, repr=False)  # Argon2id, PHC string; None = no password login
    forwarding_numbers: tuple[ForwardingNumber, ...] = ()  # the first is the default `from`
    caller_ids: tuple[str, ...] = ()  # E.164: numbers it may show besides the main number and its own phones
    caller_id: str = "main"  # when a request names none: "main", "current" (the from number), "blocked", or E.164

    @property
    def default_phone(self) -> str | None:
        """E.164 of the phone that stands for this extension."""
        return self.forwarding_numbers[0].number if self.forwarding_numbers else None


@dataclass(frozen=True, slots=True)
class Client:
    """An application that may ask for tokens."""

    client_id: str
    secret_sha256: bytes | None = field(repr=False)  # None = public client
    scopes: tuple[str, ...] = ()
    password_grant: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """A personal JWT that was issued: whoever shows it is that extension, until it expires or its row is gone."""

    jti: str
    extension_id: int
    label: str
    issued_at: int  # seconds since the epoch
    expires_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """One login and the two tokens that are good for it now. Only hashes (SHA-256) of the tokens are kept."""

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


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf a request acts."""

    account_id: int
    extension_id: int
    client_id: str
    session_id: str
    scopes: frozenset[str]
