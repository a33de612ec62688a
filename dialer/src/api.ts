/** The server's API, and its refusals in plain words. */

import { HOME, accessToken } from './auth';
import { language, t } from './texts';

export const USER = 'restapi/v1.0/account/~/extension/~';
export const ACCOUNT = 'restapi/v1.0/account/~';

interface Envelope {
  errorCode?: string;
  message?: string;
  parameterName?: string;
  parameterValue?: string;
  errors?: { errorCode?: string; message?: string }[];
}

/** The server understood and said no. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: Envelope,
    readonly retryAfter: number,
  ) {
    super(body.message ?? String(status));
  }
}

/** The server did not answer. */
export class Unreachable extends Error {}

let skew = 0; // ms that the server's clock is ahead of ours

/** Milliseconds since the epoch by the server's clock. */
export const serverNow = (): number => Date.now() + skew;

/** One request. Throws Refusal, Unreachable or SignedOut. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  let refused = '';
  for (;;) {
    let answer: Response;
    try {
      const token = await accessToken(refused);
      const headers = { Authorization: `Bearer ${token}`, 'Accept-Language': language, ...init.headers };
      answer = await fetch(new URL(path, HOME), { ...init, headers, cache: 'no-store' });
      if (answer.status === 401 && !refused) {
        refused = token;
        continue;
      }
    } catch (error) {
      if (error instanceof TypeError) throw new Unreachable();
      throw error;
    }
    const said = Date.parse(answer.headers.get('Date') ?? '');
    if (said) skew = Math.abs(said - Date.now()) > 2000 ? said - Date.now() : 0; // the header knows whole seconds only
    if (answer.ok) return answer;
    const body = (await answer.json().catch(() => ({}))) as Envelope;
    throw new Refusal(answer.status, body, Number(answer.headers.get('Retry-After')) || 0);
  }
}

export async function get<T>(path: string): Promise<T> {
  return (await (await send(path)).json()) as T;
}

export async function change<T>(method: 'POST' | 'PUT', path: string, body: unknown): Promise<T> {
  const init = { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  return (await (await send(path, init)).json()) as T;
}

export async function remove(path: string): Promise<void> {
  await send(path, { method: 'DELETE' });
}

/** Why something did not happen. */
export function inWords(error: unknown): string {
  if (error instanceof Unreachable) return t('The server cannot be reached. Please try again.');
  if (!(error instanceof Refusal)) return t('Something went wrong. Please try again.');
  const { errorCode = '', parameterName = '', message = '' } = error.body;
  const side = parameterName.split('.')[0];
  const value = error.body.parameterValue ?? '';
  // "Parameter [x] value is invalid", and then perhaps for people why.
  const why = message.split('. ').slice(1).join('. ');
  switch (errorCode) {
    case 'InternationalProhibited':
      return t('Calls abroad are switched off for you. Your administrator can allow them.');
    case 'InsufficientFunds':
      return t('Your balance does not cover the first minute of this call.');
    case 'InvalidParameter':
      if (why) return why;
      if (parameterName === 'to.phoneNumber') return t('{value} is not a number that can be called.', { value });
      if (parameterName === 'to') return t('Nobody has the number {value}.', { value });
      if (parameterName === 'from' || parameterName === 'from.phoneNumber')
        return t('There is no phone to ring first. Add one under "Phones".');
      if (parameterName === 'postDial') return t('The digits for after the answer cannot be dialled.');
      if (side === 'from') return t('The chosen phone cannot be rung. Choose another one.');
      if (parameterName === 'phoneNumber') return t('This is not a phone number that can be rung.');
      if (parameterName === 'sipInfo.transport')
        return t('Browsers cannot be phones of this server. Your administrator can set that up.');
      break;
    case 'FeatureNotAvailable':
      return t('Your account may not place calls.');
    case 'CMN-301':
      return t('That was too much at once. Try again in {seconds} seconds.', { seconds: error.retryAfter || 60 });
    case 'InternalError':
      return t('The server has made a mistake. Please try again.');
  }
  return message || t('Something went wrong. Please try again.');
}
