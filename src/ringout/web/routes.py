"""The whole URL table on one page, and the application that serves it."""

from __future__ import annotations

from functools import lru_cache

from ringout.config import Config
from ringout.service.ports import Clock, IdSource
from ringout.web import (
    about,
    account,
    answering_rules,
    authz_profile,
    balance,
    call_log,
    call_log_sync,
    caller_id,
    click_to_call,
    devices,
    dialer_page,
    dictionary,
    docs_page,
    entry_points,
    events,
    extensions,
    features,
    forwarding_numbers,
    grants,
    link_parser,
    number_parser,
    number_parser_v2,
    oauth,
    oauth_authorize,
    oauth_discovery,
    openapi,
    phone_numbers,
    presence,
    profile_image,
    ring_outs,
    schemas,
    sip_provision,
)
from ringout.web.api import Api, Resource, Services
from ringout.web.asgi import ASGIApp
from ringout.web.edge import Edge
from ringout.web.endpoint import Endpoint
from ringout.web.message import Answer
from ringout.web.rate_limits import rate_limits
from ringout.web.router import Router

_V1 = "/restapi/v1.0"
_ACCOUNT = f"{_V1}/account/{{accountId}}"
_EXTENSION = f"{_ACCOUNT}/extension/{{extensionId}}"

RESOURCES = (
    Resource(f"{_EXTENSION}/ringout/{{ringoutId}}", ring_outs.NUMBER_MEMBER),
    Resource(f"{_EXTENSION}/ringout", ring_outs.NUMBER_COLLECTION),
    Resource(f"{_EXTENSION}/ring-out/{{ringoutId}}", ring_outs.TEXT_MEMBER),
    Resource(f"{_EXTENSION}/ring-out", ring_outs.TEXT_COLLECTION),
    Resource(f"{_EXTENSION}/ring-out/events", events.EVERY),
    Resource(f"{_EXTENSION}/ring-out/{{ringoutId}}/events", events.ONE),
    Resource(f"{_EXTENSION}/forwarding-number", forwarding_numbers.COLLECTION),
    Resource(f"{_EXTENSION}/forwarding-number/{{forwardingNumberId}}", forwarding_numbers.MEMBER),
    Resource(f"{_EXTENSION}/answering-rule", answering_rules.COLLECTION),
    Resource(f"{_EXTENSION}/answering-rule/{{ruleId}}", answering_rules.MEMBER),
    Resource(f"{_EXTENSION}/caller-id", caller_id.RESOURCE),
    Resource(f"{_EXTENSION}/call-log", call_log.USER_LOG),
    Resource(f"{_EXTENSION}/call-log/{{callRecordId}}", call_log.USER_RECORD),
    Resource(f"{_EXTENSION}/call-log-sync", call_log_sync.USER),
    Resource(f"{_EXTENSION}/active-calls", call_log.USER_ACTIVE),
    Resource(f"{_ACCOUNT}/call-log", call_log.COMPANY_LOG),
    Resource(f"{_ACCOUNT}/call-log/{{callRecordId}}", call_log.COMPANY_RECORD),
    Resource(f"{_ACCOUNT}/call-log-sync", call_log_sync.COMPANY),
    Resource(f"{_ACCOUNT}/active-calls", call_log.COMPANY_ACTIVE),
    Resource(f"{_EXTENSION}/features", features.FEATURES),
    Resource(f"{_EXTENSION}/authz-profile", authz_profile.PROFILE),
    Resource(f"{_EXTENSION}/authz-profile/check", authz_profile.CHECK),
    Resource(f"{_EXTENSION}/device", devices.OF_EXTENSION),
    Resource(f"{_ACCOUNT}/device", devices.OF_ACCOUNT),
    Resource(f"{_ACCOUNT}/device/{{deviceId}}", devices.MEMBER),
    Resource(f"{_V1}/client-info/sip-provision", sip_provision.PROVISION),
    Resource(f"{_EXTENSION}/grant", grants.GRANTS),
    Resource(f"{_EXTENSION}/business-hours", account.USER_HOURS),
    Resource(f"{_EXTENSION}/phone-number", phone_numbers.EXTENSION_COLLECTION),
    Resource(f"{_EXTENSION}/phone-number/{{phoneNumberId}}", phone_numbers.EXTENSION_MEMBER),
    Resource(f"{_EXTENSION}/link/parse", {"POST": link_parser.PARSE}),
    Resource(f"{_EXTENSION}/presence", presence.EXTENSION),
    Resource(f"{_EXTENSION}/profile-image", profile_image.PROFILE_IMAGE),
    Resource(_EXTENSION, extensions.MEMBER),
    Resource(f"{_ACCOUNT}/extension", extensions.COLLECTION),
    Resource(f"{_ACCOUNT}/phone-number", phone_numbers.ACCOUNT_COLLECTION),
    Resource(f"{_ACCOUNT}/phone-number/{{phoneNumberId}}", phone_numbers.ACCOUNT_MEMBER),
    Resource(f"{_ACCOUNT}/presence", presence.ACCOUNT),
    Resource(f"{_ACCOUNT}/service-info", account.SERVICE_INFO),
    Resource(f"{_ACCOUNT}/balance", balance.BALANCE),
    Resource(f"{_ACCOUNT}/business-address", account.BUSINESS_ADDRESS),
    Resource(f"{_ACCOUNT}/business-hours", account.COMPANY_HOURS),
    Resource(_ACCOUNT, account.ACCOUNT),
    Resource(f"{_ACCOUNT}/dialing-plan", dictionary.DIALING_PLANS),
    Resource(f"{_V1}/dictionary/country", dictionary.COUNTRIES),
    Resource(f"{_V1}/dictionary/country/{{countryId}}", dictionary.COUNTRY),
    Resource(f"{_V1}/dictionary/timezone", dictionary.TIMEZONES),
    Resource(f"{_V1}/dictionary/timezone/{{timezoneId}}", dictionary.TIMEZONE),
    Resource(f"{_V1}/dictionary/language", dictionary.LANGUAGES),
    Resource(f"{_V1}/dictionary/language/{{languageId}}", dictionary.LANGUAGE),
    Resource(f"{_V1}/number-parser/parse", {"POST": number_parser.PARSE}),
    Resource("/restapi/v2/number-parser/parse", {"POST": number_parser_v2.PARSE}),
    Resource("/restapi/oauth/token", {"POST": oauth.TOKEN}),
    Resource("/restapi/oauth/revoke", {"POST": oauth.REVOKE}),
    Resource("/restapi/oauth/authorize", oauth_authorize.AUTHORIZE),
    Resource("/restapi/oauth/userinfo", oauth_discovery.USER_INFO),
    Resource("/restapi/oauth/jwks", {"GET": oauth_discovery.KEYS}),
    Resource("/restapi/oauth/wstoken", {"POST": oauth_discovery.WS_TOKEN}),
    Resource("/.well-known/openid-configuration", {"GET": oauth_discovery.CONFIGURATION}),
    Resource("/.well-known/entry-points/initial", {"GET": entry_points.INITIAL}),
    Resource("/.well-known/entry-points/external", {"GET": entry_points.EXTERNAL}),
    Resource("/restapi", {"GET": about.VERSIONS}),
    Resource(_V1, {"GET": about.VERSION}),
    Resource("/healthz", {"GET": about.HEALTH}),
    Resource("/openapi.json", {"GET": openapi.DOCUMENT}),
    Resource("/docs", {"GET": docs_page.PAGE}),
)


def make_app(
    config: Config, services: Services, ids: IdSource, clock: Clock, resources: tuple[Resource, ...] = RESOURCES
) -> ASGIApp:
    """The ASGI application that serves these resources."""
    public_url = config.http.public_url.rstrip("/") if config.http.public_url else None
    api = Api(services, public_url, *_described(resources), config.http.token_in_query)
    limits = rate_limits(config.limits, clock)
    endpoints: Router[Endpoint] = Router()
    for resource in (*resources, *dialer_page.RESOURCES, *click_to_call.RESOURCES):
        endpoints.add(resource.path, Endpoint(resource, api, limits))
    return Edge(endpoints, ids, config.http.max_body_bytes)


@lru_cache(maxsize=4)
def _described(resources: tuple[Resource, ...]) -> tuple[bytes, Answer]:
    """The OpenAPI document, encoded, and the page made of it."""
    document = openapi.make(resources)
    return schemas.encode(document), docs_page.make(document)
