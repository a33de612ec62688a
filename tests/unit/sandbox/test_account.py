from pathlib import Path

from ringout.config import HttpConfig, SipConfig
from ringout.domain import scopes
from ringout.sandbox.account import Secrets, sandbox_config
from ringout.web.routes import RESOURCES


def test_the_application_may_do_whatever_an_operation_asks_for() -> None:
    asked = {operation.permission for resource in RESOURCES for operation in resource.methods.values()} - {None}
    config = sandbox_config(Path("/nowhere"), HttpConfig(), SipConfig(), (), Secrets("app", "secret", "password"))
    for client in config.clients:
        assert {*asked} <= scopes.expand(client.scopes)
