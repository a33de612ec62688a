"""Where a user's own files belong, by the XDG Base Directory Specification; the same places on every system."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def config_home(environ: Mapping[str, str] = os.environ) -> Path:
    return _base("XDG_CONFIG_HOME", ".config", environ)


def data_home(environ: Mapping[str, str] = os.environ) -> Path:
    return _base("XDG_DATA_HOME", ".local/share", environ)


def state_home(environ: Mapping[str, str] = os.environ) -> Path:
    return _base("XDG_STATE_HOME", ".local/state", environ)


def login_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The login that `ringout handler install` keeps for links: a desktop starts programs without RINGOUT_*."""
    return config_home(environ) / "ringout" / "login.json"


def home(environ: Mapping[str, str] = os.environ) -> Path:
    return Path(environ.get("HOME") or environ.get("USERPROFILE") or "/")


def _base(variable: str, below_home: str, environ: Mapping[str, str]) -> Path:
    given = environ.get(variable, "")
    if given.startswith("/") or (os.name == "nt" and given):
        return Path(given)
    return home(environ) / below_home  # a relative path in the variable is to be ignored, says the specification
