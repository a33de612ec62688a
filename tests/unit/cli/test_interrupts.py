"""Ctrl-C in `ringout call`: however often and whenever it is pressed, the server is told to take the phones down."""

from __future__ import annotations

import signal

import pytest

from ringout.cli.call import Interrupts


def test_until_the_server_was_told_another_ctrl_c_changes_nothing() -> None:
    with Interrupts() as interrupts:
        assert not interrupts.asked
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert interrupts.asked


def test_then_it_ends_the_command() -> None:
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        interrupts.met = True
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_was_there_before_comes_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
