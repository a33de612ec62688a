"""The dialer as an application: known to every server, without a secret, and of no use to any other page."""

from __future__ import annotations

from ringout.domain.account import Client, Grant

DIALER = Client(
    client_id="ringout-dialer",
    name="RingOut",
    scopes=("RingOut", "ReadAccounts", "EditExtensions", "ReadCallLog", "VoipCalling"),
    grants=(Grant.CODE,),
)
