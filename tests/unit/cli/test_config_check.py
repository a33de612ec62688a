"""`ringout config check`: what it says of a configuration that could be used, and of certificates that cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.certificates import Authority
from ringout.cli.failures import OK, USAGE
from ringout.cli.main import run

_TLS = '[sip]\nlisten = ["udp:127.0.0.1:5060", "tls:127.0.0.1:5061"]\ntls_certificate = "{}"\n'
_TRUNK = '[[trunks]]\nname = "pbx"\ngateways = ["{}"]\nmedia = "{}"\n'


def check(directory: Path, text: str) -> int:
    file = directory / "ringout.toml"
    file.write_text(text)
    return run(["config", "check", "--config", str(file)])


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            '[sip]\nlisten = ["ws:127.0.0.1:5080"]',
            'Phones in browsers cannot be rung: that needs [media] engine = "rtp',
        ),
        ('[[media.rtpengine]]\nname = "a"\ncontrol = "127.0.0.1:22222"', "No [[media.rtpengine]] is used"),
        (
            '[sip]\nlisten = ["udp:127.0.0.1:5060", "udp:203.0.113.9:5060"]',
            "203.0.113.9 ([sip] listen) is no address of this machine",
        ),
        ('[media]\naddress = "203.0.113.9"', "203.0.113.9 ([media] address) is no address of this machine"),
        ("[sip]\ntls_verify = false", "whoever is on the way can listen in"),
        (_TRUNK.format("sip:pbx.example", "srtp"), 'The keys of the audio of "pbx" are sent in clear text'),
    ],
)
def test_what_may_be_meant_so_is_told(tmp_path: Path, text: str, note: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, text) == OK
    assert note in capsys.readouterr().out
    assert check(tmp_path, _TRUNK.format("sip:pbx.example", "rtp")) == OK
    assert note not in capsys.readouterr().out


def test_certificates_are_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    authority = Authority(tmp_path)
    good, other = authority.issue("sip.ringout.example"), authority.issue("other.example", file="other")
    assert check(tmp_path, _TLS.format(good.certificate) + f'tls_key = "{other.key}"\n') == USAGE
    assert f"cannot use the certificate {good.certificate}" in capsys.readouterr().err
    assert check(tmp_path, _TLS.format(good.certificate) + f'tls_key = "{good.key}"\n') == OK


_BROWSERS = """
[sip]
listen = ["udp:127.0.0.1:5060", "wss:{host}:7443"]
tls_certificate = "{certificate}"
tls_key = "{key}"
[media]
engine = "rtpengine"
[[media.rtpengine]]
name = "one"
control = "127.0.0.1:22222"
"""


def test_browsers_are_told_a_name_that_the_certificate_can_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issued = Authority(tmp_path).issue("sip.ringout.example")
    by_address = _BROWSERS.format(host="127.0.0.1", certificate=issued.certificate, key=issued.key)
    note = 'Browsers are told "wss:127.0.0.1:7443"'
    reached_at = '[phones]\nreached_at = ["wss:sip.ringout.example:7443"]'
    for text, expected in (
        (by_address, True),
        (by_address + reached_at, False),
        (by_address.replace("wss:127.0.0.1", "wss:0.0.0.0"), False),
    ):
        assert check(tmp_path, text) == OK
        assert (note in capsys.readouterr().out) is expected
