"""The JSON of an account."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ringout.domain.account import Account, Address, Extension
from ringout.service import regional as regions
from ringout.service.company import CompanyChange
from ringout.service.extensions import LONGEST_TEXT
from ringout.service.features import SERVICE_FEATURE_NAMES, Feature
from ringout.web import regional
from ringout.web.regional import HomeCountryInfo, RegionalSettingsInfo

SignedUp = Literal["AccountCreated", "AccountConfirmed"]
_SIGNED_UP: list[SignedUp] = ["AccountCreated", "AccountConfirmed"]
_LONGEST_EXTENSION_NUMBER = 8
# RingCentral's brand in the USA. Clients compare the id with those they were built for, and log out otherwise.
_BRAND_ID, _BRAND_NAME = "1210", "RingOut"

# The names are too many for a type of their own; the description tells them.
ServiceFeatureName = Annotated[str, Meta(extra_json_schema={"enum": list(SERVICE_FEATURE_NAMES)})]
Line = Annotated[str, Meta(max_length=LONGEST_TEXT)]


class OperatorInfo(Struct, rename="camel"):
    """Who stands for the company."""

    uri: str
    id: int
    extension_number: str


class BrandInfo(Struct, rename="camel"):
    """The same for every account."""

    id: str
    name: str
    home_country: HomeCountryInfo


class ServicePlanInfo(Struct):
    """There is one plan."""

    id: str
    name: str
    edition: str


class BillingPlanInfo(Struct, rename="camel"):
    """There is one plan, and nobody is billed for it."""

    id: str
    name: str
    duration_unit: Literal["Month"]
    duration: int
    type: Literal["Free"]
    included_phone_lines: int


class AccountServiceSummary(Struct, rename="camel"):
    """Plans and brand."""

    uri: str
    billing_plan: BillingPlanInfo
    brand: BrandInfo
    service_plan: ServicePlanInfo
    contracted_country: HomeCountryInfo


class SignupInfo(Struct, rename="camel"):
    """Every account is set up when it comes into being."""

    tos_accepted: bool
    signup_state: list[SignedUp]


class AccountLimitsInfo(Struct, rename="camel"):
    """0 = not here."""

    free_soft_phone_lines_per_extension: int
    meeting_size: int
    cloud_recording_storage: int
    max_monitored_extensions_per_user: int
    max_extension_number_length: int
    site_code_length: int
    short_extension_number_length: int


class GetAccountInfoResponse(Struct, rename="camel"):
    """An account."""

    id: int
    uri: str
    bsid: str
    main_number: str
    operator: OperatorInfo
    service_info: AccountServiceSummary
    setup_wizard_state: Literal["Completed"]
    signup_info: SignupInfo
    status: Literal["Confirmed", "Disabled"]
    regional_settings: RegionalSettingsInfo
    federated: bool
    limits: AccountLimitsInfo


class AccountFeatureInfo(Struct, rename="camel"):
    """Whether the account has a service feature."""

    feature_name: ServiceFeatureName
    enabled: bool


class AccountServiceInfo(Struct, rename="camel"):
    """Plans, features and limits."""

    uri: str
    service_plan_name: str
    brand: BrandInfo
    contracted_country: HomeCountryInfo
    service_plan: ServicePlanInfo
    billing_plan: BillingPlanInfo
    service_features: list[AccountFeatureInfo]
    limits: AccountLimitsInfo


class PostalAddress(Struct, omit_defaults=True):
    """country and state: names."""

    country: Line | None = None
    state: Line | None = None
    city: Line | None = None
    street: Line | None = None
    zip: Line | None = None

    def read(self) -> Address:
        return Address(self.country or "", self.state or "", self.city or "", self.street or "", self.zip or "")

    @classmethod
    def show(cls, address: Address) -> PostalAddress:
        fields = (address.country, address.state, address.city, address.street, address.zip)
        return cls(*(text or None for text in fields))


class AccountBusinessAddressResource(Struct, rename="camel", omit_defaults=True):
    """What is told of the company."""

    uri: str
    business_address: PostalAddress
    company: str | None = None
    email: str | None = None
    main_site_name: str | None = None


class ModifyAccountBusinessAddressRequest(Struct, rename="camel"):
    """What is not there stays as it is; "" empties. An address replaces the old one whole."""

    company: Line | None = None
    email: Line | None = None
    business_address: PostalAddress | None = None
    main_site_name: Line | None = None

    def read(self) -> CompanyChange:
        address = None if self.business_address is None else self.business_address.read()
        return CompanyChange(self.company, self.email, address, self.main_site_name)


class BusinessHoursSchedule(Struct):
    """Always empty: open around the clock."""


class BusinessHours(Struct):
    """When the company is open."""

    uri: str
    schedule: BusinessHoursSchedule


def account_info(account: Account, operator: Extension, root: str) -> GetAccountInfoResponse:
    """root: absolute, up to `/restapi/v1.0`."""
    uri = f"{root}/account/{account.id}"
    country = regional.home_country(account.country, root)
    summary = AccountServiceSummary(f"{uri}/service-info", _billing_plan(), _brand(country), _service_plan(), country)
    return GetAccountInfoResponse(
        account.id,
        uri,
        str(account.id),
        account.main_number,
        OperatorInfo(f"{uri}/extension/{operator.id}", operator.id, operator.number),
        summary,
        "Completed",
        SignupInfo(True, _SIGNED_UP),
        "Confirmed" if account.enabled else "Disabled",
        regional.settings(regions.of_account(account), root),
        False,
        _limits(),
    )


def service_info(account: Account, features: list[Feature], root: str) -> AccountServiceInfo:
    """root: as above."""
    country = regional.home_country(account.country, root)
    plan = _service_plan()
    return AccountServiceInfo(
        f"{root}/account/{account.id}/service-info",
        plan.name,
        _brand(country),
        country,
        plan,
        _billing_plan(),
        [AccountFeatureInfo(feature.id, feature.reason is None) for feature in features],
        _limits(),
    )


def business_address(account: Account, uri: str) -> AccountBusinessAddressResource:
    return AccountBusinessAddressResource(
        uri,
        PostalAddress.show(account.address),
        account.company or None,
        account.email or None,
        account.main_site or None,
    )


def _brand(country: HomeCountryInfo) -> BrandInfo:
    return BrandInfo(_BRAND_ID, _BRAND_NAME, country)


def _service_plan() -> ServicePlanInfo:
    return ServicePlanInfo("1", "RingOut", "Self-hosted")


def _billing_plan() -> BillingPlanInfo:
    return BillingPlanInfo("1", "RingOut", "Month", 1, "Free", 0)


def _limits() -> AccountLimitsInfo:
    return AccountLimitsInfo(0, 0, 0, 0, _LONGEST_EXTENSION_NUMBER, 0, 0)
