"""`ringout link`."""

from __future__ import annotations

import pytest

from ringout.cli.failures import OK, USAGE
from ringout.cli.main import run


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        (["16501112222"], [
            '<a href="rcmobile://call?number=16501112222">1-650-111-2222</a>',
            '<a href="tel:1-650-111-2222">1-650-111-2222</a>',
            '<a href="tel:16501112222">1-650-111-2222</a>',
        ]),
        (["020 7946 0958", "--country", "gb"], [
            '<a href="rcmobile://call?number=%2B442079460958">+44-20-7946-0958</a>',
            '<a href="tel:+44-20-7946-0958">+44-20-7946-0958</a>',
            '<a href="tel:+442079460958">+44-20-7946-0958</a>',
        ]),
        (["101", "--server", "http://127.0.0.1:8080", "--plus"], [
            '<a href="rcmobile://call?number=101">101</a>',
            '<a href="tel:101">101</a>',
            '<a href="http://127.0.0.1:8080/dial?number=101">101</a>',
        ]),
    ],
)  # fmt: skip
def test_prints_anchors(line: list[str], lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["link", *line]) == OK
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["hello"], "the link does not name one phone number."),
        (["16501112222\n22"], "control characters"),
        (["16501112222", "--country", "xx"], "'xx' is no country"),
        (["16501112222", "--server", "ftp://x"], "'ftp://x' is no address of a server"),
        (["16501112222", "--server", "https://"], "'https://' is no address of a server"),
        (["16501112222", "--server", "https://[x"], "'https://[x' is no address of a server"),
        (["16501112222", "--server", "https://x/?a"], "is no address of a server"),
        ([], "NUMBER"),
    ],
)
def test_wrong_use_is_one_sentence_and_2(line: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["link", *line]) == USAGE
    err = capsys.readouterr().err
    assert err.startswith("ringout: ")
    assert words in err
    assert err.count("\n") == 1
