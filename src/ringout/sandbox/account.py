"""The sandbox's one user: credentials that survive a restart, and the server's configuration around them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringout.config import (
    DEFAULT_SCOPES,
    AccountConfig,
    CallConfig,
    ClientConfig,
    Config,
    ExtensionConfig,
    HttpConfig,
    LimitsConfig,
    MediaConfig,
    SipConfig,
    TrunkConfig,
)
from ringout.private_file import write_private
from ringout.sandbox.numbers import BY_KEY, CALLABLE, DEFAULT_FROM, EXAMPLE_FROM, EXTENSION, MAIN_NUMBER

LOGIN_FILE = "login.json"
# Clients ask for more at their start than they need, for example for a token of a WebSocket.
_PERMISSIONS = (
    *DEFAULT_SCOPES,
    *("EditAccounts", "EditPresence", "CallControl", "SubscriptionWebhook", "WebSocket", "VoipCalling"),
)
REDIRECT_URI = "http://localhost:8000/callback"
# Stand in the user's list, the first by default; any other number may be called, and be `from`, all the same. Not all
# of them: a list that is full could not show an application how one is added.
_USERS_PHONES = (DEFAULT_FROM.key, "answers", "rings", "hangs_up", "presses_1")


class Login(msgspec.Struct, frozen=True, rename={"from_number": "from"}):
    """Everything a client needs, as `ringout sandbox --json` prints it and the login file holds it. Values are text."""

    url: str
    client_id: str
    client_secret: str
    jwt: str
    username: str
    extension: str
    password: str
    account_id: str
    extension_id: str
    from_number: str = DEFAULT_FROM.number
    redirect_uri: str = REDIRECT_URI
    numbers: dict[str, str] = msgspec.field(default_factory=lambda: {who.key: who.number for who in CALLABLE})

    def encode(self) -> bytes:
        """One line of JSON without the line break."""
        return msgspec.json.encode(self)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the first start of a data directory makes up. jwt: None until it has been issued."""

    client_id: str
    client_secret: str
    password: str
    jwt: str | None = None


def public_client_id(known: Secrets) -> str:
    """The same application without a secret, as one that runs in a browser or on a phone would be registered."""
    return f"{known.client_id}-public"


def load_secrets(data_dir: Path) -> Secrets:
    """Those of the last start in that directory, or new ones."""
    try:
        login = msgspec.json.decode((data_dir / LOGIN_FILE).read_bytes(), type=Login)
    except (OSError, msgspec.DecodeError):
        return Secrets("sandbox-" + secrets.token_hex(6), secrets.token_urlsafe(24), secrets.token_urlsafe(12))
    return Secrets(login.client_id, login.client_secret, login.password, login.jwt)


def write_login(file: Path, login: Login) -> None:
    """Writes the login where only its owner can read it, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(file, login.encode() + b"\n")


def sandbox_config(
    data_dir: Path,
    http: HttpConfig,
    sip: SipConfig,
    trunks: tuple[TrunkConfig, ...],
    known: Secrets,
    log_level: str = "warning",
    redirect_uris: tuple[str, ...] = (REDIRECT_URI,),
) -> Config:
    """The configuration of a server whose whole outside world are the simulated phones. redirect_uris: where the login
    page may send a browser back to."""
    user = ExtensionConfig(
        extension=EXTENSION,
        password=known.password,
        name="Sandbox user",
        forwarding_numbers=tuple(BY_KEY[key].number for key in _USERS_PHONES),
    )
    return Config(
        node="sandbox",
        data_dir=data_dir,
        http=http,
        limits=LimitsConfig(0, 0, 0, 0),  # tests of applications place more calls in a minute than people do
        sip=sip,
        media=MediaConfig(spare_pairs=64),  # many sandboxes share one machine's ports
        call=CallConfig(drain_seconds=2.0),
        trunks=trunks,
        # The RingOut page calls a number of the Cayman Islands.
        account=AccountConfig(main_number=MAIN_NUMBER, numbers=(EXAMPLE_FROM,), international=True, extensions=(user,)),
        clients=(
            ClientConfig(
                known.client_id,
                known.client_secret,
                name="Sandbox application",
                scopes=_PERMISSIONS,
                password_grant=True,
                redirect_uris=redirect_uris,
            ),
            ClientConfig(
                public_client_id(known),
                name="Sandbox application",
                scopes=_PERMISSIONS,
                redirect_uris=redirect_uris,
            ),
        ),
        log_level=log_level,
    )
