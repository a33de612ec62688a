"""The life of an invite session as two tables, one per side. Offer/answer and reliability have their own."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ringout.sip.state_table import Ignored, Table


class SessionState(StrEnum):
    """What the session's user sees."""

    CALLING = "calling"
    PROCEEDING = "proceeding"
    RINGING = "ringing"  # UAS: no final response yet
    CONFIRMED = "confirmed"
    ENDING = "ending"
    TERMINATED = "terminated"


class Phase(StrEnum):
    """What the machine knows."""

    CALLING = "calling"  # UAC: INVITE sent, nothing heard
    PROCEEDING = "proceeding"  # UAC: 1xx heard
    WITHDRAWN = "withdrawn"  # UAC: hung up before any 1xx; CANCEL must wait for one (RFC 3261 9.1)
    CANCELLING = "cancelling"  # UAC: CANCEL sent
    RINGING = "ringing"  # UAS: no final response yet
    ANSWERED = "answered"  # UAS: 2xx sent, no ACK yet
    LEAVING = "leaving"  # UAS: hung up before the ACK; BYE must wait for it (RFC 3261 15)
    CONFIRMED = "confirmed"
    ENDING = "ending"  # BYE sent
    TERMINATED = "terminated"


class SessionInput(StrEnum):
    PROVISIONAL = "1xx"
    ANSWERED = "2xx"  # the first one
    CHALLENGED = "challenged"  # a 300-699 that another INVITE can meet: 401, 407, 421, 422
    REFUSED = "300-699"
    UNREACHED = "INVITE without answer"  # timer B or transport
    HANG_UP = "hang up"
    PEER_BYE = "BYE"
    DIALOG_GONE = "481 in dialog"
    PEER_SILENT = "peer silent"  # a request within the dialog, or our 2xx, never answered
    BYE_DONE = "BYE done"
    GIVE_UP_TIME = "64*T1 after hanging up"
    ANSWER = "answer"
    REJECT = "reject"
    CANCELLED = "CANCEL"
    ACKED = "ACK"


_P = Phase
_I = SessionInput

_ANSWERED_PHASES: Final[Table[Phase, SessionInput]] = {
    (_P.CONFIRMED, _I.HANG_UP): (_P.ENDING, ("start_give_up_time", "send_bye")),
    (_P.CONFIRMED, _I.PEER_BYE): (_P.TERMINATED, ("report_ended_by_peer",)),
    (_P.CONFIRMED, _I.DIALOG_GONE): (_P.TERMINATED, ("report_gone",)),
    # RFC 3261 12.2.1.2: a time-out within the dialog ends it, and a BYE says so.
    (_P.CONFIRMED, _I.PEER_SILENT): (_P.ENDING, ("blame_peer", "start_give_up_time", "send_bye")),
    (_P.ENDING, _I.BYE_DONE): (_P.TERMINATED, ("report_end",)),
    (_P.ENDING, _I.PEER_BYE): (_P.TERMINATED, ("report_end",)),
    (_P.ENDING, _I.DIALOG_GONE): (_P.TERMINATED, ("report_end",)),
    (_P.ENDING, _I.GIVE_UP_TIME): (_P.TERMINATED, ("report_end",)),
}

UAC_INPUTS: Final = tuple(i for i in _I if i not in (_I.ANSWER, _I.REJECT, _I.CANCELLED, _I.ACKED))
UAC_PHASES: Final = tuple(p for p in _P if p not in (_P.RINGING, _P.ANSWERED, _P.LEAVING))
UAC_TABLE: Final[Table[Phase, SessionInput]] = {
    (_P.CALLING, _I.PROVISIONAL): (_P.PROCEEDING, ("report_provisional",)),
    (_P.CALLING, _I.ANSWERED): (_P.CONFIRMED, ("send_ack", "report_answered")),
    (_P.CALLING, _I.CHALLENGED): (_P.CALLING, ("invite_again",)),
    (_P.CALLING, _I.REFUSED): (_P.TERMINATED, ("report_failed",)),
    (_P.CALLING, _I.UNREACHED): (_P.TERMINATED, ("report_unreached",)),
    (_P.CALLING, _I.HANG_UP): (_P.WITHDRAWN, ("start_give_up_time",)),
    (_P.CALLING, _I.PEER_BYE): (_P.TERMINATED, ("forget_invite", "report_bye_before_answer")),
    (_P.PROCEEDING, _I.PROVISIONAL): (_P.PROCEEDING, ("report_provisional",)),
    (_P.PROCEEDING, _I.ANSWERED): (_P.CONFIRMED, ("send_ack", "report_answered")),
    (_P.PROCEEDING, _I.CHALLENGED): (_P.CALLING, ("invite_again",)),
    (_P.PROCEEDING, _I.REFUSED): (_P.TERMINATED, ("report_failed",)),
    # The way is broken, and beyond it a phone may ring: perhaps a CANCEL still gets through.
    (_P.PROCEEDING, _I.UNREACHED): (_P.TERMINATED, ("send_cancel", "report_unreached")),
    (_P.PROCEEDING, _I.HANG_UP): (_P.CANCELLING, ("start_give_up_time", "send_cancel")),
    (_P.PROCEEDING, _I.PEER_BYE): (_P.TERMINATED, ("forget_invite", "report_bye_before_answer")),
    (_P.WITHDRAWN, _I.PROVISIONAL): (_P.CANCELLING, ("send_cancel",)),
    (_P.WITHDRAWN, _I.ANSWERED): (_P.ENDING, ("send_ack", "send_bye")),
    (_P.WITHDRAWN, _I.CHALLENGED): (_P.TERMINATED, ("report_cancelled",)),
    (_P.WITHDRAWN, _I.REFUSED): (_P.TERMINATED, ("report_cancelled",)),
    (_P.WITHDRAWN, _I.UNREACHED): (_P.TERMINATED, ("report_cancelled",)),
    (_P.WITHDRAWN, _I.PEER_BYE): (_P.TERMINATED, ("forget_invite", "report_cancelled")),
    (_P.WITHDRAWN, _I.GIVE_UP_TIME): (_P.TERMINATED, ("forget_invite", "report_cancelled")),
    (_P.CANCELLING, _I.ANSWERED): (_P.ENDING, ("send_ack", "send_bye")),
    (_P.CANCELLING, _I.CHALLENGED): (_P.TERMINATED, ("report_cancelled",)),
    (_P.CANCELLING, _I.REFUSED): (_P.TERMINATED, ("report_cancelled",)),
    (_P.CANCELLING, _I.UNREACHED): (_P.TERMINATED, ("report_cancelled",)),
    (_P.CANCELLING, _I.PEER_BYE): (_P.TERMINATED, ("forget_invite", "report_cancelled")),
    (_P.CANCELLING, _I.GIVE_UP_TIME): (_P.TERMINATED, ("forget_invite", "report_cancelled")),
    **_ANSWERED_PHASES,
}

UAS_INPUTS: Final = (
    _I.ANSWER,
    _I.REJECT,
    _I.CANCELLED,
    _I.ACKED,
    _I.HANG_UP,
    _I.PEER_BYE,
    _I.DIALOG_GONE,
    _I.PEER_SILENT,
    _I.BYE_DONE,
    _I.GIVE_UP_TIME,
)
UAS_PHASES: Final = (_P.RINGING, _P.ANSWERED, _P.LEAVING, _P.CONFIRMED, _P.ENDING, _P.TERMINATED)
UAS_TABLE: Final[Table[Phase, SessionInput]] = {
    (_P.RINGING, _I.ANSWER): (_P.ANSWERED, ("send_2xx",)),
    (_P.RINGING, _I.REJECT): (_P.TERMINATED, ("send_rejection", "report_rejected")),
    (_P.RINGING, _I.HANG_UP): (_P.TERMINATED, ("send_rejection", "report_rejected")),
    (_P.RINGING, _I.CANCELLED): (_P.TERMINATED, ("send_487", "report_cancelled")),
    (_P.RINGING, _I.PEER_BYE): (_P.TERMINATED, ("send_487", "report_cancelled")),
    (_P.RINGING, _I.PEER_SILENT): (_P.TERMINATED, ("send_rejection", "report_rejected")),  # RFC 3262 section 3
    (_P.ANSWERED, _I.ACKED): (_P.CONFIRMED, ("report_confirmed",)),
    (_P.ANSWERED, _I.HANG_UP): (_P.LEAVING, ("start_give_up_time",)),
    (_P.ANSWERED, _I.PEER_BYE): (_P.TERMINATED, ("report_ended_by_peer",)),
    (_P.ANSWERED, _I.DIALOG_GONE): (_P.TERMINATED, ("report_gone",)),
    (_P.ANSWERED, _I.PEER_SILENT): (_P.ENDING, ("blame_peer", "start_give_up_time", "send_bye")),
    (_P.LEAVING, _I.ACKED): (_P.ENDING, ("send_bye",)),
    (_P.LEAVING, _I.PEER_SILENT): (_P.ENDING, ("send_bye",)),
    (_P.LEAVING, _I.PEER_BYE): (_P.TERMINATED, ("report_end",)),
    (_P.LEAVING, _I.DIALOG_GONE): (_P.TERMINATED, ("report_end",)),
    (_P.LEAVING, _I.GIVE_UP_TIME): (_P.TERMINATED, ("send_bye", "report_end")),
    **_ANSWERED_PHASES,
}


def _pairs(phases: tuple[Phase, ...], inputs: tuple[SessionInput, ...]) -> Ignored[Phase, SessionInput]:
    return frozenset((phase, kind) for phase in phases for kind in inputs)


UAC_IGNORED: Final[Ignored[Phase, SessionInput]] = frozenset(
    {
        # Hanging up is idempotent.
        (_P.WITHDRAWN, _I.HANG_UP),
        (_P.CANCELLING, _I.HANG_UP),
        (_P.ENDING, _I.HANG_UP),
        (_P.CANCELLING, _I.PROVISIONAL),
        # What other transactions still bring after the turn of events.
        (_P.CONFIRMED, _I.PROVISIONAL),
        (_P.CONFIRMED, _I.CHALLENGED),
        (_P.CONFIRMED, _I.REFUSED),
        (_P.CONFIRMED, _I.UNREACHED),
        (_P.CONFIRMED, _I.ANSWERED),
        (_P.CONFIRMED, _I.BYE_DONE),
        (_P.CONFIRMED, _I.GIVE_UP_TIME),
        (_P.ENDING, _I.PROVISIONAL),
        (_P.ENDING, _I.CHALLENGED),
        (_P.ENDING, _I.REFUSED),
        (_P.ENDING, _I.UNREACHED),
        (_P.ENDING, _I.ANSWERED),
        (_P.ENDING, _I.PEER_SILENT),
    }
    # A PRACK or UPDATE of ours that fails does not decide about an INVITE still open.
    | _pairs((_P.CALLING, _P.PROCEEDING, _P.WITHDRAWN, _P.CANCELLING), (_I.DIALOG_GONE, _I.PEER_SILENT, _I.BYE_DONE))
    | _pairs((_P.CALLING, _P.PROCEEDING), (_I.GIVE_UP_TIME,))
    | _pairs((_P.TERMINATED,), UAC_INPUTS)
)
UAS_IGNORED: Final[Ignored[Phase, SessionInput]] = frozenset(
    {
        (_P.RINGING, _I.ACKED),
        (_P.RINGING, _I.DIALOG_GONE),
        (_P.LEAVING, _I.HANG_UP),
        (_P.ENDING, _I.HANG_UP),
        (_P.CONFIRMED, _I.BYE_DONE),
        (_P.CONFIRMED, _I.GIVE_UP_TIME),
        (_P.ENDING, _I.PEER_SILENT),
    }
    # A second verb, a late CANCEL (its 200 has gone, RFC 3261 9.2) or another copy of the ACK.
    | _pairs((_P.ANSWERED, _P.LEAVING, _P.CONFIRMED, _P.ENDING), (_I.ANSWER, _I.REJECT, _I.CANCELLED))
    | _pairs((_P.CONFIRMED, _P.ENDING), (_I.ACKED,))
    | _pairs((_P.RINGING, _P.ANSWERED, _P.LEAVING), (_I.BYE_DONE,))
    | _pairs((_P.RINGING, _P.ANSWERED), (_I.GIVE_UP_TIME,))
    | _pairs((_P.TERMINATED,), UAS_INPUTS)
)

SEEN_AS: Final[dict[Phase, SessionState]] = {
    _P.CALLING: SessionState.CALLING,
    _P.PROCEEDING: SessionState.PROCEEDING,
    _P.WITHDRAWN: SessionState.ENDING,
    _P.CANCELLING: SessionState.ENDING,
    _P.RINGING: SessionState.RINGING,
    _P.ANSWERED: SessionState.CONFIRMED,
    _P.LEAVING: SessionState.ENDING,
    _P.CONFIRMED: SessionState.CONFIRMED,
    _P.ENDING: SessionState.ENDING,
    _P.TERMINATED: SessionState.TERMINATED,
}
