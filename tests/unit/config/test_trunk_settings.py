"""Settings of where calls go: gateways, name servers, OPTIONS, registration."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringout.config import TrunkConfig
from ringout.config_file import ConfigMistakes, load_config
from ringout.engine.trunks import Trunk
from ringout.net.resolver import parse_nameserver

LISTENERS = '"udp:127.0.0.1:5060", "tcp:127.0.0.1:5060", "tls:127.0.0.1:5061", "tls:[::1]:5061"'
# Any file in which both seem to stand; only who starts TLS reads them.
_PEM = "# -----BEGIN CERTIFICATE----- -----BEGIN PRIVATE KEY-----"
BY_TLS = f'{_PEM}\n[sip]\nlisten = [{LISTENERS}]\ntls_certificate = "ringout.toml"\n'
HEAD = '[[trunks]]\nname = "a"\n'
ONE = HEAD + 'gateways = ["sip:a"]\nusername = "u"\npassword = "p"\n'


def mistakes(directory: Path, text: str) -> list[str]:
    file = directory / "ringout.toml"
    file.write_text(text)
    try:
        load_config(file, {})
    except ConfigMistakes as found:
        return [mistake.setting for mistake in found.mistakes]
    return []


@pytest.mark.parametrize(
    "gateway",
    [
        "sip:carrier.example",
        "sip:carrier.example:5070;transport=tcp",
        "sip:[2001:db8::1];transport=tls",
        "sips:carrier.example",
        "sips:192.0.2.1:5071;transport=tcp",
    ],
)
def test_gateways(tmp_path: Path, gateway: str) -> None:
    assert mistakes(tmp_path, f'{BY_TLS}{HEAD}gateways = ["{gateway}"]') == []
    assert Trunk(TrunkConfig("a", (gateway,)), "us").gateways[0].uri() == gateway.replace(";transport=udp", "")


@pytest.mark.parametrize(
    "gateway",
    [
        "carrier.example",
        "sip:a;transport=sctp",
        "sip:a;transport=ws",
        "sips:a;transport=udp",
        "sip:192.0.2.300",
        "sip:[2001:db8::1::2]",
        "sip:u@a",
        "sip:a:0",
        "sip:",
    ],
)
def test_what_is_no_gateway(tmp_path: Path, gateway: str) -> None:
    assert mistakes(tmp_path, f'{HEAD}gateways = ["{gateway}"]') == ["trunks.1.gateways"]
    assert mistakes(tmp_path, f'{ONE}register = true\nregistrar = "{gateway}"') == ["trunks.1.registrar"]


@pytest.mark.parametrize(
    ("gateway", "listener", "right"),
    [
        ("sip:192.0.2.1", "tcp:192.0.2.10:5060", False),
        ("sip:carrier.example", "tcp:192.0.2.10:5060", True),  # DNS may lead to TCP
        ("sip:carrier.example:5070", "tcp:192.0.2.10:5060", False),
        ("sip:carrier.example;transport=tcp", "udp:192.0.2.10:5060", False),
        ("sip:carrier.example;transport=tcp", "tcp:[::]:5060", True),
        ("sip:[2001:db8::1]", "udp:192.0.2.10:5060", False),
        ("sip:[2001:db8::1]", "udp:[::]:5060", True),
        ("sip:192.0.2.1", "udp:[::]:5060", False),
        ("sip:192.0.2.1", "udp:sip.ringout.example:5060", True),
    ],
)
def test_a_gateway_needs_a_listener_of_its_transport(tmp_path: Path, gateway: str, listener: str, right: bool) -> None:
    text = f'[sip]\nlisten = ["{listener}"]\n{HEAD}gateways = ["{gateway}"]'
    assert mistakes(tmp_path, text) == ([] if right else ["trunks.1.gateways"])


@pytest.mark.parametrize(
    ("server", "right"),
    [
        ("192.0.2.53", True),
        ("192.0.2.53:5353", True),
        ("2001:db8::53", True),
        ("[2001:db8::53]:5353", True),
        ("dns.example", False),
        ("192.0.2.53:0", False),
        ("192.0.2.53:99999", False),
        ("192.0.2.53:", False),
        ("0.0.0.0", False),
        ("[x]:53", False),
        ("", False),
    ],
)
def test_name_servers(tmp_path: Path, server: str, right: bool) -> None:
    assert mistakes(tmp_path, f'[sip]\nnameservers = ["{server}"]') == ([] if right else ["sip.nameservers"])
    if right:
        parse_nameserver(server)


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ("options_seconds = 30\noptions_misses = 3", []),
        ("options_seconds = -1", ["trunks.1.options_seconds"]),
        ("options_misses = 0", ["trunks.1.options_misses"]),
        ("register = true", []),
        ('register = true\nregister_as = "sip:+16505550100@carrier.example"\nregister_seconds = 600', []),
        ('register = true\nregister_contacts = ["sip:a@192.0.2.1:5060;transport=tcp"]', []),
        ("register = true\nregister_seconds = 5", ["trunks.1.register_seconds"]),
        ('register = true\nregister_as = "carrier.example"', ["trunks.1.register_as"]),
        ('register = true\nregister_as = "sip:a@b>"', ["trunks.1.register_as"]),
        ('register = true\nregister_contacts = ["sip:b"]', ["trunks.1.register_contacts"]),
        ('identity_headers = ["Remote-Party-ID", "Remote-Party-ID"]', ["trunks.1.identity_headers"]),
        ('registrar = "sip:b"', ["trunks.1"]),
        ('register_as = "sip:a@b"', ["trunks.1"]),
    ],
)
def test_options_and_registration(tmp_path: Path, lines: str, wrong: list[str]) -> None:
    assert mistakes(tmp_path, ONE + lines) == wrong


def test_a_registration_is_somebodys(tmp_path: Path) -> None:
    nobody = f'{HEAD}gateways = ["sip:a"]\nregister = true\n'
    assert mistakes(tmp_path, nobody) == ["trunks.1.register"]
    assert mistakes(tmp_path, nobody + 'register_as = "sip:acme@carrier.example"') == []
