"""Mistakes that people make with trunks, phones and media: each is told once, with its line and the right value where
that can be known."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringout.config_file import ConfigMistakes, load_config

TRUNK = '[[trunks]]\nname = "a"\ngateways = ["sip:a.example"]\n'
USER = '[[account.extensions]]\nextension = "101"\n'
DEVICE = USER + '[[account.extensions.devices]]\nusername = "ann"\npassword = "{}"\n'
CERTIFICATE, KEY = "-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----"
FILES = {
    "both.pem": f"{CERTIFICATE}\n{KEY}",
    "certificate.pem": CERTIFICATE,
    "key.pem": KEY,
    "locked.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    "notes.txt": "buy milk",
}
TLS = '[sip]\nlisten = ["tls:127.0.0.1:5061"]\n'


def gateway(value: str) -> str:
    return f'[[trunks]]\nname = "a"\ngateways = ["{value}"]\n'


def mistakes(directory: Path, text: str) -> list[str]:
    for name, content in FILES.items():
        (directory / name).write_text(content)
    file = directory / "ringout.toml"
    file.write_text(text)
    with pytest.raises(ConfigMistakes) as caught:
        load_config(file, {})
    return [str(mistake).removeprefix(f"{file}:") for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    ("text", "line", "instead"),
    [
        # names
        (TRUNK + 'usrname = "u"\npassword = "p"', 4, "username"),
        ('[[trunk]]\nname = "a"\ngateways = ["sip:a.example"]', 1, "[[trunks]]"),
        ('[[trunks]]\nname = "a"\ngateway = "sip:a.example"', 3, "gateways"),
        (USER + '[[account.extensions.device]]\nusername = "a"', 3, "[[account.extensions.devices]]"),
        ('[sip]\ncodecs = ["PCMU"]', 2, "it below [media]"),
        ('gateways = ["sip:a.example"]', 1, "it below [[trunks]]"),
        (TRUNK + 'name = "b"', 4, "each setting once"),
        # kinds of values
        ('[[trunks]]\nname = "a"\ngateways = "sip:a.example"', 3, '["sip:a.example"]'),
        (TRUNK + "prefixes = [1, 44]", 4, "each text of it in quotes"),
        ("[[account.extensions]]\nextension = 101", 2, '"101", in quotes'),
        ('[http]\nport = "8080"', 2, "8080, without quotes"),
        (TRUNK + 'gateway_timeout_seconds = "2.5"', 4, "2.5, without quotes"),
        # gateways
        (gateway("sip1.carrier.example"), 3, '"sip:sip1.carrier.example"'),
        (gateway("sip1.carrier.example:5080"), 3, '"sip:sip1.carrier.example:5080"'),
        (gateway("sip:acme@carrier.example"), 3, '"sip:carrier.example", and the user in username'),
        (gateway("udp:192.0.2.1:5060"), 3, '"sip:192.0.2.1:5060"'),
        (gateway("tls:carrier.example:5061"), 3, '"sip:carrier.example:5061;transport=tls"'),
        (gateway("SIP:carrier.example"), 3, '"sip:carrier.example"'),
        (gateway("sip:carrier.example;transport=UDP"), 3, '"sip:carrier.example;transport=udp"'),
        (gateway("sip:2001:db8::1"), 3, '"sip:[2001:db8::1]"'),
        (gateway("2001:db8::1"), 3, '"sip:[2001:db8::1]"'),
        (gateway("sip:carrier.example:99999"), 3, "sip:host[:port]"),
        (gateway("sip:carrier.example;transport=ws"), 3, "sip:host[:port]"),
        # other settings of trunks
        (TRUNK + 'number_format = "+E164"', 4, '"+e164"'),
        (TRUNK + 'number_format = "E.164"', 4, 'one of "+e164", "e164", "national"'),
        (TRUNK + 'identity_headers = ["P-Asserted-Identiy"]', 4, '"P-Asserted-Identity"'),
        (TRUNK + 'media = "SRTP"', 4, '"srtp"'),
        (TRUNK + 'prefixes = ["1650"]', 4, '"+1650"'),
        (TRUNK + 'prefixes = ["0049"]', 4, '"+49"'),
        (TRUNK + 'country = "US"', 4, '"us"'),
        (TRUNK + 'country = "germany"', 4, 'two letters, e.g. "us"'),
        # listeners and TLS
        ('[sip]\nlisten = ["127.0.0.1:5060"]', 2, '"udp:127.0.0.1:5060"'),
        ('[sip]\nlisten = ["tcp:127.0.0.1"]', 2, '"tcp:127.0.0.1:5060"'),
        ('[sip]\nlisten = ["UDP:127.0.0.1:5060"]', 2, '"udp:127.0.0.1:5060"'),
        ('[sip]\nlisten = ["udp:*:5060"]', 2, '"udp:0.0.0.0:5060"'),
        ('[sip]\nlisten = ["udp:2001:db8::1:5060"]', 2, '"udp:[2001:db8::1]:5060"'),
        ('[sip]\nlisten = ["udp:192.0.2.300:5060"]', 2, "transport:host:port"),
        ('[sip]\nlisten = ["udp:127.0.0.1:20000"]', 2, "a port beside [media] first_port to last_port"),
        ('[sip]\nlisten = ["tcp:127.0.0.1:8080"]', 2, "another port"),
        ("[http]\nport = 8080\n[admin]\nport = 8080", 4, "another one, e.g. port = 8081"),
        ('[sip]\nlocal_networks = ["10.1.2.3/8"]', 2, '"10.0.0.0/8"'),
        (TLS + 'tls_certificate = "notes.txt"\ntls_key = "key.pem"', 3, "a PEM file with -----BEGIN CERTIFICATE-----"),
        (TLS + 'tls_certificate = "certificate.pem"', 3, "tls_key with the PEM file of its key"),
        (TLS + 'tls_certificate = "certificate.pem"\ntls_key = "notes.txt"', 4, "a PEM file with -----BEGIN PRIVATE"),
        (TLS + 'tls_certificate = "certificate.pem"\ntls_key = "locked.pem"', 4, "a file with the key in clear"),
        (TLS + 'tls_certificate = "both.pem"\ntls_ca = "key.pem"', 4, "a PEM file with -----BEGIN CERTIFICATE-----"),
        # media
        ('[media]\ncodecs = ["pcmu"]', 2, '"PCMU"'),
        ('[media]\ncodecs = ["PCMU", "G.722"]', 2, '"G722"'),
        ('[media]\ncodecs = ["PCMU", "G729"]', 2, 'one of "PCMU", "PCMA", "G722", "opus"'),
        ('[media]\nengine = "rtp-engine"', 2, '"rtpengine"'),
        ('[media]\naddress6 = "[2001:db8::10]"', 2, '"2001:db8::10"'),
        # phones and users
        ('[phones]\ndigest = ["sha256"]', 2, '"SHA-256"'),
        (USER + 'forwarding_numbers = ["+1 (650) 555-0101"]', 3, '"+16505550101"'),
        (USER + 'forwarding_numbers = ["0049301234567"]', 3, '"+49301234567"'),
        (USER + 'forwarding_numbers = ["16505550101"]', 3, '"+16505550101"'),
        (USER + 'forwarding_numbers = ["6505550101"]', 3, "a + and 5 to 15 digits with the country code"),
        (USER + 'forwarding_numbers = ["ann@pbx.example"]', 3, '"sip:ann@pbx.example"'),
        (DEVICE.format("short"), 5, "12 to 128"),
    ],
)  # fmt: skip
def test_what_is_told(tmp_path: Path, text: str, line: int, instead: str) -> None:
    (told,) = mistakes(tmp_path, text)
    assert told.startswith(f"{line}: ")
    assert f" Write {instead}" in told


def test_what_is_right_is_left_alone(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    file = tmp_path / "ringout.toml"
    for text in (
        TLS + 'tls_certificate = "both.pem"\ntls_ca = "certificate.pem"',
        TLS + 'tls_certificate = "certificate.pem"\ntls_key = "key.pem"',
        '[sip]\nlisten = ["udp:127.0.0.2:20000", "udp:0.0.0.0:0"]\n[http]\nport = 5060',
        '[sip]\nlisten = ["udp:127.0.0.1:20000"]\n[media]\nengine = "rtpengine"\n'
        '[[media.rtpengine]]\nname = "a"\ncontrol = "127.0.0.1:22222"',
    ):
        file.write_text(text)
        load_config(file, {})
