"""The account of whoever asks: the company, its plan and its address."""

from __future__ import annotations

from functools import partial

import msgspec

from ringout.service.features import service_features
from ringout.web import account_bodies, links, schemas
from ringout.web.account_bodies import (
    AccountBusinessAddressResource,
    AccountServiceInfo,
    BusinessHours,
    BusinessHoursSchedule,
    GetAccountInfoResponse,
    ModifyAccountBusinessAddressRequest,
)
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.reading import read_json

_decoder = msgspec.json.Decoder(ModifyAccountBusinessAddressRequest)


async def read_account(api: Api, request: Request) -> Answer:
    services, account_id = api.services, request.principal.account_id
    operator = services.company.operator(account_id)
    body = account_bodies.account_info(services.accounts.account(account_id), operator, links.root(api, request))
    return schemas.answer(body)


async def read_service_info(api: Api, request: Request) -> Answer:
    accounts, principal = api.services.accounts, request.principal
    account = accounts.account(principal.account_id)
    features = service_features(account, accounts.extension(principal.extension_id))
    body = account_bodies.service_info(account, features, links.root(api, request))
    return schemas.answer(body)


async def read_business_address(api: Api, request: Request) -> Answer:
    account = api.services.accounts.account(request.principal.account_id)
    uri = f"{links.account_uri(api, request)}/business-address"
    return schemas.answer(account_bodies.business_address(account, uri))


async def change_business_address(api: Api, request: Request) -> Answer:
    wanted = await read_json(request, _decoder)
    account = await api.services.company.change(request.principal, wanted.read())
    uri = f"{links.account_uri(api, request)}/business-address"
    return schemas.answer(account_bodies.business_address(account, uri))


async def read_company_hours(api: Api, request: Request) -> Answer:
    return _hours(f"{links.account_uri(api, request)}/business-hours")


async def read_user_hours(api: Api, request: Request) -> Answer:
    return _hours(f"{links.extension_uri(api, request)}/business-hours")


def _hours(uri: str) -> Answer:
    return schemas.answer(BusinessHours(uri, BusinessHoursSchedule()))


_read = partial(Operation, permission="ReadAccounts", group=Group.LIGHT)

ACCOUNT = {
    "GET": _read(
        "readAccountInfo", read_account, "The company: main number, plan, regional settings.", GetAccountInfoResponse
    )
}
SERVICE_INFO = {
    "GET": _read(
        "readAccountServiceInfo", read_service_info, "The company's plan, features and limits.", AccountServiceInfo
    )
}
BUSINESS_ADDRESS = {
    "GET": _read(
        "readAccountBusinessAddress",
        read_business_address,
        "The company's name and address.",
        AccountBusinessAddressResource,
    ),
    "PUT": Operation(
        "updateAccountBusinessAddress",
        change_business_address,
        "Changes the company's name and address. For administrators.",
        AccountBusinessAddressResource,
        body=ModifyAccountBusinessAddressRequest,
        permission="EditAccounts",
        group=Group.MEDIUM,
    ),
}
COMPANY_HOURS = {
    "GET": _read("readCompanyBusinessHours", read_company_hours, "When the company is open: always.", BusinessHours)
}
USER_HOURS = {
    "GET": _read("readUserBusinessHours", read_user_hours, "When the user may be called: always.", BusinessHours)
}
