"""Every setting, with its unit and default. Loading and checking a file is in ringout.cli's `config check` too."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# Destinations that toll fraud likes and a call-back service hardly ever needs: premium-rate numbers of the United
# States, satellite networks, international networks and premium services.
USUALLY_BLOCKED = ("+1900", "+1976", "+870", "+878", "+881", "+882", "+883", "+888", "+979")

DEFAULT_SCOPES = (
    "RingOut",
    "ReadAccounts",
    "EditExtensions",
    "ReadCallLog",
    "ReadPresence",
)


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """The API's listener."""

    host: str = "127.0.0.1"  # address to listen on
    port: int = 8080  # 0 = any free one
    public_url: str | None = None  # base of the absolute `uri`s, e.g. https://ringout.example; None = the Host header's
    max_body_bytes: int = 65536  # a longer request body is refused with 413
    event_streams: int = 1000  # open at one time, at most half of all connections; further ones are refused with 503
    event_streams_of_a_user: int = 20  # of one user among them; further ones are refused with 429
    token_in_query: bool = True  # read ?access_token= as well; false where logs of URLs must hold no secrets


@dataclass(frozen=True, slots=True)
class AdminConfig:
    """The administration's own listener, /admin/v1. Off unless a port is set."""

    host: str = "127.0.0.1"  # address to listen on
    port: int | None = None  # 0 = any free one; None = off


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    """Requests per user and application in 60 seconds, for each of RingCentral's groups; 0 = no limit. Who exceeds
    one is refused until it has been quiet for 60 seconds."""

    light: int = 50  # reading
    medium: int = 40  # changing
    heavy: int = 10  # placing and cancelling calls, whole lists
    auth: int = 5  # logging in


@dataclass(frozen=True, slots=True)
class SipConfig:
    """The SIP user agent's listeners."""

    listen: tuple[str, ...] = ("udp:127.0.0.1:5060", "tcp:127.0.0.1:5060")  # transport:host:port, port 0 = any free
    user_agent: str = "RingOut"  # User-Agent and Server header
    t1_seconds: float = 0.5  # estimated round trip, RFC 3261 section 17.1.1.1; an INVITE gives up after 64 times that
    t2_seconds: float = 4.0  # longest interval between retransmissions of other requests
    t4_seconds: float = 5.0  # longest time that a message stays in the network
    max_message_bytes: int = 65536  # a longer SIP message is not read


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """The embedded media engine."""

    address: str = "127.0.0.1"  # IP that our SDP names and RTP is received on
    first_port: int = 20000  # RTP on even ports, RTCP on the next
    last_port: int = 29999  # four ports for each live call
    workers: int = 1  # media processes
    spare_pairs: int = 512  # port pairs that each process holds ready: for half as many calls that begin at once
    silence_seconds: float = 60.0  # a leg without RTP for that long ends the call; 0 = never
    prompts: Path | None = None  # directory of LANGUAGE/NAME.wav that override the shipped ones


@dataclass(frozen=True, slots=True)
class CallConfig:
    """Times and limits of a RingOut."""

    caller_ring_seconds: float = 45.0  # how long the caller's phone rings before it counts as NoAnswer
    callee_ring_seconds: float = 60.0  # the same for the callee's
    prompt_attempts: int = 3  # times the prompt is played before the caller is told and hung up
    prompt_wait_seconds: float = 5.0  # silence after each prompt before the next attempt
    max_call_seconds: float = 14400.0  # a connected call is hung up after that
    max_live_calls: int = 1000  # at that many POST answers 503 with Retry-After
    keep_results_seconds: float = 600.0  # an ended RingOut can be read for that long, then it is 404
    keep_log_days: float = 30.0  # how long it stays in the call log
    drain_seconds: float = 30.0  # after SIGTERM live calls may go on for that long
    language: str = "en"  # of the prompts
    country: str = "us"  # ISO 3166; home country of national numbers, ringback tone


@dataclass(frozen=True, slots=True)
class TrunkConfig:
    """A way out. Gateways are tried in order: next on transport failure, timeout or 503 before any 18x."""

    name: str  # unique; stands in logs
    gateways: tuple[str, ...]  # sip:host:port[;transport=tcp]
    prefixes: tuple[str, ...] = ("+",)  # E.164 prefixes it serves; the longest match of all trunks wins
    username: str | None = None  # for digest authentication; None = the carrier knows our address
    password: str | None = field(default=None, repr=False)  # goes with username
    number_format: str = "+e164"  # "+e164" +16505550100, "e164" 16505550100, "national" 6505550100
    number_prefix: str = ""  # put before every number dialled, e.g. "9"
    from_domain: str | None = None  # host of From and P-Asserted-Identity; None = our address
    asserted_identity: bool = True  # send P-Asserted-Identity (a trusted trunk, RFC 3325)
    gateway_timeout_seconds: float = 32.0  # without any response for that long: the next gateway (64*T1 is the RFC's)


@dataclass(frozen=True, slots=True)
class ExtensionConfig:
    """A user of the API. Applied when it is new here or has changed here; else what was changed elsewhere stands."""

    extension: str  # "101"
    password: str | None = field(default=None, repr=False)  # for the password grant with MAIN + extension
    name: str = ""  # display name
    email: str = ""  # may be used to log in as well
    forwarding_numbers: tuple[str, ...] = ()  # E.164; the first is the default `from`
    caller_ids: tuple[str, ...] = ()  # numbers of its own, which it may show besides the main number
    caller_id: str = "main"  # when a request names none: "main", "current" (the from number), "blocked", or a number


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """The one account that the configuration file can describe."""

    main_number: str = "+16505550100"  # E.164; user name of the password grant, default caller ID
    company: str = ""  # its name
    numbers: tuple[str, ...] = ()  # E.164; further numbers of the company, which everybody may show
    international: bool = False  # may call regions other than its own
    blocked: tuple[str, ...] = USUALLY_BLOCKED  # E.164 prefixes that may not be called
    balance: int | None = None  # prepaid: units at the first start, see [[rates]]; None = nothing is charged
    extensions: tuple[ExtensionConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """An application that may ask for tokens."""

    client_id: str  # unique
    client_secret: str | None = field(default=None, repr=False)  # None = public client
    name: str = ""  # shown to users who are asked for their consent
    scopes: tuple[str, ...] = DEFAULT_SCOPES  # application permissions that its tokens carry
    password_grant: bool = False  # may log users in by their passwords
    redirect_uris: tuple[str, ...] = ()  # where the login page may send users back to, compared whole


@dataclass(frozen=True, slots=True)
class RateConfig:
    """What a call costs. Of all prefixes that match the longest counts, for each of the two legs on its own."""

    prefix: str  # E.164, e.g. "+1", "+4420"
    units_per_minute: int  # integer units of your choosing, e.g. 1/100 cent; charged by the second, rounded up


@dataclass(frozen=True, slots=True)
class Config:
    """Everything. Frozen: a running server never changes its mind."""

    node: str = "ringout"  # name of this server in logs and of the rows it owns; keep it across restarts
    data_dir: Path = Path("ringout-data")  # SQLite database and keys
    http: HttpConfig = HttpConfig()
    admin: AdminConfig = AdminConfig()
    limits: LimitsConfig = LimitsConfig()
    sip: SipConfig = SipConfig()
    media: MediaConfig = MediaConfig()
    call: CallConfig = CallConfig()
    trunks: tuple[TrunkConfig, ...] = ()
    account: AccountConfig = AccountConfig()
    clients: tuple[ClientConfig, ...] = ()
    rates: tuple[RateConfig, ...] = ()
    log_level: str = "info"  # debug, info, warning, error or critical

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data_dir / "ringout.sqlite"

    @property
    def signing_key(self) -> Path:
        """Of JWTs and ID tokens."""
        return self.data_dir / "signing-key.pem"


def http_url(host: str, port: int) -> str:
    """Of a listener without TLS. host: a name, or an address without brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
