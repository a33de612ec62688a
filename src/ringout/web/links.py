"""The absolute addresses that answers name. They carry numeric ids: SDKs follow them as they stand."""

from __future__ import annotations

from ringout.web.api import Api
from ringout.web.message import Request


def root(api: Api, request: Request) -> str:
    """Above accounts and dictionaries."""
    return f"{request.base_url(api.public_url)}/restapi/v1.0"


def account_uri(api: Api, request: Request) -> str:
    """Of the account of whoever asks."""
    return f"{root(api, request)}/account/{request.principal.account_id}"


def extension_uri(api: Api, request: Request) -> str:
    """Of the extension of whoever asks."""
    return f"{account_uri(api, request)}/extension/{request.principal.extension_id}"
