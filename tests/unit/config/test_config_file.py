"""A configuration is read whole, or every mistake in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringout.config import Config, TrunkConfig
from ringout.config_file import ConfigMistakes, Mistake, load_config


def load(tmp_path: Path, text: str, **environ: str) -> Config:
    file = tmp_path / "ringout.toml"
    file.write_text(text)
    return load_config(file, environ)


def mistakes(tmp_path: Path, text: str, **environ: str) -> list[Mistake]:
    with pytest.raises(ConfigMistakes) as caught:
        load(tmp_path, text, **environ)
    return caught.value.mistakes


def test_without_file_and_environment_it_is_the_default() -> None:
    assert load_config(None, {}) == Config()


def test_every_kind_of_setting_is_read(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        node = "one"
        data_dir = "/var/lib/ringout"
        [http]
        port = 0
        public_url = "https://ringout.example"
        [sip]
        listen = ["udp:192.0.2.1:5060", "tcp:[2001:db8::2]:5060"]
        t1_seconds = 1
        [[trunks]]
        name = "carrier"
        gateways = ["sip:gw.example", "sip:[2001:db8::1]:5070;transport=tcp"]
        prefixes = ["+1", "+44"]
        identity_headers = ["Remote-Party-ID"]
        [account]
        main_number = "+16505550100"
        [[account.extensions]]
        extension = "101"
        forwarding_numbers = ["+16505550101"]
        [[clients]]
        client_id = "app"
        """,
    )
    assert (config.node, config.data_dir) == ("one", Path("/var/lib/ringout"))
    assert (config.http.port, config.http.public_url) == (0, "https://ringout.example")
    assert config.sip.listen == ("udp:192.0.2.1:5060", "tcp:[2001:db8::2]:5060")
    assert isinstance(config.sip.t1_seconds, float)
    assert config.trunks == (
        TrunkConfig(
            "carrier",
            ("sip:gw.example", "sip:[2001:db8::1]:5070;transport=tcp"),
            prefixes=("+1", "+44"),
            identity_headers=("Remote-Party-ID",),
        ),
    )
    assert config.account.extensions[0].forwarding_numbers == ("+16505550101",)
    assert config.clients[0].client_id == "app"


def test_relative_paths_count_from_the_file_and_those_of_the_environment_do_not(tmp_path: Path) -> None:
    assert load(tmp_path, 'data_dir = "data"').data_dir == tmp_path / "data"
    assert load(tmp_path, "", RINGOUT_DATA_DIR="data").data_dir == Path("data")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        '[http]\nport = 1\n[[trunks]]\nname = "my-carrier"\ngateways = ["sip:a"]\nusername = "u"',
        RINGOUT_HTTP_PORT="2",
        RINGOUT_SIP_LISTEN="udp:127.0.0.1:1, tcp:127.0.0.1:3",
        RINGOUT_CALL_DRAIN_SECONDS="2.5",
        RINGOUT_TRUNKS_MY_CARRIER_PASSWORD="hidden",
        RINGOUT_TRUNKS_MY_CARRIER_IDENTITY_HEADERS="P-Preferred-Identity, Remote-Party-ID",
    )
    assert config.http.port == 2
    assert config.sip.listen == ("udp:127.0.0.1:1", "tcp:127.0.0.1:3")
    assert config.call.drain_seconds == 2.5
    assert config.trunks[0].password == "hidden"
    assert config.trunks[0].identity_headers == ("P-Preferred-Identity", "Remote-Party-ID")


def test_all_mistakes_are_named_at_once_with_their_lines(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        """colour = "red"
[http]
port = 70000
hots = "x"
[call]
max_live_calls = true
language = 5
[[trunks]]
gateways = ["h323:gw"]
[[account.extensions]]
extension = "101"
[[account.extensions]]
extension = "101"
""",
    )
    name = tmp_path / "ringout.toml"
    assert [(mistake.where, mistake.setting) for mistake in found] == [
        (f"{name}:1", "colour"),
        (f"{name}:3", "http.port"),
        (f"{name}:4", "http.hots"),
        (f"{name}:6", "call.max_live_calls"),
        (f"{name}:7", "call.language"),
        (f"{name}:8", "trunks.1"),
        (f"{name}:9", "trunks.1.gateways"),
        (f"{name}:13", "account.extensions.2.extension"),
    ]
    assert str(found[1]) == f"{name}:3: http.port: 70000 is out of range. Write a number from 0 to 65535."
    assert found[2].instead == "host"
    assert all(mistake.what and mistake.instead for mistake in found)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ('node = "a b"', "node"),
        ('log_level = "loud"', "log_level"),
        ('[http]\nhost = ""', "http.host"),
        ('[http]\npublic_url = "ringout.example"', "http.public_url"),
        ('[sip]\nlisten = "udp:127.0.0.1:5060"', "sip.listen"),
        ('[sip]\nlisten = ["sctp:127.0.0.1:5061"]', "sip.listen"),
        ('[sip]\nlisten = ["tls:127.0.0.1:5061"]', "sip.tls_certificate"),
        ('[sip]\nlisten = ["wss:127.0.0.1:5061"]', "sip.tls_certificate"),
        ('[sip]\ntls_key = "/dev/null"', "sip.tls_key"),
        ('[[trunks]]\nname = "a"\ngateways = ["sips:gw.example"]', "trunks.1.gateways"),
        ('[[trunks]]\nname = "a"\ngateways = ["sip:gw.example;transport=tls"]', "trunks.1.gateways"),
        ('[sip]\ntls_certificate = "no-such-file.pem"', "sip.tls_certificate"),
        ('[sip]\ntls_ca = "no-such-file.pem"', "sip.tls_ca"),
        ('[sip]\ntls_certificate = "/"', "sip.tls_certificate"),
        ('[sip]\npublic_address = "ringout.example"', "sip.public_address"),
        ('[sip]\npublic_address = "0.0.0.0"', "sip.public_address"),
        ('[sip]\nlocal_networks = ["10.0.0.1/8"]', "sip.local_networks"),
        ('[sip]\nwebsocket_origins = ["https://ringout.example/dialer"]', "sip.websocket_origins"),
        ("[sip]\nkeep_alive_seconds = -1", "sip.keep_alive_seconds"),
        ('[media]\npublic_address = "nat"', "media.public_address"),
        ('[media]\nengine = "rtpengine"', "media.rtpengine"),
        ('[media]\nengine = "rtpengine"\n[media.rtpengine]\nname = "a"\ncontrol = "127.0.0.1:5"', "media.rtpengine"),
        ('[media]\nengine = "freeswitch"', "media.engine"),
        ('[media]\ndigits_listen = "localhost:1"', "media.digits_listen"),
        ('[[media.rtpengine]]\nname = "a"\ncontrol = "127.0.0.1"', "media.rtpengine.1.control"),
        ('[[media.rtpengine]]\nname = "a"\ncontrol = "::1:5"', "media.rtpengine.1.control"),
        ('[[media.rtpengine]]\nname = "a"\ncontrol = "127.0.0.1:5"\nweight = -1', "media.rtpengine.1.weight"),
        ('[[media.rtpengine]]\nname = "a"\ncontrol = "127.0.0.1:5"\nprompts = "x"', "media.rtpengine.1.prompts"),
        (
            '[[media.rtpengine]]\nname = "a"\ncontrol = "[::1]:5"\n'
            '[[media.rtpengine]]\nname = "a"\ncontrol = "[::1]:6"',
            "media.rtpengine.2.name",
        ),
        (
            '[[media.rtpengine]]\nname = "a"\ncontrol = "[::1]:5"\n'
            '[[media.rtpengine]]\nname = "b"\ncontrol = "[::1]:5"',
            "media.rtpengine.2.control",
        ),
        ('[[media.rtpengine]]\nname = "a"\ncontrol = "127.0.0.1:0"', "media.rtpengine.1.control"),
        ('[[media.rtpengine]]\nname = "a"\ncontrol = "127.0.0.1:22223"', "media.digits_listen"),
        ('[sip]\nlisten = ["udp:127.0.0.1:5060", "udp:127.0.0.1:5060"]', "sip.listen"),
        ('[media]\nrtp_sources = ["198.51.100.1/24"]', "media.rtp_sources"),
        ('[media]\ncodecs = ["GSM"]', "media.codecs"),
        ('[media]\naddress6 = "192.0.2.1"', "media.address6"),
        ('[media]\naddress = "::1"\naddress6 = "::1"', "media.address6"),
        ('[media]\ncodecs = ["G722"]', "media.codecs"),
        ('[media]\ncodecs = ["PCMU", "PCMU"]', "media.codecs"),
        ('[[trunks]]\nname = "a"\ngateways = ["sip:a"]\nmedia = "zrtp"', "trunks.1.media"),
        ("[sip]\nlisten = []", "sip.listen"),
        ('[sip]\nuser_agent = "a\\r\\nVia: x"', "sip.user_agent"),
        ("[sip]\nt1_seconds = 5.0", "sip.t1_seconds"),
        ("[sip]\nt1_seconds = nan", "sip.t1_seconds"),
        ("[media]\nfirst_port = 20001", "media.first_port"),
        ("[media]\nfirst_port = 30000", "media.last_port"),
        ('[media]\naddress = "0.0.0.0"', "media.address"),
        ('[media]\nprompts = "nowhere"', "media.prompts"),
        ('[call]\ncountry = "USA"', "call.country"),
        ('[call]\ncountry = "xx"', "call.country"),
        ("[call]\ndrain_seconds = -1", "call.drain_seconds"),
        ('[account]\nmain_number = "6505550100"', "account.main_number"),
        ('[[account.extensions]]\nextension = "x"', "account.extensions.1.extension"),
        ('[[account.extensions]]\nextension = "\u0661"', "account.extensions.1.extension"),
        ('[[account.extensions]]\nextension = "1"\nemail = "a@-b"', "account.extensions.1.email"),
        ('[account]\nnumbers = ["+4420794\u0661\u0661\u0661\u0661"]', "account.numbers"),
        ('[account]\nblocked = ["+0"]', "account.blocked"),
        ('[[account.extensions]]\nextension = "1"\ncaller_id = "none"', "account.extensions.1.caller_id"),
        ('[[account.extensions]]\nextension = "1"\nring = "all"', "account.extensions.1.ring"),
        ('[[account.extensions]]\nextension = "1"\nring_count = 16', "account.extensions.1.ring_count"),
        ('[[trunks]]\nname = "a"\ngateways = []', "trunks.1.gateways"),
        ('[[trunks]]\nname = "a"\ngateways = ["sip:a:99999"]', "trunks.1.gateways"),
        ('[[trunks]]\nname = "a"\ngateways = ["sip:a"]\nprefixes = ["1"]', "trunks.1.prefixes"),
        ('[[trunks]]\nname = "a"\ngateways = ["sip:a"]\nnumber_format = "local"', "trunks.1.number_format"),
        ('[[trunks]]\nname = "a"\ngateways = ["sip:a"]\npassword = "p"', "trunks.1"),
        ('[[trunks]]\nname = "a"\ngateways = ["sip:a"]\nidentity_headers = ["From"]', "trunks.1.identity_headers"),
        ('[[trunks]]\nname = "a"\ngateways = ["sip:a"]\ncountry = "UK"', "trunks.1.country"),
        ("[sip]\nsession_expires_seconds = 89", "sip.session_expires_seconds"),
        ("[sip]\nsession_expires_seconds = 86401", "sip.session_expires_seconds"),
        ('[[clients]]\nclient_id = "a:b"', "clients.1.client_id"),
        ('[[clients]]\nclient_id = "a"\n[[clients]]\nclient_id = "a"', "clients.2.client_id"),
        ('[[clients]]\nclient_id = "a"\nredirect_uris = ["file:/etc/x"]', "clients.1.redirect_uris"),
        ("http = 1", "http"),
        ("[trunks]\nname = 1", "trunks"),
    ],
)
def test_a_mistake_is_named_once(tmp_path: Path, text: str, setting: str) -> None:
    found = mistakes(tmp_path, text)
    assert [mistake.setting for mistake in found] == [setting]
    assert str(tmp_path / "ringout.toml") in found[0].where


@pytest.mark.parametrize("text", ["a b", "[http\nport = 1", 'x = "', "a = 1\na = 2"])
def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    (found,) = mistakes(tmp_path, text)
    assert found.where.rpartition(":")[2].isdigit()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigMistakes, match=r"nothing\.toml: cannot be read \(No such file or directory\)"):
        load_config(tmp_path / "nothing.toml", {})
    (tmp_path / "latin.toml").write_bytes(b'node = "\xe9"')
    with pytest.raises(ConfigMistakes, match="is not UTF-8 at byte 8"):
        load_config(tmp_path / "latin.toml", {})


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "[http]\nport = 1", RINGOUT_HTTP_PORT="eighty", RINGOUT_HTPP_HOST="x")
    assert {mistake.where for mistake in found} == {"RINGOUT_HTTP_PORT", "RINGOUT_HTPP_HOST"}


def test_variables_of_clients_and_of_container_hosts_are_left_alone() -> None:
    environ = {
        "RINGOUT_URL": "x",
        "RINGOUT_PASSWORD": "x",
        "RINGOUT_PORT": "tcp://10.0.0.1:80",
        "RINGOUT_SERVICE_HOST": "x",
    }
    assert load_config(None, environ) == Config()


def test_no_secret_is_repeated(tmp_path: Path) -> None:
    trunk = '[[trunks]]\nname = "a"\ngateways = ["sip:a"]\nusername = "u"\npassword = '
    for value in ("123456", '"hid\\nden123456"'):
        assert "123456" not in str(mistakes(tmp_path, trunk + value)[0])


PIECES = (
    *("[http]", "port = 1", "port = 'x'", "[[trunks]]", "[trunks]", "name = 3", "gateways = [1]", "x", "[a.b]"),
    *("http = 2", "[[account.extensions]]", "[account]", "extensions = [{}]", "extensions = [3]", "[[http]]"),
    *('"" = 1', "node = []", "[[trunks]]\nname = 'a'", "password = 1"),
)


@settings(max_examples=150)
@given(st.text(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=8).map("\n".join))
def test_any_text_is_a_configuration_or_named_mistakes(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found = load_config(file, {"RINGOUT_HTTP_PORT": "5"})
    except ConfigMistakes as error:
        found = error.mistakes
    assert found
