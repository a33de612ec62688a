"""Every operation of the administration: its URL below /admin/v1 and its words after `ringout admin`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from ringout.service.administration import (
    accounts,
    balance,
    clients,
    devices,
    jwts,
    numbers,
    phones,
    ring_lists,
    trunks,
    user_settings,
    users,
)
from ringout.service.ports import GatewayReport


@dataclass(frozen=True, slots=True)
class AdminOperation:
    """name: of the operation in the OpenAPI document. command: words of the command line. path: the names in braces
    are in `Where`; on the command line `account` is an option and the others come first. use: takes the Administration,
    the names, and body or query when there is one; gives a record, a Listing (records: what it shows) or None.
    columns: of the table that people see; () = every field on a line of its own. asks: the secret field that the
    command line asks for unless a flag beside it makes one up."""

    name: str
    command: tuple[str, str]
    method: str
    path: str
    use: Callable[..., Any]
    summary: str
    answer: type[Struct] | None = None
    body: type[Struct] | None = None
    query: type[Struct] | None = None
    is_list: bool = False
    columns: tuple[str, ...] = ()
    asks: bool = False


_ACCOUNT = "/accounts/{account}"
_USER = f"{_ACCOUNT}/users/{{user}}"

_ACCOUNT_COLUMNS = ("id", "mainNumber", "company", "country", "users", "numbers", "enabled")
_USER_COLUMNS = ("id", "extension", "name", "email", "phones", "numbers", "enabled")
_CLIENT_COLUMNS = ("clientId", "name", "confidential", "admin", "scopes", "grants", "enabled")
_NUMBER_COLUMNS = ("id", "number", "usage", "user", "label", "callerId")
_PHONE_COLUMNS = ("id", "phoneNumber", "label", "type", "default")
_DEVICE_COLUMNS = ("id", "username", "name", "type", "online", "enabled")
_JWT_COLUMNS = ("id", "label", "client", "creationTime", "expirationTime")
_GATEWAY_COLUMNS = ("trunk", "gateway", "address", "answers", "code", "milliseconds", "seenAs", "state", "registered")
_ENTRY_COLUMNS = ("id", "time", "amount", "kind", "ringOutId", "note")


def _lists(
    name: str,
    group: str,
    path: str,
    use: Callable[..., Any],
    record: type[Struct],
    columns: tuple[str, ...],
    summary: str,
    command: str = "list",
    query: type[Struct] | None = None,
) -> AdminOperation:
    return AdminOperation(
        name, (group, command), "GET", path, use, summary, record, query=query, is_list=True, columns=columns
    )


OPERATIONS = (
    _lists(
        "adminListAccounts", "accounts", "/accounts", accounts.list_accounts, accounts.AdminAccount,
        _ACCOUNT_COLUMNS, "Lists the accounts.",
    ),
    AdminOperation(
        "adminCreateAccount", ("accounts", "create"), "POST", "/accounts", accounts.create_account,
        "Makes an account.", accounts.AdminAccount, accounts.AdminAccountCreation,
    ),
    AdminOperation(
        "adminReadAccount", ("accounts", "show"), "GET", _ACCOUNT, accounts.show_account,
        "Shows an account.", accounts.AdminAccount,
    ),
    AdminOperation(
        "adminUpdateAccount", ("accounts", "update"), "PATCH", _ACCOUNT, accounts.update_account,
        "Changes an account. A disabled one logs its users out.", accounts.AdminAccount, accounts.AdminAccountChange,
    ),
    AdminOperation(
        "adminReadFeatures", ("features", "show"), "GET", f"{_ACCOUNT}/features", accounts.show_features,
        "Shows the service features of an account.", accounts.AdminFeatures,
    ),
    AdminOperation(
        "adminUpdateFeatures", ("features", "set"), "PATCH", f"{_ACCOUNT}/features", accounts.set_features,
        "Turns service features of an account on and off.", accounts.AdminFeatures, accounts.AdminFeaturesChange,
    ),
    AdminOperation(
        "adminListBlocked", ("blocked", "show"), "GET", f"{_ACCOUNT}/blocked", accounts.show_blocked,
        "Shows the prefixes that an account may not call.", accounts.AdminBlocked,
    ),
    AdminOperation(
        "adminAddBlocked", ("blocked", "add"), "POST", f"{_ACCOUNT}/blocked", accounts.add_blocked,
        "Blocks prefixes of destinations.", accounts.AdminBlocked, accounts.AdminPrefixes,
    ),
    AdminOperation(
        "adminRemoveBlocked", ("blocked", "remove"), "DELETE", f"{_ACCOUNT}/blocked/{{prefix}}",
        accounts.remove_blocked, "Opens a blocked prefix.",
    ),
    AdminOperation(
        "adminReadBalance", ("balance", "show"), "GET", f"{_ACCOUNT}/balance", balance.show_balance,
        "Shows the balance of an account, in units.", balance.AdminBalance,
    ),
    AdminOperation(
        "adminAddBalance", ("balance", "add"), "POST", f"{_ACCOUNT}/balance", balance.add_units,
        "Adds units to the balance; a negative number takes some away.", balance.AdminBalance, balance.AdminUnits,
    ),
    _lists(
        "adminListBalanceEntries", "balance", f"{_ACCOUNT}/balance/entries", balance.list_entries, balance.AdminEntry,
        _ENTRY_COLUMNS, "Lists the changes of the balance, newest first.", "entries", balance.AdminEntryChoice,
    ),
    _lists(
        "adminListNumbers", "numbers", f"{_ACCOUNT}/numbers", numbers.list_numbers, numbers.AdminNumber,
        _NUMBER_COLUMNS, "Lists the numbers that an account owns besides its main number.",
    ),
    AdminOperation(
        "adminCreateNumber", ("numbers", "add"), "POST", f"{_ACCOUNT}/numbers", numbers.add_number,
        "Gives an account a number.", numbers.AdminNumber, numbers.AdminNumberCreation,
    ),
    AdminOperation(
        "adminUpdateNumber", ("numbers", "update"), "PATCH", f"{_ACCOUNT}/numbers/{{number}}", numbers.update_number,
        "Changes whose number it is, its label, or whether it may be shown.", numbers.AdminNumber,
        numbers.AdminNumberChange,
    ),
    AdminOperation(
        "adminDeleteNumber", ("numbers", "remove"), "DELETE", f"{_ACCOUNT}/numbers/{{number}}", numbers.remove_number,
        "Takes a number from an account. Who showed it shows the main number.",
    ),
    _lists(
        "adminListUsers", "users", f"{_ACCOUNT}/users", users.list_users, users.AdminUser, _USER_COLUMNS,
        "Lists the users (extensions) of an account.",
    ),
    AdminOperation(
        "adminCreateUser", ("users", "create"), "POST", f"{_ACCOUNT}/users", users.create_user,
        "Makes a user.", users.AdminUser, users.AdminUserCreation,
    ),
    AdminOperation(
        "adminReadUser", ("users", "show"), "GET", _USER, users.show_user,
        "Shows a user, by extension number or id.", users.AdminUser,
    ),
    AdminOperation(
        "adminUpdateUser", ("users", "update"), "PATCH", _USER, users.update_user,
        "Changes a user. A disabled one is logged out.", users.AdminUser, users.AdminUserChange,
    ),
    AdminOperation(
        "adminSetPassword", ("users", "set-password"), "PUT", f"{_USER}/password", users.set_password,
        "Sets a user's password and ends the user's sessions.", users.AdminUser, users.AdminPassword, asks=True,
    ),
    AdminOperation(
        "adminDeleteUser", ("users", "delete"), "DELETE", _USER, users.delete_user,
        "Removes a user with its sessions and JWTs. Running calls go on; direct numbers become the company's.",
    ),
    AdminOperation(
        "adminReadUserFeatures", ("user-features", "show"), "GET", f"{_USER}/features",
        user_settings.show_user_features, "Shows the service features of a user.", accounts.AdminFeatures,
    ),
    AdminOperation(
        "adminUpdateUserFeatures", ("user-features", "set"), "PATCH", f"{_USER}/features",
        user_settings.set_user_features, "Takes service features away from a user, or gives them back.",
        accounts.AdminFeatures, accounts.AdminFeaturesChange,
    ),
    AdminOperation(
        "adminReadCallerId", ("caller-id", "show"), "GET", f"{_USER}/caller-id", user_settings.show_caller_id,
        "Shows what is shown when a user's request names no caller ID.", user_settings.AdminCallerId,
    ),
    AdminOperation(
        "adminUpdateCallerId", ("caller-id", "set"), "PUT", f"{_USER}/caller-id", user_settings.set_caller_id,
        "Sets what is shown when a user's request names no caller ID.", user_settings.AdminCallerId,
        user_settings.AdminCallerIdChange,
    ),
    _lists(
        "adminListForwardingNumbers", "forwarding-numbers", f"{_USER}/forwarding-numbers", phones.list_phones,
        phones.AdminPhone, _PHONE_COLUMNS, "Lists the phones of a user.",
    ),
    AdminOperation(
        "adminCreateForwardingNumber", ("forwarding-numbers", "add"), "POST", f"{_USER}/forwarding-numbers",
        phones.add_phone, "Gives a user a phone.", phones.AdminPhone, phones.AdminPhoneCreation,
    ),
    AdminOperation(
        "adminUpdateForwardingNumber", ("forwarding-numbers", "update"), "PATCH",
        f"{_USER}/forwarding-numbers/{{phone}}", phones.update_phone, "Changes a phone, by id or number.",
        phones.AdminPhone, phones.AdminPhoneChange,
    ),
    AdminOperation(
        "adminDeleteForwardingNumber", ("forwarding-numbers", "remove"), "DELETE",
        f"{_USER}/forwarding-numbers/{{phone}}", phones.remove_phone, "Takes a phone from a user, by id or number.",
    ),
    AdminOperation(
        "adminReadRingList", ("ring-list", "show"), "GET", f"{_USER}/ring-list", ring_lists.show_ring_list,
        "Shows which phones ring when a user is called.", ring_lists.AdminRingList,
    ),
    AdminOperation(
        "adminUpdateRingList", ("ring-list", "set"), "PATCH", f"{_USER}/ring-list", ring_lists.set_ring_list,
        "Sets which phones ring when a user is called, in order or at once.", ring_lists.AdminRingList,
        ring_lists.AdminRingListChange,
    ),
    _lists(
        "adminListDevices", "devices", f"{_USER}/devices", devices.list_devices, devices.AdminDevice,
        _DEVICE_COLUMNS, "Lists the phones of a user that register here, and which of them are there.",
    ),
    AdminOperation(
        "adminCreateDevice", ("devices", "add"), "POST", f"{_USER}/devices", devices.add_device,
        "Gives a user a phone that registers here; its password is shown once.", devices.AdminDevice,
        devices.AdminDeviceCreation,
    ),
    AdminOperation(
        "adminUpdateDevice", ("devices", "update"), "PATCH", f"{_USER}/devices/{{device}}", devices.update_device,
        "Changes a device, by id or user name. A disabled one cannot register.", devices.AdminDevice,
        devices.AdminDeviceChange,
    ),
    AdminOperation(
        "adminSetDevicePassword", ("devices", "set-password"), "PUT", f"{_USER}/devices/{{device}}/password",
        devices.set_device_password, "Sets a device's password; it must register anew.", devices.AdminDevice,
        users.AdminPassword, asks=True,
    ),
    AdminOperation(
        "adminDeleteDevice", ("devices", "remove"), "DELETE", f"{_USER}/devices/{{device}}", devices.remove_device,
        "Takes a device from a user, by id or user name.",
    ),
    _lists(
        "adminListJwts", "jwts", f"{_USER}/jwts", jwts.list_jwts, jwts.AdminJwt, _JWT_COLUMNS,
        "Lists the JWT credentials of a user.",
    ),
    AdminOperation(
        "adminCreateJwt", ("jwts", "create"), "POST", f"{_USER}/jwts", jwts.create_jwt,
        "Issues a JWT credential for a user and shows it once.", jwts.AdminJwt, jwts.AdminJwtCreation,
    ),
    AdminOperation(
        "adminDeleteJwt", ("jwts", "delete"), "DELETE", f"{_USER}/jwts/{{jwt}}", jwts.delete_jwt,
        "Makes a JWT credential worthless. Sessions that it opened go on.",
    ),
    _lists(
        "adminListClients", "clients", "/clients", clients.list_clients, clients.AdminClient, _CLIENT_COLUMNS,
        "Lists the applications.",
    ),
    AdminOperation(
        "adminCreateClient", ("clients", "create"), "POST", "/clients", clients.create_client,
        "Makes an application; its secret is shown once.", clients.AdminClient, clients.AdminClientCreation,
    ),
    AdminOperation(
        "adminReadClient", ("clients", "show"), "GET", "/clients/{client}", clients.show_client,
        "Shows an application.", clients.AdminClient,
    ),
    AdminOperation(
        "adminUpdateClient", ("clients", "update"), "PATCH", "/clients/{client}", clients.update_client,
        "Changes an application.", clients.AdminClient, clients.AdminClientChange,
    ),
    AdminOperation(
        "adminRotateSecret", ("clients", "rotate-secret"), "POST", "/clients/{client}/secret", clients.rotate_secret,
        "Gives an application a new secret, shown once.", clients.AdminClient,
    ),
    AdminOperation(
        "adminDeleteClient", ("clients", "delete"), "DELETE", "/clients/{client}", clients.delete_client,
        "Removes an application; its sessions end.",
    ),
    _lists(
        "adminListTrunks", "trunks", "/trunks", trunks.list_trunks, GatewayReport, _GATEWAY_COLUMNS,
        "Asks the gateways of the trunks whether they are there.",
    ),
)  # fmt: skip
