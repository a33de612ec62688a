"""[phones], [[account.extensions.devices]] and SIP addresses in the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringout.config import Config, DeviceConfig, PhonesConfig, phone_hosts
from ringout.config_file import ConfigMistakes, load_config

_ACCOUNT = '[account]\n[[account.extensions]]\nextension = "101"\n'
_DEVICE = f'{_ACCOUNT}[[account.extensions.devices]]\nusername = "desk"\npassword = "a-very-long-password"\n'


def load(tmp_path: Path, text: str, **environ: str) -> Config:
    file = tmp_path / "ringout.toml"
    file.write_text(text)
    return load_config(file, environ)


def test_all_of_it_is_read(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        f"""
        [phones]
        domain = "pbx.example"
        reached_at = ["wss:phones.example:443", "udp:[2001:db8::1]:5060"]
        max_expires_seconds = 600
        digest = ["MD5"]
        hosts = ["PBX.example", "[2001:DB8::2]"]
        stun = ["stun.example:3478"]
        nat_seconds = 20
        {_ACCOUNT}
        forwarding_numbers = ["sip:ann@pbx.example", "+16505550101"]
        [[account.extensions.devices]]
        username = "desk"
        password = "a-very-long-password"
        """,
        RINGOUT_PHONES_ANSWER_SECONDS="3",
    )
    assert config.phones == PhonesConfig(
        "pbx.example", ("wss:phones.example:443", "udp:[2001:db8::1]:5060"), max_expires_seconds=600, digest=("MD5",),
        answer_seconds=3.0, hosts=("PBX.example", "[2001:DB8::2]"), stun=("stun.example:3478",), nat_seconds=20.0,
    )  # fmt: skip
    assert phone_hosts(config) == ("pbx.example", "2001:db8::2")
    assert config.account.extensions[0].devices == (DeviceConfig("desk", "a-very-long-password"),)


def test_the_password_of_a_device_can_come_from_the_environment(tmp_path: Path) -> None:
    variable = {"RINGOUT_ACCOUNT_EXTENSIONS_101_DEVICES_DESK_PASSWORD": "from-the-environment"}
    config = load(tmp_path, _DEVICE, **variable)
    assert config.account.extensions[0].devices[0].password == "from-the-environment"


@pytest.mark.parametrize(
    ("text", "what", "instead"),
    [
        ('[phones]\ndomain = "a b"', "is not a host name", "pbx.example"),
        ('[phones]\nhosts = ["sip:pbx.example"]', "is not a host name", "pbx.example"),
        ('[phones]\nreached_at = ["phones.example"]', "is not where phones reach", "wss:phones.example:443"),
        ('[phones]\nreached_at = ["wss:phones.example:99999"]', "is not where phones reach", "wss:phones.example:443"),
        ('[phones]\nstun = ["stun:stun.example:3478"]', "is not host:port", "without scheme"),
        ('[phones]\nstun = ["stun.example"]', "is not host:port", "stun.example:3478"),
        ('[phones]\ndigest = ["SHA-1"]', "is not one of the values", "SHA-256"),
        ("[phones]\ndigest = []", "is empty", "SHA-256"),
        ("[phones]\nmax_places = 0", "is out of range", "1 to 100"),
        ("[phones]\nmin_expires_seconds = 600\nmax_expires_seconds = 300", "is longer than", "3600"),
        (_ACCOUNT + 'forwarding_numbers = ["sip:ann@pbx.example"]', "[phones] hosts does not name", "pbx.example"),
        (
            '[phones]\nhosts = ["pbx.example"]\n' + _ACCOUNT + 'forwarding_numbers = ["sips:ann@pbx.example"]',
            "is reached by TLS",
            "tls:192.0.2.10:5061",
        ),
        (_ACCOUNT + 'forwarding_numbers = ["ann-desk"]', "is not a phone number", "or a SIP address"),
        (_ACCOUNT + "ring_by_default = true", "says when several phones ring", "in-order"),
        (_ACCOUNT + 'ring = "first"\nring_by_default = true', "says when several phones ring", "at-once"),
        (_ACCOUNT + '[account.extensions.devices]\nusername = "a"', "must be a list", "[[account.extensions.devices]]"),
        (_ACCOUNT + 'forwarding_numbers = ["sip:pbx.example"]', "is not a SIP address", "sip:ann@pbx.example"),
        (_DEVICE.replace("a-very-long-password", "short"), "is too short", "12 to 128"),
        (_DEVICE.replace("desk", "a desk"), "is not a user name of a phone", "ann-desk"),
        (_DEVICE + _DEVICE.removeprefix(_ACCOUNT), "stands here for the second time", "user name of its own"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(tmp_path: Path, text: str, what: str, instead: str) -> None:
    with pytest.raises(ConfigMistakes) as caught:
        load(tmp_path, text)
    (mistake,) = caught.value.mistakes
    assert what in mistake.what
    assert instead in mistake.instead
    assert "short" not in mistake.what.removeprefix("is too short"), "a password is not repeated"
