"""Every setting, with its unit and default. Loading and checking a file is in ringout.cli's `config check` too."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# Destinations that toll fraud likes and a call-back service hardly ever needs: premium-rate numbers of the United
# States, satellite networks, international networks and premium services.
USUALLY_BLOCKED = ("+1900", "+1976", "+870", "+878", "+881", "+882", "+883", "+888", "+979")

# Loopback, private and link-local addresses: nobody outside a NAT has one.
PRIVATE_NETWORKS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)

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
    """The SIP user agent's listeners. Transports are udp, tcp, tls, and for phones in browsers ws and wss."""

    listen: tuple[str, ...] = ("udp:127.0.0.1:5060", "tcp:127.0.0.1:5060")  # transport:host:port, port 0 = any free
    public_address: str | None = None  # IP that a NAT in front of us shows outside; peers are told it instead of ours
    local_networks: tuple[str, ...] = PRIVATE_NETWORKS  # peers in these are on our side of that NAT
    tls_certificate: Path | None = None  # PEM, ours with its chain, for tls and wss; a changed file is taken up at once
    tls_key: Path | None = None  # PEM without a passphrase; None = it stands in tls_certificate
    tls_ca: Path | None = None  # PEM, who may sign the certificates of peers; None = whom the system trusts
    tls_verify: bool = True  # a gateway's certificate must be valid and name it; false lets anybody in between listen
    tls_client_certificates: bool = False  # whoever connects by tls or wss must show a certificate (mutual TLS)
    websocket_origins: tuple[str, ...] = ()  # web pages that may connect, e.g. https://ringout.example; empty = any
    keep_alive_seconds: float = 30.0  # silence after which a connection is tried with a ping; 0 = never
    user_agent: str = "RingOut"  # User-Agent and Server header
    nameservers: tuple[str, ...] = ()  # IP[:port] of DNS servers for the names of gateways; none = the system's
    t1_seconds: float = 0.5  # estimated round trip, RFC 3261 section 17.1.1.1; an INVITE gives up after 64 times that
    t2_seconds: float = 4.0  # longest interval between retransmissions of other requests
    t4_seconds: float = 5.0  # longest time that a message stays in the network
    max_message_bytes: int = 65536  # a longer SIP message is not read
    session_expires_seconds: int = 1800  # a call that its peers do not refresh so often ends (RFC 4028); 0 = never so


@dataclass(frozen=True, slots=True)
class RtpengineConfig:
    """One rtpengine (10.5 or newer). Whoever reaches its control port rules it: loopback or a private network only."""

    name: str  # unique; stands in logs
    control: str  # IP:port of its listen-ng
    weight: int = 1  # share of the calls; 0 = none as long as another is up
    prompts: str = ""  # directory of LANGUAGE/NAME.wav on its machine; empty = each sound is sent when it is played


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """The media engine: our own, or rtpengines. What names ports, workers and sources is about our own only."""

    engine: str = "embedded"  # "embedded" = our own, "rtpengine" = those of [[media.rtpengine]]
    address: str = "127.0.0.1"  # IP that our SDP names and RTP is received on
    address6: str | None = None  # IPv6 besides an IPv4 address, for phones and gateways whose SIP comes by IPv6
    public_address: str | None = None  # IP that SDP names to peers outside a NAT; None = [sip] public_address
    first_port: int = 20000  # RTP on even ports, RTCP on the next
    last_port: int = 29999  # four ports for each live call
    workers: int = 1  # media processes
    spare_pairs: int = 512  # port pairs that each process holds ready: for half as many calls that begin at once
    silence_seconds: float = 60.0  # a leg without RTP for that long ends the call; 0 = never
    codecs: tuple[str, ...] = ("PCMU", "PCMA")  # the preferred first; "G722" and "opus" where both phones have them
    rtp_sources: tuple[str, ...] = ()  # networks whose RTP counts besides what a phone's SDP and its SIP come from
    prompts: Path | None = None  # directory of LANGUAGE/NAME.wav that override the shipped ones
    digits_listen: str = "127.0.0.1:22223"  # IP:port where rtpengines tell key presses: their dtmf-log-dest
    ping_seconds: float = 2.0  # between two looks at each rtpengine
    rtpengine: tuple[RtpengineConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class CallConfig:
    """Times and limits of a RingOut."""

    caller_ring_seconds: float = 45.0  # how long the caller's phone rings before it counts as NoAnswer
    callee_ring_seconds: float = 60.0  # the same for the callee's
    prompt_attempts: int = 3  # times the prompt is played before the caller is told and hung up
    prompt_wait_seconds: float = 5.0  # silence after each prompt before the next attempt
    max_call_seconds: float = 14400.0  # a connected call is hung up after that
    max_live_calls: int = 1000  # then POST is 503 with Retry-After; each phone that rings with others counts as one
    keep_results_seconds: float = 600.0  # an ended RingOut can be read for that long, then it is 404
    keep_log_days: float = 30.0  # how long it stays in the call log
    drain_seconds: float = 30.0  # after SIGTERM live calls may go on for that long
    language: str = "en"  # of the prompts
    country: str = "us"  # ISO 3166; home country of national numbers, ringback tone


@dataclass(frozen=True, slots=True)
class TrunkConfig:
    """A way out. Gateways are tried in order: next on transport failure, timeout or 503 before any 18x."""

    name: str  # unique; stands in logs
    gateways: tuple[str, ...]  # sip:host[:port][;transport=tcp|tls] or sips:; a domain alone is looked up (RFC 3263)
    prefixes: tuple[str, ...] = ("+",)  # E.164 prefixes it serves; the longest match of all trunks wins
    username: str | None = None  # for digest authentication; None = the carrier knows our address
    password: str | None = field(default=None, repr=False)  # goes with username
    number_format: str = "+e164"  # "+e164" +16505550100, "e164" 16505550100, "national" 6505550100, abroad 01144...
    country: str | None = None  # ISO 3166; where "national" numbers are at home; None = [call] country
    number_prefix: str = ""  # put before every number dialled, e.g. "9"
    from_domain: str | None = None  # host of From and identity_headers; None = our address
    identity_headers: tuple[str, ...] = ("P-Asserted-Identity",)  # by which a trusted trunk learns who calls; [] = none
    media: str = "rtp"  # "srtp": encrypted or not at all; "srtp-optional": where the far side can; keys go in the SDP
    gateway_timeout_seconds: float = 32.0  # without any response for that long: the next gateway (64*T1 is the RFC's)
    options_seconds: float = 0.0  # ask each gateway by OPTIONS that often whether it is there; 0 = never
    options_misses: int = 2  # in a row without a good answer: the gateway is down, and called only for want of others
    register: bool = False  # register with the registrar, or with each gateway, by username and password
    registrar: str | None = None  # whom to register with, written as a gateway; None = each gateway
    register_as: str | None = None  # sip:user@domain to be registered; None = username at from_domain or the registrar
    register_seconds: int = 3600  # how long a registration is asked to hold; it is refreshed before
    register_contacts: tuple[str, ...] = ()  # further sip: URIs to be bound besides our own address


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """A phone of the user that registers here."""

    username: str  # unique; user part of its address, and what it authenticates with
    password: str = field(repr=False)  # 12 characters at least
    name: str = ""  # shown to its user; "" = the username


@dataclass(frozen=True, slots=True)
class ExtensionConfig:
    """A user of the API. Applied when it is new here or has changed here; else what was changed elsewhere stands."""

    extension: str  # "101"
    password: str | None = field(default=None, repr=False)  # for the password grant with MAIN + extension
    name: str = ""  # display name
    email: str = ""  # may be used to log in as well
    forwarding_numbers: tuple[str, ...] = ()  # E.164, or SIP addresses at [phones] hosts; the first is the default
    caller_ids: tuple[str, ...] = ()  # numbers of its own, which it may show besides the main number
    caller_id: str = "main"  # when a request names none: "main", "current" (the from number), "blocked", or a number
    devices: tuple[DeviceConfig, ...] = ()  # phones that register here
    ring: str | None = None  # "first" phone rings for the user, or all "in-order", "at-once"; None = the user says
    ring_count: int = 4  # of 5 seconds, for each of several phones
    ring_by_default: bool = False  # several ring for a request that names no phone, too


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
class PhonesConfig:
    """Phones of one's own: devices that register here, and phones that are SIP addresses."""

    domain: str | None = None  # of their addresses, told to browser phones; None = the host that they ask
    reached_at: tuple[str, ...] = ()  # transport:host:port of listeners as phones see them; none = as listened on
    min_expires_seconds: int = 60  # a registration for less is refused with 423
    max_expires_seconds: int = 3600  # and one for more is shortened
    max_places: int = 10  # of one device at the same time; of more the oldest goes
    digest: tuple[str, ...] = ("SHA-256", "MD5")  # how they authenticate, best first; many know MD5 alone
    answer_seconds: float = 8.0  # a phone that has not even said 100 by then is not there; its next place is tried
    hosts: tuple[str, ...] = ()  # names and IPs that a user's phone may be at as a SIP address; none = no such phones
    stun: tuple[str, ...] = ()  # host:port of STUN servers, told to browser phones
    nat_seconds: float = 25.0  # so often a phone behind a NAT is asked by UDP, lest the NAT forget it; 0 = never


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
    phones: PhonesConfig = PhonesConfig()
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


def phone_hosts(config: Config) -> tuple[str, ...]:
    """Where phones may be that are SIP addresses, as domain.policy wants them: lower case, IPv6 without brackets."""
    return tuple(host.lower().strip("[]") for host in config.phones.hosts)
