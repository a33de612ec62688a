"""Puts this directory on the import path, so that every test finds `fakes`, and says what holds for every property."""

from __future__ import annotations

import signal

from hypothesis import settings

# No deadline: how long an example takes tells of the machine, not of the code.
settings.register_profile("ringout", deadline=None)
settings.load_profile("ringout")

# A shell has what it starts in the background ignore SIGINT, and the programs under test would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
