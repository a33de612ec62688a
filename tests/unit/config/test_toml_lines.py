"""Lines of keys, whatever stands between them."""

from __future__ import annotations

import pytest

from ringout.toml_lines import TomlLines

TEXT = '''# comment = "not a key"
node = "a" # port = 1

[http]
port = 80
"public_url" = "https://x"
[sip]
listen = [
  "udp:1", # ] not the end
  "x = [",
]
t1_seconds = 1.0
[[trunks]]
name = """
port = 3
[http]
"""
gateways = []
[[trunks]]
name = 'b'
password = "]\\"["
[account]
main_number = "+1"
[[account.extensions]]
extension = "1"
[[account.extensions]]
extension = "2"
call.drain_seconds = 3
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("node",), 2),
        (("http",), 4),
        (("http", "port"), 5),
        (("http", "public_url"), 6),
        (("sip", "listen"), 8),
        (("sip", "t1_seconds"), 12),
        (("trunks", 0), 13),
        (("trunks", 0, "name"), 14),
        (("trunks", 0, "gateways"), 18),
        (("trunks", 1, "name"), 20),
        (("trunks", 1, "password"), 21),
        (("account", "extensions", 0, "extension"), 25),
        (("account", "extensions", 1, "extension"), 27),
        (("account", "extensions", 1, "call", "drain_seconds"), 28),
    ],
)
def test_each_key_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert TomlLines(TEXT).line_of(path) == line


def test_a_missing_key_is_told_by_the_table_around_it() -> None:
    lines = TomlLines(TEXT)
    assert lines.line_of(("trunks", 1, "gateways")) == 19
    assert lines.line_of(("media", "workers")) is None
