"""One Kamailio as the edge proxy between RingOut and the phones: it stays in every dialog by Record-Route."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from e2e.waiting import is_listening
from fakes.ports import free_port

from .programs import Program, need

_CONFIG = """
debug=2
log_stderror=yes
memdbg=5
memlog=5
children=2
tcp_children=2
tcp_connection_lifetime=60
auto_aliases=no
dns=no
rev_dns=no
use_dns_cache=no
server_header="Server: kamailio"
{globals}
{listen}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "corex.so"
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "path.so"
loadmodule "dispatcher.so"
loadmodule "sipdump.so"
{loads}
modparam("rr", "enable_double_rr", 1)
modparam("tm", "fr_timer", 1500)
modparam("tm", "fr_inv_timer", 60000)
modparam("dispatcher", "list_file", "{directory}/dispatcher.list")
modparam("dispatcher", "flags", 2)
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 2)
modparam("sipdump", "enable", 1)
modparam("sipdump", "mode", 1)
modparam("sipdump", "folder", "{directory}")
modparam("sipdump", "rotate", 86400)
{parameters}

request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    {every_request}
    if (has_totag()) {{
        if (loose_route()) {{
            t_relay();
            exit;
        }}
        if (is_method("ACK")) {{
            if (t_check_trans()) t_relay();
            exit;
        }}
        sl_send_reply("404", "Not Here");
        exit;
    }}
    t_check_trans();
    if (is_method("OPTIONS")) {{
        sl_send_reply("200", "OK");
        exit;
    }}
    {first_request}
    record_route();
    {routes}
    sl_send_reply("404", "Not Found");
}}
{more}
"""

# A phone is sent to straight, whatever domain was called.
_RELAY = """    if ($rU == "{user}") {{
        {action}
        t_relay();
        exit;
    }}
"""

# What only RingOut sends (its From names that domain) needs a password: every request but ACK, which cannot be refused.
_CHALLENGE = """if (!is_method("ACK") && $fd == "{domain}") {{
        if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{
            proxy_challenge("{realm}", "1");
            exit;
        }}
        consume_credentials();
    }}
"""


_NEXT = """
failure_route[NEXT] {
    if (t_is_canceled()) exit;
    if (t_check_status("503") || t_branch_timeout()) {
        if (ds_next_dst()) {
            t_on_failure("NEXT");
            t_relay();
            exit;
        }
    }
}
"""


@dataclass(frozen=True)
class Passed:
    """One SIP message at the proxy's socket. source, destination: ports."""

    is_received: bool
    transport: str
    source: int
    destination: int
    text: str


class Kamailio:
    """Listeners and routes are added, then it is started."""

    def __init__(self, name: str = "kamailio", port: int = 0) -> None:
        """port: 0 = a free one."""
        need("kamailio")
        self.name = name
        self.port = port or free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="kamailio-"))
        self._program = Program(name, self.directory)
        self._listen: list[tuple[str, str, int]] = []
        self._parts: dict[str, list[str]] = {}
        self._destinations: list[str] = []

    # --- configuration -------------------------------------------------------------------------------------------

    def listen(self, *transports: str, host: str = "127.0.0.1") -> Kamailio:
        """udp, tcp, tls; TLS has the port above the others' (RFC 3261 section 19.1.2)."""
        for transport in transports:
            self._listen.append((transport, host, self.port + (transport == "tls")))
        return self

    def gateway(self, transport: str = "udp", host: str = "127.0.0.1") -> str:
        """A listener as a trunk's gateway."""
        suffix = "" if transport == "udp" else f";transport={transport}"
        return f"sip:{host}:{self.port + (transport == 'tls')}{suffix}"

    def add(self, place: str, text: str) -> None:
        """Lines of the configuration. place: globals, loads, parameters, every_request, first_request, routes, more."""
        self._parts.setdefault(place, []).append(text)

    def route(self, user: str, *targets: str) -> None:
        """Who calls that user reaches the target; all targets at once when there are several."""
        first, *others = targets
        # In this order: a branch takes over the destination that is set before it.
        lines = [*(f'append_branch("sip:{user}@{one[4:]}");' for one in others), f'$du = "{first}";']
        self.add("routes", _RELAY.format(user=user, action="\n        ".join(lines)))

    def dispatch(self, user: str, *targets: str) -> None:
        """Who calls that user reaches the first target that takes it: the next after silence or a 503."""
        group = len(self._destinations) + 1
        self._destinations += [f"{group} {target} 0 {len(targets) - n}" for n, target in enumerate(targets)]
        action = f'ds_select_dst("{group}", "8"); t_on_failure("NEXT");'
        self.add("routes", _RELAY.format(user=user, action=action))
        if not any("failure_route[NEXT]" in text for text in self._parts.get("more", [])):
            self.add("more", _NEXT)

    def wants_password(self, domain: str, realm: str, password: str) -> None:
        """407 on every request from that domain, in a dialog or not."""
        self.add("every_request", _CHALLENGE.format(domain=domain, realm=realm, password=password))

    def use_tls(self, certificate: Path, key: Path, ca: Path, *, client_certificates: bool = False) -> None:
        """For its listener, and for what it connects to."""
        demand = "yes" if client_certificates else "no"
        files = f"certificate = {certificate}\nprivate_key = {key}\nca_list = {ca}\nmethod = TLSv1.2+\n"
        (self.directory / "tls.cfg").write_text(
            f"[server:default]\n{files}verify_certificate = {demand}\nrequire_certificate = {demand}\n"
            f"[client:default]\n{files}verify_certificate = yes\n"
        )
        self.add("globals", "enable_tls=yes")
        self.add("loads", 'loadmodule "tls.so"')
        self.add("parameters", f'modparam("tls", "config", "{self.directory}/tls.cfg")')

    # --- life ----------------------------------------------------------------------------------------------------

    def start(self, text: str = "") -> Kamailio:
        """Returns when its listeners are bound. text: a whole configuration instead of what was put together."""
        modules = next(one for one in Path("/usr/lib").glob("**/kamailio/modules") if one.is_dir())
        places = ("globals", "loads", "parameters", "every_request", "first_request", "routes", "more")
        listen = "\n".join(f"listen={one}:{_bracketed(host)}:{port}" for one, host, port in self._listen)
        values = {place: "\n".join(self._parts.get(place, [])) for place in places}
        config = self.directory / "kamailio.cfg"
        config.write_text(text or _CONFIG.format(listen=listen, modules=modules, directory=self.directory, **values))
        (self.directory / "dispatcher.list").write_text("\n".join([*self._destinations, ""]))
        here = self.directory
        words = ["-f", config, "-L", modules, "-DD", "-E", "-e", "-m", "32", "-M", "8", "-Y", here, "-w", here]
        self._program.start([need("kamailio"), *words])
        self._program.until(self._is_open, "Kamailio to listen")
        return self

    def _is_open(self) -> bool:
        family = self._program.family()
        kinds = {(("udp" if transport == "udp" else "tcp"), port) for transport, _, port in self._listen}
        return all(any(is_listening(kind, port, pid) for pid in family) for kind, port in kinds)

    def kill(self) -> None:
        self._program.kill()

    def close(self) -> None:
        self._program.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- looking in ----------------------------------------------------------------------------------------------

    def passed(self) -> list[Passed]:
        """Every SIP message that came in or went out, oldest first."""
        found = []
        for path in sorted(self.directory.glob("*.data")):
            for entry in path.read_text(errors="replace").replace("\r", "").split("\n" + "|" * 20 + "\n"):
                facts, _, text = entry.partition("~" * 20 + "\n")
                if text:
                    fact = dict(re.findall(r"(?m)^(\w+): ?(.*)$", facts))
                    ports = int(fact["srcport"]), int(fact["dstport"])
                    found.append(Passed(fact["tag"] == "rcv", fact["proto"].split()[0], *ports, text))
        return found

    def received(self, start: str) -> list[Passed]:
        """Those that came to it and begin like that, without copies."""
        return _first_copies(one for one in self.passed() if one.is_received and one.text.startswith(start))

    def sent(self, start: str) -> list[Passed]:
        return _first_copies(one for one in self.passed() if not one.is_received and one.text.startswith(start))

    def report(self) -> str:
        passed = [f"{one.source} -> {one.destination} {one.transport}\n{one.text}" for one in self.passed()]
        return f"{self.name}:\n{self._program.screen()[-3000:]}\n" + "\n".join(passed)[-8000:]


def _first_copies(messages: Iterable[Passed]) -> list[Passed]:
    """What was sent again is of the same transaction, though the answer to it may have another nonce."""
    found: dict[tuple[str, ...], Passed] = {}
    for one in messages:
        about = re.findall(r"(?mi)^(?:via|call-id|cseq) *:.*$", one.text)
        found.setdefault((one.text.partition("\n")[0], str(one.destination), *about), one)
    return list(found.values())


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
