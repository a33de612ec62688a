/** One RingOut as the server tells it, and what that means for the two people. */

import { duration, t } from './texts';

export interface Leg {
  phoneNumber?: string;
  extensionNumber?: string;
  label?: string;
  sipCode?: number;
  sipReason?: string;
  explanation?: string;
  endedBy?: string;
  dialedTime?: string;
  ringingTime?: string;
  answeredTime?: string;
  endedTime?: string;
}

export interface RingOut {
  id: string;
  status: {
    callStatus: string;
    callerStatus: string;
    calleeStatus: string;
    caller: Leg;
    callee: Leg;
    explanation?: string;
    endedBy?: string;
  };
  creationTime: string;
  endTime?: string;
}

/** waiting: not dialled yet; on: talking, or waiting for the other one; failed: was never answered. */
export type Kind = 'waiting' | 'ringing' | 'on' | 'ended' | 'failed';

/** code: of SIP, with its phrase, where it tells why. why: the server's own sentence, in English. */
export interface Lane {
  kind: Kind;
  words: string;
  code: string;
  why: string;
}

export const number = (leg: Leg): string => leg.phoneNumber ?? leg.extensionNumber ?? '';
export const isOver = (ringOut: RingOut): boolean => ringOut.endTime !== undefined;
export const isJoined = (ringOut: RingOut): boolean => ringOut.status.callStatus === 'Success';

/** How much has happened: it only grows, and tells which of two words of the server is the older one. */
export function facts({ status, endTime }: RingOut): number {
  const legs = [status.caller, status.callee];
  const times = legs.flatMap((leg) => [leg.dialedTime, leg.ringingTime, leg.answeredTime, leg.endedTime]);
  return [...times, endTime].filter(Boolean).length;
}

/** Milliseconds since the epoch, by the server's clock. NaN before they talk. */
export function joinedAt({ status }: RingOut): number {
  return Math.max(Date.parse(status.caller.answeredTime ?? ''), Date.parse(status.callee.answeredTime ?? ''));
}

/** Seconds that the two talked. */
export function talked(ringOut: RingOut): number {
  const end = Date.parse(ringOut.status.callee.endedTime ?? ringOut.endTime ?? '');
  return (end - joinedAt(ringOut)) / 1000;
}

export function lanes(ringOut: RingOut): { you: Lane; them: Lane } {
  const { caller, callee, callerStatus, calleeStatus, endedBy } = ringOut.status;
  const joined = isJoined(ringOut);
  const you = lane(caller, callerStatus, joined, endedBy);
  if (you.kind === 'on' && !joined && !callee.dialedTime) you.words = t('Answered: press 1 on your phone');
  const them = lane(callee, calleeStatus, joined, endedBy);
  // Who was never called has no end of their own.
  if (isOver(ringOut) && them.kind === 'waiting') them.words = t('Not called');
  return { you, them };
}

function lane(leg: Leg, status: string, joined: boolean, endedBy = ''): Lane {
  if (!leg.endedTime && status === 'InProgress' && !leg.answeredTime) {
    if (leg.ringingTime) return plain('ringing', t('Ringing'));
    return leg.dialedTime ? plain('ringing', t('Calling')) : plain('waiting', t('Waiting'));
  }
  if (!leg.endedTime && (status === 'InProgress' || status === 'Success')) {
    return plain('on', joined ? t('Connected') : t('Answered'));
  }
  if (leg.answeredTime) return plain('ended', t('Hung up'));
  const code = leg.sipCode && leg.sipCode >= 300 ? `SIP ${leg.sipCode} ${leg.sipReason ?? ''}`.trim() : '';
  if (status === 'Rejected' && (leg.endedBy ?? endedBy) === 'user') return plain('ended', t('Cancelled'));
  // What is busy or declined is said already; the rest has more than one reason.
  const why = ['Busy', 'Rejected'].includes(status) ? '' : (leg.explanation ?? '');
  return { kind: 'failed', words: failure(status), code, why };
}

const plain = (kind: Kind, words: string): Lane => ({ kind, words, code: '', why: '' });

function failure(status: string): string {
  switch (status) {
    case 'Busy':
      return t('Busy');
    case 'NoAnswer':
      return t('No answer');
    case 'Rejected':
      return t('Declined');
    case 'NoSuchUser':
      return t('No such number');
    case 'DestinationBlocked':
      return t('Not allowed by the network');
    case 'NotEnoughFunds':
      return t('Refused: payment is required');
    case 'InternationalDisabled':
      return t('Calls abroad are off');
    case 'Finished':
      return t('Ended');
  }
  return t('Could not be reached');
}

/** One line over both lanes: how it stands, and at the end why. */
export function headline(ringOut: RingOut): string {
  const { caller, callee, callerStatus, calleeStatus, endedBy } = ringOut.status;
  const { you, them } = lanes(ringOut);
  if (!isOver(ringOut)) {
    if (isJoined(ringOut)) return t('You are connected');
    if (!caller.answeredTime) return t('Your phone rings first: pick it up');
    return callee.dialedTime ? t('Ringing them') : t('Press 1 on your phone to go on');
  }
  if (isJoined(ringOut)) {
    const length = duration(talked(ringOut));
    switch (endedBy) {
      case 'caller':
        return t('You hung up after {length}', { length });
      case 'callee':
        return t('They hung up after {length}', { length });
      case 'user':
        return t('You ended the call after {length}', { length });
    }
    return t('The call ended after {length}', { length });
  }
  if (endedBy === 'user') return t('You cancelled the call');
  if (them.kind === 'failed') return theirFailure(calleeStatus);
  if (you.kind === 'failed') return yourFailure(callerStatus);
  if (endedBy === 'caller') return t('You hung up before they answered');
  return caller.answeredTime && !callee.dialedTime ? t('Nobody pressed 1 on your phone') : t('Not connected');
}

function theirFailure(status: string): string {
  switch (status) {
    case 'Busy':
      return t('They are busy');
    case 'NoAnswer':
      return t('They did not answer');
    case 'Rejected':
      return t('They declined the call');
    case 'NoSuchUser':
      return t('Their number does not exist');
    case 'DestinationBlocked':
      return t('The network does not allow this number');
  }
  return t('They could not be reached');
}

function yourFailure(status: string): string {
  switch (status) {
    case 'Busy':
      return t('Your phone is busy');
    case 'NoAnswer':
      return t('You did not answer your phone');
    case 'Rejected':
      return t('Your phone declined the call');
    case 'NoSuchUser':
      return t('The number of your phone does not exist');
  }
  return t('Your phone could not be reached');
}

/** The server speaks of caller and callee, people of you and them; the code stands by itself. */
export function personal(why: string): string {
  const words = why.replace(/\bthe caller's\b/gi, 'your').replace(/\bthe callee's\b/gi, 'their');
  return words.replace(/ \(\d{3}\b[^)]*\)/, '').replace(/^./, (first) => first.toUpperCase());
}

/** What the call log calls it, '' for a call that took place. */
export function result(word: string): string {
  const known: Record<string, string> = {
    'Call connected': '',
    Accepted: '',
    Busy: t('Busy'),
    'No Answer': t('No answer'),
    Missed: t('No answer'),
    Rejected: t('Declined'),
    'Hang Up': t('Cancelled'),
    'Wrong Number': t('No such number'),
    'Restricted Number': t('Not allowed by the network'),
    'No Calling Credit': t('Refused: payment is required'),
    'International Disabled': t('Calls abroad are off'),
    'In Progress': t('In progress'),
  };
  return known[word] ?? t('Could not be reached');
}
