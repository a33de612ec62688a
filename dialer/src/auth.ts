/** Signing in: authorization code with PKCE (RFC 7636), on this server's own login page. */

import { read, write } from './prefs';

export const HOME = new URL('./', location.href);
HOME.search = HOME.hash = '';
const CLIENT = 'ringout-dialer';
const SESSION = 'ringout.session';
const ASKED = 'ringout.asked';
const EARLY_MS = 60_000; // a token is renewed that long before its end

interface Session {
  access: string;
  expires: number; // ms since the epoch
  refresh: string;
}

/** What the page knows when it comes back from the login page. after: the query it was opened with. */
interface Asked {
  verifier: string;
  state: string;
  after: string;
}

interface EntryPoints {
  coreApi: { baseUri: string };
}

interface Tokens {
  access_token: string;
  expires_in: number;
  refresh_token?: string;
}

export class SignedOut extends Error {}

/** The server knows itself by another address, and sends codes nowhere else. message: that address. */
export class Elsewhere extends Error {}

let session = read<Session>(localStorage, SESSION);
let renewal: Promise<void> | null = null;

export const isSignedIn = (): boolean => session !== null;

function keep(now: Session | null): void {
  session = now;
  write(localStorage, SESSION, now);
}

/** Other tabs of this page use the same login: signing out, and new tokens, hold for all. */
export function onChange(changed: () => void): void {
  addEventListener('storage', (event) => {
    if (event.key !== SESSION && event.key !== null) return;
    const was = isSignedIn();
    session = read<Session>(localStorage, SESSION);
    if (was !== isSignedIn()) changed();
  });
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Leaves for the login page. after: the query to come back to. Throws Elsewhere, or TypeError when the server cannot be
 * reached. */
export async function signIn(after: string, language: string): Promise<void> {
  const known = (await (await fetch(new URL('.well-known/entry-points/initial', HOME))).json()) as EntryPoints;
  const own = `${known.coreApi.baseUri}/`;
  if (own !== HOME.href) throw new Elsewhere(own);
  const asked: Asked = { verifier: random(), state: random(), after };
  write(sessionStorage, ASKED, asked);
  // Browsers hash only where the connection is safe; where it is not, whoever listens sees the password as well.
  const hash = crypto.subtle as SubtleCrypto | undefined;
  const challenge = hash
    ? base64url(new Uint8Array(await hash.digest('SHA-256', new TextEncoder().encode(asked.verifier))))
    : asked.verifier;
  const url = new URL('restapi/oauth/authorize', HOME);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT,
    redirect_uri: HOME.href,
    state: asked.state,
    code_challenge: challenge,
    code_challenge_method: hash ? 'S256' : 'plain',
    ui_locales: language,
  }).toString();
  location.assign(url);
}

/** Takes the code out of the address when this is the way back from the login page. The query that the page was opened
 * with before, or null when this is no way back. Throws SignedOut when it failed. */
export async function comeBack(query: URLSearchParams): Promise<string | null> {
  const code = query.get('code');
  if (!query.has('state') || !(code || query.has('error'))) return null;
  const asked = read<Asked>(sessionStorage, ASKED);
  write(sessionStorage, ASKED, null);
  history.replaceState(null, '', HOME);
  if (isSignedIn()) return asked?.after ?? '';
  if (!asked || asked.state !== query.get('state')) throw new SignedOut('stale');
  if (!code) throw new SignedOut(query.get('error') === 'access_denied' ? 'denied' : 'failed');
  await exchange({ grant_type: 'authorization_code', code, redirect_uri: HOME.href, code_verifier: asked.verifier });
  return asked.after;
}

async function exchange(form: Record<string, string>): Promise<void> {
  const answer = await fetch(new URL('restapi/oauth/token', HOME), {
    method: 'POST',
    body: new URLSearchParams({ ...form, client_id: CLIENT }),
  });
  if (answer.status === 400 || answer.status === 401) {
    keep(null);
    throw new SignedOut('failed');
  }
  if (!answer.ok) throw new TypeError('the server is busy'); // as if it had not been reached
  const told = (await answer.json()) as Tokens;
  keep({
    access: told.access_token,
    expires: Date.now() + told.expires_in * 1000,
    refresh: told.refresh_token ?? '',
  });
}

async function renew(): Promise<void> {
  const old = session?.access;
  const work = async (): Promise<void> => {
    session = read<Session>(localStorage, SESSION) ?? session;
    if (!session) throw new SignedOut('failed');
    // Another tab was faster. A browser may show its tokens here a moment late: the server gives the same ones then.
    if (session.access !== old) return;
    await exchange({ grant_type: 'refresh_token', refresh_token: session.refresh });
  };
  const locks = navigator.locks as LockManager | undefined;
  await (locks ? locks.request('ringout.renew', work) : work());
}

/** A token that is good now. refused: the one that the server did not take. Throws SignedOut, or TypeError when the
 * server cannot be reached. */
export async function accessToken(refused = ''): Promise<string> {
  if (!session) throw new SignedOut('failed');
  if (session.access === refused || session.expires - EARLY_MS < Date.now()) {
    renewal ??= renew().finally(() => (renewal = null));
    await renewal;
  }
  if (!session) throw new SignedOut('failed');
  return session.access;
}

/** Forgets the login here first, whatever becomes of the server's. */
export async function signOut(): Promise<void> {
  const token = session?.refresh || session?.access;
  keep(null);
  if (!token) return;
  try {
    await fetch(new URL('restapi/oauth/revoke', HOME), {
      method: 'POST',
      body: new URLSearchParams({ token, client_id: CLIENT }),
    });
  } catch {
    // the server ends the session when its time is over
  }
}
