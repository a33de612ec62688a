"""The phone numbers of the user and of the account."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

from ringout.domain.account import Account, Extension, UsageType
from ringout.domain.errors import NotFound
from ringout.service import phone_numbers as listed
from ringout.service.phone_numbers import ListedNumber, PaymentType
from ringout.web import extension_bodies, links, regional, schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.extensions import ExtensionStatus
from ringout.web.message import Answer, Request
from ringout.web.paging import Navigation, PageQuery, Paging, list_page, wanted_page
from ringout.web.reading import read_query
from ringout.web.regional import ShortCountryInfo

AnyUsage = Literal[
    "MainCompanyNumber", "AdditionalCompanyNumber", "CompanyNumber", "DirectNumber", "CompanyFaxNumber",
    "FmcBusinessMobileNumber", "InventoryFmcBusinessMobileNumber", "ForwardedNumber", "ForwardedCompanyNumber",
    "ContactCenterNumber", "ConferencingNumber", "MeetingsNumber", "NumberPool", "BusinessMobileNumber", "ELIN",
    "PartnerBusinessMobileNumber", "NumberPoolPartnerBusinessMobileNumber", "NumberStorage", "IntegrationNumber",
    "InventoryMobileNumber",
]  # fmt: skip
AnyPayment = Literal[
    "External", "TollFree", "Local", "BusinessMobileNumberProvider", "ExternalNumberProvider",
    "ExternalNumberProviderTollFree", "Mobile",
]  # fmt: skip
AnyStatus = Literal["Normal", "Pending", "PortedIn", "Temporary", "Unknown"]


class NumberFeature(StrEnum):
    """What a number is good for."""

    CALLER_ID = "CallerId"


class NumberOwnerInfo(Struct, rename="camel"):
    """Whose number it is."""

    id: int
    uri: str
    extension_number: str
    name: str


class _NumberBody(Struct, rename="camel", omit_defaults=True, kw_only=True):
    id: int
    uri: str
    phone_number: str
    usage_type: UsageType
    type: Literal["VoiceFax"]
    payment_type: PaymentType
    status: Literal["Normal"]
    primary: bool
    label: str | None = None
    extension: NumberOwnerInfo | None = None


class UserPhoneNumberInfo(_NumberBody, kw_only=True):
    """A number that the user may be reached by or show. Phone numbers are E.164 with +."""

    features: list[NumberFeature]
    country: ShortCountryInfo | None = None


class CompanyPhoneNumberInfo(_NumberBody, kw_only=True):
    """A number that the company owns."""


class GetExtensionPhoneNumbersResponse(Struct):
    """The user's numbers."""

    uri: str
    records: list[UserPhoneNumberInfo]
    navigation: Navigation
    paging: Paging


class AccountPhoneNumbers(Struct):
    """The company's numbers."""

    uri: str
    records: list[CompanyPhoneNumberInfo]
    navigation: Navigation
    paging: Paging


class ExtensionNumbersQuery(PageQuery, rename="camel"):
    """Filters; several values of one are alternatives."""

    status: tuple[AnyStatus, ...] = ()
    usage_type: tuple[AnyUsage, ...] = ()


class AccountNumbersQuery(PageQuery, rename="camel"):
    """Filters; several values of one are alternatives."""

    status: tuple[AnyStatus, ...] = ()
    usage_type: tuple[AnyUsage, ...] = ()
    payment_type: tuple[AnyPayment, ...] = ()
    extension_status: ExtensionStatus | None = None


async def list_of_extension(api: Api, request: Request) -> Answer:
    account, extension = _asker(api, request)
    query, page = read_query(request, ExtensionNumbersQuery), wanted_page(request)
    found = _chosen(listed.of_extension(account, extension), query.status, query.usage_type)
    uri = f"{links.extension_uri(api, request)}/phone-number"
    records = [_user_number(number, f"{uri}/{number.id}", api, request) for number in page.cut(found)]
    return schemas.answer(list_page(request, uri, records, page, len(found)))


async def list_of_account(api: Api, request: Request) -> Answer:
    query, page = read_query(request, AccountNumbersQuery), wanted_page(request)
    found = _chosen(_of_account(api, request), query.status, query.usage_type)
    if query.payment_type:
        found = [number for number in found if number.payment in query.payment_type]
    if query.extension_status:
        wanted = query.extension_status
        found = [number for number in found if number.owner and extension_bodies.status(number.owner) == wanted]
    uri = f"{links.account_uri(api, request)}/phone-number"
    records = [_company_number(number, f"{uri}/{number.id}", api, request) for number in page.cut(found)]
    return schemas.answer(list_page(request, uri, records, page, len(found)))


async def read_of_account(api: Api, request: Request) -> Answer:
    number = _by_id(_of_account(api, request), request)
    uri = f"{links.account_uri(api, request)}/phone-number/{number.id}"
    return schemas.answer(_company_number(number, uri, api, request))


async def read_of_extension(api: Api, request: Request) -> Answer:
    account, extension = _asker(api, request)
    number = _by_id(listed.of_extension(account, extension), request)
    uri = f"{links.extension_uri(api, request)}/phone-number/{number.id}"
    return schemas.answer(_user_number(number, uri, api, request))


def _asker(api: Api, request: Request) -> tuple[Account, Extension]:
    accounts, principal = api.services.accounts, request.principal
    return accounts.account(principal.account_id), accounts.extension(principal.extension_id)


def _of_account(api: Api, request: Request) -> list[ListedNumber]:
    accounts, account_id = api.services.accounts, request.principal.account_id
    return listed.of_account(accounts.account(account_id), {e.id: e for e in accounts.extensions(account_id)})


def _by_id(numbers: Sequence[ListedNumber], request: Request) -> ListedNumber:
    wanted = request.path_params["phoneNumberId"]
    for number in numbers:
        if str(number.id) == wanted:
            return number
    raise NotFound("phoneNumberId")


def _chosen(numbers: Sequence[ListedNumber], statuses: Sequence[str], usages: Sequence[str]) -> list[ListedNumber]:
    if statuses and "Normal" not in statuses:
        return []
    return [number for number in numbers if not usages or number.usage in usages]


def _user_number(number: ListedNumber, uri: str, api: Api, request: Request) -> UserPhoneNumberInfo:
    country = number.country
    return UserPhoneNumberInfo(
        features=[NumberFeature.CALLER_ID] if number.caller_id else [],
        country=None if country is None else regional.short_country(country, links.root(api, request)),
        **_common(number, uri),
    )


def _company_number(number: ListedNumber, uri: str, api: Api, request: Request) -> CompanyPhoneNumberInfo:
    owner = number.owner
    shown = None
    if owner is not None:
        owner_uri = f"{links.account_uri(api, request)}/extension/{owner.id}"
        shown = NumberOwnerInfo(owner.id, owner_uri, owner.number, owner.name)
    return CompanyPhoneNumberInfo(extension=shown, **_common(number, uri))


def _common(number: ListedNumber, uri: str) -> dict[str, Any]:
    return {
        "id": number.id,
        "uri": uri,
        "phone_number": number.number,
        "usage_type": number.usage,
        "type": "VoiceFax",
        "payment_type": number.payment,
        "status": "Normal",
        "primary": number.primary,
        "label": number.label or None,
    }


EXTENSION_COLLECTION = {
    "GET": Operation(
        "listExtensionPhoneNumbers",
        list_of_extension,
        "The numbers that the user may show or is reached by. Those with the feature CallerId may be a callerId.",
        GetExtensionPhoneNumbersResponse,
        query=ExtensionNumbersQuery,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
EXTENSION_MEMBER = {
    "GET": Operation(
        "readExtensionPhoneNumber",
        read_of_extension,
        "One of the user's numbers.",
        UserPhoneNumberInfo,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
ACCOUNT_COLLECTION = {
    "GET": Operation(
        "listAccountPhoneNumbers",
        list_of_account,
        "The numbers that the company owns.",
        AccountPhoneNumbers,
        query=AccountNumbersQuery,
        permission="ReadAccounts",
        group=Group.HEAVY,
    )
}
ACCOUNT_MEMBER = {
    "GET": Operation(
        "readAccountPhoneNumber",
        read_of_account,
        "One of the company's numbers.",
        CompanyPhoneNumberInfo,
        permission="ReadAccounts",
        group=Group.LIGHT,
    )
}
