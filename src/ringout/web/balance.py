"""What an account may still call for."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ringout.web import links, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request

Units = Annotated[int, Meta(description="Units, as the rates are given in them", ge=0)]


class AccountBalance(Struct):
    """prepaid: whether calls need balance at all; without it the other fields mean nothing. reserved: the part of the
    balance that live calls may still use; available: the rest."""

    uri: str
    prepaid: bool
    balance: Units
    reserved: Units
    available: Units


async def read(api: Api, request: Request) -> Answer:
    account_id, funds = request.principal.account_id, api.services.funds
    balance, reserved = funds.balance(account_id), funds.reserved(account_id)
    prepaid = api.services.accounts.account(account_id).prepaid
    uri = f"{links.account_uri(api, request)}/balance"
    return schemas.answer(AccountBalance(uri, prepaid, balance, reserved, balance - reserved))


BALANCE = {
    "GET": Operation(
        "readAccountBalance",
        read,
        "What a prepaid account may still call for.",
        answer=AccountBalance,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
