"""The JSON of an extension, read and written."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ringout.domain.account import Account, Contact, Extension
from ringout.service import regional as regions
from ringout.service import user_permissions
from ringout.service.extensions import LONGEST_NAME, ContactChange, ExtensionChange, RegionalChange
from ringout.service.features import Feature
from ringout.service.field_checks import LONGEST_PASSWORD, SHORTEST_PASSWORD
from ringout.web import regional
from ringout.web.account_bodies import Line, PostalAddress, ServiceFeatureName
from ringout.web.paging import Navigation, Paging
from ringout.web.regional import AssignedCountryInfo, RegionalSettingsInfo

ShownStatus = Literal["Enabled", "Disabled"]
TYPE: Literal["User"] = "User"  # every extension is a person's
_Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
_Password = Annotated[str, Meta(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]

# --- answers --------------------------------------------------------------------------------------------------------


class ExtensionAccountInfo(Struct):
    """The account, whose id is text here."""

    id: str
    uri: str


class ContactInfo(Struct, rename="camel", omit_defaults=True):
    """A person. Numbers are E.164 with +. emailAsLoginName: the address may stand for the user at a login."""

    name: str
    email_as_login_name: bool
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    job_title: str | None = None
    department: str | None = None
    email: str | None = None
    business_phone: str | None = None
    mobile_phone: str | None = None
    business_address: PostalAddress | None = None


class SwitchInfo(Struct):
    """On or off."""

    enabled: bool


class ExtensionPermissions(Struct, rename="camel"):
    """The two permissions that RingCentral's web service knew first."""

    admin: SwitchInfo
    international_calling: SwitchInfo


class ProfileImageInfo(Struct):
    """Without etag: nobody has a picture of their own."""

    uri: str


class ExtensionRole(Struct, rename="camel"):
    """What the user is."""

    id: str
    display_name: str
    auto_assigned: bool


class ExtensionServiceFeature(Struct, rename="camel", omit_defaults=True):
    """reason: why it is not enabled."""

    feature_name: ServiceFeatureName
    enabled: bool
    reason: str | None = None


class GetExtensionListInfoResponse(Struct, rename="camel"):
    """What colleagues see of a user."""

    id: int
    uri: str
    extension_number: str
    name: str
    type: Literal["User"]
    status: ShownStatus
    contact: ContactInfo
    permissions: ExtensionPermissions
    roles: list[ExtensionRole]
    hidden: bool


class GetExtensionListResponse(Struct):
    """The users of the account."""

    uri: str
    records: list[GetExtensionListInfoResponse]
    navigation: Navigation
    paging: Paging


class GetExtensionInfoResponse(Struct, rename="camel"):
    """The user who asks."""

    id: int
    uri: str
    account: ExtensionAccountInfo
    extension_number: str
    extension_numbers: list[str]
    name: str
    type: Literal["User"]
    status: ShownStatus
    contact: ContactInfo
    regional_settings: RegionalSettingsInfo
    permissions: ExtensionPermissions
    service_features: list[ExtensionServiceFeature]
    profile_image: ProfileImageInfo
    roles: list[ExtensionRole]
    assigned_country: AssignedCountryInfo
    setup_wizard_state: Literal["Completed"]
    hidden: bool


# --- ExtensionUpdateRequest -----------------------------------------------------------------------------------------


class ContactChangeInfo(Struct, rename="camel"):
    """What is not there stays as it is; "" empties. An address replaces the old one whole."""

    first_name: _Name | None = None
    last_name: _Name | None = None
    company: Line | None = None
    job_title: Line | None = None
    department: Line | None = None
    email: Line | None = None
    business_phone: str | None = None
    mobile_phone: str | None = None
    business_address: PostalAddress | None = None

    def read(self) -> ContactChange:
        return ContactChange(
            self.first_name,
            self.last_name,
            self.email,
            self.company,
            self.job_title,
            self.department,
            self.business_phone,
            self.mobile_phone,
            None if self.business_address is None else self.business_address.read(),
        )


class ChosenId(Struct):
    """Something from a dictionary."""

    id: str | None = None


class RegionalChangeInfo(Struct, rename="camel"):
    """What is not there stays as it is."""

    home_country: ChosenId | None = None
    timezone: ChosenId | None = None
    language: ChosenId | None = None
    greeting_language: ChosenId | None = None
    formatting_locale: ChosenId | None = None
    time_format: Literal["12h", "24h"] | None = None

    def read(self) -> RegionalChange:
        return RegionalChange(
            _id(self.home_country),
            _id(self.timezone),
            _id(self.language),
            _id(self.greeting_language),
            _id(self.formatting_locale),
            self.time_format,
        )


class ExtensionUpdateRequest(Struct, rename="camel"):
    """What the user changes. status, type and extensionNumber may only be what they are."""

    contact: ContactChangeInfo | None = None
    regional_settings: RegionalChangeInfo | None = None
    password: Annotated[_Password | None, Meta(description="Needs the permission EditUserCredentials")] = None
    status: Literal["Enabled", "Disabled", "Frozen", "NotActivated"] | None = None
    type: str | None = None
    extension_number: str | None = None

    def read(self) -> ExtensionChange:
        return ExtensionChange(
            ContactChange() if self.contact is None else self.contact.read(),
            RegionalChange() if self.regional_settings is None else self.regional_settings.read(),
            self.password,
            self.extension_number,
            None if self.status is None else self.status == "Enabled",
        )


def _id(chosen: ChosenId | None) -> str | None:
    return None if chosen is None else chosen.id


# --- records as answers ---------------------------------------------------------------------------------------------


def extension_info(
    account: Account, extension: Extension, features: list[Feature], root: str
) -> GetExtensionInfoResponse:
    """root: absolute, up to `/restapi/v1.0`."""
    account_uri = f"{root}/account/{account.id}"
    uri = f"{account_uri}/extension/{extension.id}"
    region = regions.of_extension(account, extension)
    return GetExtensionInfoResponse(
        extension.id,
        uri,
        ExtensionAccountInfo(str(account.id), account_uri),
        extension.number,
        [extension.number],
        extension.name,
        TYPE,
        status(extension),
        _contact(extension, extension.contact, account),
        regional.settings(region, root),
        _permissions(account, extension),
        [ExtensionServiceFeature(f.id, f.reason is None, f.reason) for f in features],
        ProfileImageInfo(f"{uri}/profile-image"),
        [_role(extension)],
        regional.assigned_country(region.country, root),
        "Completed",
        False,
    )


def listed_extension(account: Account, extension: Extension, root: str) -> GetExtensionListInfoResponse:
    """root: as above."""
    uri = f"{root}/account/{account.id}/extension/{extension.id}"
    return GetExtensionListInfoResponse(
        extension.id,
        uri,
        extension.number,
        extension.name,
        TYPE,
        status(extension),
        _contact(extension, extension.contact, None),
        _permissions(account, extension),
        [_role(extension)],
        False,
    )


def status(extension: Extension) -> ShownStatus:
    return "Enabled" if extension.enabled else "Disabled"


def _contact(extension: Extension, contact: Contact, account: Account | None) -> ContactInfo:
    """account: whose address is shown when the user has none; None = no addresses."""
    address = None if account is None else contact.address or account.address
    return ContactInfo(
        extension.name,
        bool(contact.email),
        contact.first_name or None,
        contact.last_name or None,
        contact.company or (account.company if account else "") or None,
        contact.job_title or None,
        contact.department or None,
        contact.email or None,
        contact.business_phone or None,
        contact.mobile_phone or None,
        None if address is None else PostalAddress.show(address),
    )


def _role(extension: Extension) -> ExtensionRole:
    role = user_permissions.role(extension)
    return ExtensionRole(role.id, role.name, auto_assigned=False)


def _permissions(account: Account, extension: Extension) -> ExtensionPermissions:
    international = account.international and extension.international
    return ExtensionPermissions(SwitchInfo(extension.admin), SwitchInfo(international))
