"""The pages of the login: what they say, in which language, and what a browser may do with them."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ringout.web.message import NO_STORE, Answer
from ringout.web.texts import ENGLISH, choose_language

LANGUAGES = (ENGLISH, "de-DE", "es-ES", "fr-FR")
_templates = Environment(
    loader=PackageLoader("ringout.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_style = _templates.get_template("login.css").render()
_style_hash = base64.b64encode(hashlib.sha256(_style.encode()).digest()).decode()
_texts: dict[str, dict[str, str]] = tomllib.loads(files(__package__).joinpath("login_texts.toml").read_text("utf-8"))
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def language_of(ui_locales: str, accept_language: str) -> str:
    """What the application asks for, best first, else what the browser does."""
    asked = ",".join(f"{tag};q={1 - place / 20:.2f}" for place, tag in enumerate(ui_locales.split()[:10]))
    return next((tag for tag in map(choose_language, (asked, accept_language)) if tag in LANGUAGES[1:]), ENGLISH)


def page(template: str, language: str, status: int, redirect_uri: str = "", **values: Any) -> Answer:
    """template: one of templates/login_*.html; values: what it shows. redirect_uri: where its form may lead."""
    text = _templates.get_template(f"login_{template}.html").render(
        {"problem": "", **values}, language=language[:2], style=Markup(_style), t=_translator(language)
    )
    policy = (
        "default-src 'none'",
        f"style-src 'sha256-{_style_hash}'",
        f"form-action 'self' {_form_target(redirect_uri)}".rstrip(),
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-language", language.encode()),
        (b"content-security-policy", "; ".join(policy).encode()),
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        NO_STORE,
    )
    return Answer(status, text.encode("utf-8", "replace"), headers)


def place_of(redirect_uri: str) -> str:
    """Where the user ends up, as shown before consenting."""
    parts = urlsplit(redirect_uri)
    return parts.netloc or f"{parts.scheme}:"


def _form_target(redirect_uri: str) -> str:
    """Browsers hold the redirect that answers a form against form-action as well: CSP source of that URI, "" = none."""
    parts = urlsplit(redirect_uri)
    origin = f"{parts.scheme}://{parts.netloc}"
    if _ORIGIN.fullmatch(origin):
        return origin
    # An application's own scheme, or an IPv6 host, which a policy cannot name.
    return f"{parts.scheme}:" if _SCHEME.fullmatch(parts.scheme) else ""


def _translator(language: str) -> Callable[..., str]:
    def translate(english: str, **values: str) -> str:
        sentence = english
        if language != ENGLISH:
            sentence = _texts.get(english, {}).get(language[:2], english)
        return sentence.format_map(values) if values else sentence

    return translate
