"""What is told of the company behind an account, and changed by its administrators."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ringout.domain.account import Account, Address, Extension, Principal, by_number
from ringout.service import extensions as rules
from ringout.service import user_permissions
from ringout.service.accounts import Accounts


@dataclass(frozen=True, slots=True)
class CompanyChange:
    """As sent. None = as it is, "" = nothing."""

    company: str | None = None
    email: str | None = None
    address: Address | None = None
    main_site: str | None = None


class Company:
    """The use cases of the business address."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def change(self, principal: Principal, wanted: CompanyChange) -> Account:
        """The account's record afterwards; durable. Raises PermissionRequired unless an administrator asks, or
        UnusableValue."""
        user_permissions.demand(self._accounts.extension(principal.extension_id), "EditCompanyInfo")

        def changed(old: Account) -> Account:
            address = old.address if wanted.address is None else rules.address(wanted.address, "businessAddress")
            return replace(
                old,
                company=rules.line(wanted.company, old.company, "company"),
                email=rules.email(wanted.email, old.email, "email"),
                main_site=rules.line(wanted.main_site, old.main_site, "mainSiteName"),
                address=address,
            )

        return await self._accounts.change_account(principal.account_id, changed)

    def operator(self, account_id: int) -> Extension:
        """Who stands for the company: its first administrator, else its lowest extension number."""
        return min(self._accounts.extensions(account_id), key=lambda e: (not e.admin, *by_number(e)))
