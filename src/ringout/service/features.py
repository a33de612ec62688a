"""What a user may use of all that RingCentral's clients ask for. What this server lacks is there and not available, so
that clients hide it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from ringout.domain.account import Account, Extension


class Reason(StrEnum):
    """Why a feature is not available."""

    NOT_OFFERED = "ServicePlanLimitation"  # by this server
    ACCOUNT = "AccountLimitation"
    EXTENSION = "ExtensionLimitation"


@dataclass(frozen=True, slots=True)
class Feature:
    """reason: None = available."""

    id: str
    reason: Reason | None


def _always(account: Account, extension: Extension) -> Reason | None:
    return None


def _ring_out(account: Account, extension: Extension) -> Reason | None:
    if not account.ring_out:
        return Reason.ACCOUNT
    return None if extension.ring_out else Reason.EXTENSION


def _international(account: Account, extension: Extension) -> Reason | None:
    if not account.international:
        return Reason.ACCOUNT
    return None if extension.international else Reason.EXTENSION


def _password(account: Account, extension: Extension) -> Reason | None:
    return None if extension.password_hash else Reason.EXTENSION


_Rule = Callable[[Account, Extension], Reason | None]
# SalesForce stands for integration with any CRM: clients that are one refuse to start without it.
_BOTH: dict[str, _Rule] = {
    "RingOut": _ring_out,
    "InternationalCalling": _international,
    "CallForwarding": _always,
    "CallerIdControl": _always,
    "Presence": _always,
    "SalesForce": _always,
}
_SERVICE_FEATURES: dict[str, _Rule] = {**_BOTH, "PasswordAuth": _password}
# RingCentral's widgets log out again without ReadExtensionInfo or ReadCompanyInfo, know no numbers without
# ReadExtensionPhoneNumbers, and no forwarding numbers without ReadExtensionAnsweringRules.
_ALWAYS = (
    "BlockingCallerId DomesticCalling EditExtensionInfo EditOutboundCallerId EditPresenceStatus InternalCalling "
    "ReadAccountPhoneNumbers ReadCompanyInfo ReadExtensionAnsweringRules ReadExtensionCallLog ReadExtensionDevices "
    "ReadExtensionGrants ReadExtensionInfo ReadExtensionPhoneNumbers ReadOutboundCallerId ReadPresenceStatus"
)
_FEATURES: dict[str, _Rule] = {**_BOTH, **dict.fromkeys(_ALWAYS.split(), _always)}
# serviceFeatures lists every name of the documented enumeration.
_SERVICE_FEATURES_NOT_OFFERED = (
    "AccountFederation Archiver AutomaticCallRecordingMute AutomaticInboundCallRecording "
    "AutomaticOutboundCallRecording BlockedMessageForwarding Calendar CallPark CallParkLocations CallSupervision "
    "CallSwitch CallQualitySurvey Conferencing ConferencingNumber ConfigureDelegates DeveloperPortal DND "
    "DynamicConference EmergencyAddressAutoUpdate EmergencyCalling EncryptionAtRest ExternalDirectoryIntegration Fax "
    "FaxReceiving FreeSoftPhoneLines HDVoice HipaaCompliance Intercom InternationalSMS LinkedSoftphoneLines MMS "
    "MobileVoipEmergencyCalling OnDemandCallRecording Pager PagerReceiving Paging PromoMessage Reports RCTeams "
    "SharedLines SingleExtensionUI SiteCodes SMS SMSReceiving SoftPhoneUpdate TelephonySessions UserManagement "
    "VideoConferencing VoipCalling VoipCallingOnMobile Voicemail VoicemailToText WebPhone"
)
SERVICE_FEATURE_NAMES = tuple(sorted([*_SERVICE_FEATURES, *_SERVICE_FEATURES_NOT_OFFERED.split()]))
# The ids that RingCentral's widgets look for.
_FEATURES_NOT_OFFERED = (
    "AcceptQueueCalls AIGeneratedNotes CallPark CallQueuePresence CallSwitch Conferencing DND EditCallQueuePresence "
    "EmergencyCalling FaxReceiving FaxSending Glip HUD Meetings MeetingsEncryption MMSSending OnDemandCallRecording "
    "OutboundCallPrefix PagesReceiving PagesSending ReadBlockedNumbers ReadExtensionCallRecordings ReadExtensions "
    "ReadMessages ReadPersonalContacts RingSenseMVP RoomConnectorBeta SiteCodes SmartDialPlanRouting SMSReceiving "
    "SMSSending TelephonySessions VoiceCallsCloseCaptioning VoiceCallsLiveTranscriptions VoipCalling Voicemail "
    "WebPhone"
)


def service_features(account: Account, extension: Extension) -> list[Feature]:
    """The older list, part of the extension, by name."""
    return _all(_SERVICE_FEATURES, _SERVICE_FEATURES_NOT_OFFERED.split(), account, extension)


def features(
    account: Account, extension: Extension, wanted: Iterable[str] | None = None, *, available_only: bool = False
) -> list[Feature]:
    """The newer list. wanted: those ids in that order, known or not; None = all, by id."""
    known = {f.id: f for f in _all(_FEATURES, _FEATURES_NOT_OFFERED.split(), account, extension)}
    chosen = known.values() if wanted is None else [known.get(i) or Feature(i, Reason.NOT_OFFERED) for i in wanted]
    return [f for f in chosen if f.reason is None or not available_only]


def _all(offered: dict[str, _Rule], missing: Iterable[str], account: Account, extension: Extension) -> list[Feature]:
    found = [Feature(name, rule(account, extension)) for name, rule in offered.items()]
    found += [Feature(name, Reason.NOT_OFFERED) for name in missing]
    return sorted(found, key=lambda feature: feature.id.lower())
