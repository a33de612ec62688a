"""Puts this directory on the import path, so that every test finds `fakes`, and says what holds for every property."""

from __future__ import annotations

from hypothesis import settings

# No deadline: how long an example takes tells of the machine, not of the code.
settings.register_profile("ringout", deadline=None)
settings.load_profile("ringout")
