"""What the user may use: the list by which clients decide what they show."""

from __future__ import annotations

import re

from msgspec import Struct

from ringout.domain.errors import BadParameter
from ringout.service import features
from ringout.service.features import Feature, Reason
from ringout.web import schemas
from ringout.web.api import Api, Group, Operation
from ringout.web.message import Answer, Request
from ringout.web.reading import read_query

_MOST_IDS = 100
_ID = re.compile(r"[A-Za-z0-9_.\-]{1,64}", re.ASCII)
_MESSAGES = {
    Reason.NOT_OFFERED: "This server does not offer it",
    Reason.ACCOUNT: "It is switched off for the account",
    Reason.EXTENSION: "It is switched off for the user",
}


class FeatureReason(Struct):
    """Why a feature is not available."""

    code: Reason
    message: str


class FeatureInfo(Struct, omit_defaults=True):
    """One feature."""

    id: str
    available: bool
    reason: FeatureReason | None = None


class FeatureList(Struct):
    """What the user may use, and what not."""

    records: list[FeatureInfo]


class FeaturesQuery(Struct, rename="camel"):
    """featureId: those only, in that order, known or not."""

    available_only: bool = False
    feature_id: tuple[str, ...] = ()


async def read_features(api: Api, request: Request) -> Answer:
    accounts, principal = api.services.accounts, request.principal
    query = read_query(request, FeaturesQuery)
    wanted = tuple(dict.fromkeys(query.feature_id))
    wrong = [text for text in wanted if not _ID.fullmatch(text)]
    if wrong or len(wanted) > _MOST_IDS:
        raise BadParameter("featureId", wrong[0] if wrong else None)
    found = features.features(
        accounts.account(principal.account_id),
        accounts.extension(principal.extension_id),
        wanted or None,
        available_only=query.available_only,
    )
    return schemas.answer(FeatureList([_info(feature) for feature in found]))


def _info(feature: Feature) -> FeatureInfo:
    if feature.reason is None:
        return FeatureInfo(feature.id, True)
    return FeatureInfo(feature.id, False, FeatureReason(feature.reason, _MESSAGES[feature.reason]))


FEATURES = {
    "GET": Operation(
        "readExtensionFeatures",
        read_features,
        "What the user may use, and why not the rest.",
        FeatureList,
        query=FeaturesQuery,
        permission="ReadAccounts",
        group=Group.MEDIUM,
    )
}
