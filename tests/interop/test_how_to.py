"""The configuration files of the how-to pages, run as they stand there but for addresses and ports."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import CONNECTED, ENDED
from e2e.server import EXTENSION, PASSWORD
from fakes.certificates import Authority

from .asterisk import Asterisk
from .kamailio import Kamailio
from .lab import CALLEE, CALLER, HIGH_HZ, LOW_HZ, Lab, hears

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


def blocks(page: str) -> dict[str, dict[str, str]]:
    """Heading -> name of a file -> what stands in it. What comes before the first heading has the page's title."""
    found: dict[str, dict[str, str]] = {}
    for section in re.split(r"(?m)^##? ", (HOW_TO / page).read_text()):
        heading, _, text = section.partition("\n")
        files = re.findall(r"(?ms)^`(?:/\S+/)?([\w.]+)`[^\n]*:\n\n```\w*\n(.*?)^```$", text)
        found[heading] = dict(files)
    return found


def moved(text: str, addresses: dict[str, str]) -> str:
    for old, new in addresses.items():
        text = text.replace(old, new)
    return text


class Documented:
    """An Asterisk with the page's files, two phones behind it, and RingOut's port before it has started."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.ringout_port = lab, lab.port()
        self.page = blocks("connect-asterisk.md")
        self.asterisk = lab.add(Asterisk())
        self.caller = lab.baresip(CALLER, LOW_HZ).answers()
        self.callee = lab.baresip(CALLEE, HIGH_HZ).answers()
        for phone in (self.caller, self.callee):
            self.asterisk.peer(phone.number[-4:], f"sip:{phone.number}@127.0.0.1:{phone.port}")
        self.addresses = {
            "192.0.2.20:5060": f"127.0.0.1:{self.asterisk.claim('udp')}",
            "192.0.2.20:5061": f"127.0.0.1:{self.asterisk.claim('tls')}",
            "192.0.2.10:5060": f"127.0.0.1:{self.ringout_port}",
            "192.0.2.10": "127.0.0.1",
        }
        self.trunk = self.page["Asterisk as the trunk"]

    def configure(self, pjsip: str, extensions: str) -> None:
        self.asterisk.append("pjsip.conf", moved(pjsip, self.addresses))
        self.asterisk.append("extensions.conf", moved(extensions, self.addresses))
        if "transport-tls" not in pjsip:
            self.asterisk.disclaim("tls")
        self.asterisk.start()

    def serve(self, toml: str, **settings: Any) -> None:
        read = tomllib.loads(moved(toml, self.addresses))
        listen = [f"udp:127.0.0.1:{self.ringout_port}", "tcp:127.0.0.1:PORT", "udp:127.0.0.1:PORT", "tls:127.0.0.1:0"]
        authority = Authority(self.lab.directory, "ringout-authority")
        issued = authority.issue("127.0.0.1", file="ringout")
        sip = {"listen": listen, "tls_certificate": str(issued.certificate), "tls_key": str(issued.key)}
        self.lab.ring_out(*read["trunks"], sip=sip | settings.pop("sip", {}), **settings)

    def works(self, caller: str = CALLER) -> None:
        call = self.lab.place(caller, CALLEE)
        call.until(CONNECTED)
        hears(self.caller, HIGH_HZ, LOW_HZ)
        hears(self.callee, LOW_HZ, HIGH_HZ)
        self.callee.hang_up()
        call.until(ENDED)


def sections(pjsip: str) -> dict[tuple[str, str], str]:
    """(name, type) -> text of a section."""
    parts = [part for part in re.split(r"(?m)^(?=\[)", pjsip) if part.strip()]
    return {(re.findall(r"\[(.*?)\]", part)[0], re.findall(r"type = (\w+)", part)[0]): part for part in parts}


def test_asterisk_as_the_trunk(lab: Lab) -> None:
    documented = Documented(lab)
    documented.serve(documented.trunk["ringout.toml"])  # first: Asterisk's next question would be half a minute later
    documented.configure(documented.trunk["pjsip.conf"], documented.trunk["extensions.conf"])
    documented.works()
    documented.asterisk.until_says(" Avail ", "pjsip show contacts", 60)


def test_asterisk_encrypted(lab: Lab, tmp_path: Path) -> None:
    documented = Documented(lab)
    files = documented.page["Encrypted"]
    authority = Authority(tmp_path)
    issued = authority.issue("127.0.0.1", file="asterisk")
    documented.addresses["/etc/asterisk/keys/asterisk.pem"] = str(issued.certificate)
    documented.addresses["/etc/asterisk/keys/asterisk.key"] = str(issued.key)
    merged = {**sections(documented.trunk["pjsip.conf"]), **sections(files["pjsip.conf"])}
    documented.configure("\n".join(merged.values()), documented.trunk["extensions.conf"])
    documented.serve(files["ringout.toml"], sip={"tls_ca": str(authority.ca)})
    documented.works()


def test_asterisk_with_a_registration(lab: Lab) -> None:
    documented = Documented(lab)
    files = documented.page["With a password, registered"]
    merged = {**sections(documented.trunk["pjsip.conf"]), **sections(files["pjsip.conf"])}
    documented.configure("\n".join(merged.values()), documented.trunk["extensions.conf"])
    documented.serve(files["ringout.toml"])
    documented.asterisk.until_says("ringout/sip:ringout@", "pjsip show contacts")
    documented.works()


def test_asterisk_as_a_phone(lab: Lab) -> None:
    documented = Documented(lab)
    files = documented.page["Asterisk as a user's phone"]
    extension = tomllib.loads(files["ringout.toml"])["account"]["extensions"][0]
    documented.serve(documented.trunk["ringout.toml"], account={"extensions": [{**extension, "password": PASSWORD}]})
    documented.configure(
        documented.trunk["pjsip.conf"] + files["pjsip.conf"],
        documented.trunk["extensions.conf"] + files["extensions.conf"],
    )
    documented.asterisk.until_says("Registered", "pjsip show registrations")
    documented.works(EXTENSION)


@pytest.mark.parametrize("password", [False, True])
def test_kamailio_in_front(lab: Lab, password: bool) -> None:
    """The page's proxy, with an Asterisk as the carrier behind it."""
    page = blocks("connect-kamailio.md")
    config, toml = (page["Put a Kamailio in front"][name] for name in ("kamailio.cfg", "ringout.toml"))
    documented = Documented(lab)
    # To this carrier everybody is known by the proxy's address, which is 127.0.0.1 as well.
    documented.configure(documented.trunk["pjsip.conf"], documented.trunk["extensions.conf"])
    proxy = lab.add(Kamailio())
    trunk = tomllib.loads(toml)["trunks"][0]
    if password:
        challenge = re.findall(
            r"(?ms)^## With a password\n.*?```\n(.*?)```", (HOW_TO / "connect-kamailio.md").read_text()
        )
        config = config.replace("    t_check_trans();\n", "    t_check_trans();\n" + challenge[0], 1)
        config = config.replace('loadmodule "path.so"', 'loadmodule "path.so"\nloadmodule "auth.so"')
        trunk |= {"username": "edge", "password": "a-long-secret"}
    addresses = {**documented.addresses, "192.0.2.30:5060": f"127.0.0.1:{proxy.port}"}
    proxy.listen("udp", "tcp").start(moved(config, addresses))
    trunk["gateways"] = [moved(one, addresses) for one in trunk["gateways"]]
    lab.ring_out(
        trunk, sip={"listen": [f"udp:127.0.0.1:{documented.ringout_port}", "tcp:127.0.0.1:PORT", "udp:127.0.0.1:PORT"]}
    )
    documented.works()
