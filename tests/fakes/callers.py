"""A company, its users with their phones, and numbers that they may call or not."""

from __future__ import annotations

from dataclasses import replace

from ringout.domain.account import (
    Account,
    Extension,
    ForwardingNumber,
    OwnedNumber,
    UsageType,
)
from ringout.domain.policy import Asker

MAIN, HOME, MOBILE, SHOWN = "+16505550100", "+16505550111", "+16505550122", "+16505550133"
COLLEAGUES_PHONE, OUTSIDE, LONDON = "+16505550144", "+14155550199", "+442079460958"
COMPANY, UNSHOWN, COLLEAGUES_OWN = "+16505550166", "+16505550167", "+16505550168"
TOLL_FREE, FOREIGN_TOLL_FREE, BAHAMAS, PUERTO_RICO = "+18005550123", "+448081570192", "+12425550123", "+17875550123"
ACCOUNT = Account(
    1,
    MAIN,
    numbers=(
        OwnedNumber(20, SHOWN, UsageType.DIRECT, 2),
        OwnedNumber(21, COMPANY),
        OwnedNumber(22, UNSHOWN, caller_id=False),
        OwnedNumber(23, COLLEAGUES_OWN, UsageType.DIRECT, 3),
    ),
    international=True,
)
PHONES = (HOME, MOBILE, TOLL_FREE, FOREIGN_TOLL_FREE, LONDON, BAHAMAS, PUERTO_RICO, UNSHOWN)
USER = Extension(
    2, 1, "101", forwarding_numbers=tuple(ForwardingNumber(str(7 + i), number) for i, number in enumerate(PHONES))
)
COLLEAGUE = Extension(3, 1, "102", forwarding_numbers=(ForwardingNumber("99", COLLEAGUES_PHONE),))
PHONELESS = Extension(4, 1, "103")
ON_911 = Extension(5, 1, "911", forwarding_numbers=(ForwardingNumber("98", "+16505550155"),))
ON_110 = Extension(6, 1, "110", forwarding_numbers=(ForwardingNumber("97", "+16505550156"),))
ON_9911 = Extension(7, 1, "9911", forwarding_numbers=(ForwardingNumber("96", "+16505550157"),))
GONE = Extension(8, 1, "108", forwarding_numbers=(ForwardingNumber("95", "+16505550158"),), enabled=False)
ABROAD = Extension(9, 1, "105", forwarding_numbers=(ForwardingNumber("94", LONDON),))
COLLEAGUES = {e.number: e for e in (USER, COLLEAGUE, PHONELESS, ON_911, ON_110, ON_9911, GONE, ABROAD)}
ASKER = Asker(ACCOUNT, USER, COLLEAGUES)
AT_HOME = Asker(replace(ACCOUNT, international=False), USER, COLLEAGUES)
