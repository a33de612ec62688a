// @ringcentral/sdk, used as its README shows: `node official.mjs SCENARIO`.
import ringcentral from '@ringcentral/sdk';
import { main, over, poll, readLine, say } from './steps.mjs';

const { SDK } = ringcentral;
const HOME = '/restapi/v1.0/account/~/extension/~';

const makePlatform = (login, options = {}) =>
  new SDK({
    server: login.url,
    clientId: login.client_id,
    clientSecret: login.client_secret,
    redirectUri: login.redirect_uri,
    ...options,
  }).platform();

async function loggedIn(login) {
  const platform = makePlatform(login);
  await platform.login({ jwt: login.jwt });
  return platform;
}

/** What the SDK makes of a refusal. */
async function refusal(request) {
  try {
    await request;
  } catch (error) {
    const body = await error.response?.clone().json().catch(() => null);
    return { status: error.response?.status, message: error.message, body };
  }
  return null;
}

/** The status that the token gets now, without the SDK's own renewal. */
const statusOf = async (login, token) =>
  (await fetch(`${login.url}${HOME}`, { headers: { Authorization: `Bearer ${token}` } })).status;

async function ringOut(platform, login, twin) {
  const read = async (uri) => (await platform.get(uri)).json();
  const place = async (from, to) =>
    (await platform.post(`${HOME}/${twin}`, {
      from: { phoneNumber: from },
      to: { phoneNumber: to },
      playPrompt: false,
    })).json();
  const whole = await place(login.from, login.numbers.hangs_up);
  const seen = await poll(() => read(whole.uri), over);
  const ringing = await place(login.numbers.answers, login.numbers.rings);
  const before = await poll(() => read(ringing.uri), ({ status }) => status.callerStatus === 'Success');
  const cancelled = (await platform.delete(ringing.uri)).status;
  const after = await poll(() => read(ringing.uri), over);
  const again = await refusal(platform.delete(ringing.uri));
  const byId = await read(`${HOME}/${twin}/${whole.id}`);
  return { placed: whole, seen, before, cancelled, after, again, byId };
}

await main({
  async jwt(login) {
    const platform = makePlatform(login);
    say({ token: await (await platform.login({ jwt: login.jwt })).json() });
    say({ logged_in: await platform.loggedIn(), me: await (await platform.get(HOME)).json() });
  },

  async password(login) {
    const platform = makePlatform(login);
    const { username, extension, password } = login;
    say({ token: await (await platform.login({ username, extension, password })).json() });
    say({ wrong: await refusal(makePlatform(login).login({ username, extension, password: 'wrong' })) });
  },

  async code(login) {
    const platform = makePlatform(login);
    say({ login_url: platform.loginUrl({ usePKCE: true, state: 'a state & more' }) });
    const query = platform.parseLoginRedirect(await readLine());
    say({ redirect: query });
    say({ token: await (await platform.login(query)).json() });
    say({ me: await (await platform.get(HOME)).json() });
    await platform.refresh();
    const { access_token } = await platform.auth().data();
    say({ refreshed: await statusOf(login, access_token) });
    await platform.logout();
    say({ logged_out: await statusOf(login, access_token) });
    say({ replayed: await refusal(makePlatform(login).login({ ...query, code_verifier: platform._codeVerifier })) });
  },

  async refresh_and_revoke(login) {
    const platform = await loggedIn(login);
    const first = await platform.auth().data();
    await platform.refresh();
    const second = await platform.auth().data();
    say({ changed: first.access_token !== second.access_token && first.refresh_token !== second.refresh_token });
    say({ same_session: first.session_id === second.session_id });
    say({ old: await statusOf(login, first.access_token), fresh: await statusOf(login, second.access_token) });
    await platform.logout();
    say({ logged_out: await statusOf(login, second.access_token), logged_in: await platform.loggedIn() });
  },

  async ring_out(login) {
    const platform = await loggedIn(login);
    for (const twin of ['ringout', 'ring-out']) say({ [twin]: await ringOut(platform, login, twin) });
  },

  async forwarding_numbers(login) {
    const platform = await loggedIn(login);
    const url = `${HOME}/forwarding-number`;
    const list = async () => (await (await platform.get(url)).json()).records;
    const before = await list();
    const wanted = { phoneNumber: '+16502223366', label: 'Boat', type: 'Other' };
    const made = await platform.post(url, wanted);
    const record = await made.json();
    say({ before, made: { status: made.status, body: record }, during: await list() });
    const one = `${url}/${record.id}`;
    say({ updated: await (await platform.put(one, { phoneNumber: '+16502223367', label: 'Ship' })).json() });
    say({ read: await (await platform.get(one)).json() });
    say({ twice: await refusal(platform.post(url, { ...wanted, label: 'Ship' })) });
    say({ deleted: (await platform.delete(one)).status, gone: await refusal(platform.get(one)), after: await list() });
  },

  async caller_id(login) {
    const platform = await loggedIn(login);
    const url = `${HOME}/caller-id`;
    const get = async () => (await platform.get(url)).json();
    const put = async (callerId) => platform.put(url, { byFeature: [{ feature: 'RingOut', callerId }] });
    say({ before: await get() });
    await put({ type: 'Blocked' });
    say({ blocked: await get() });
    const numbers = (await (await platform.get(`${HOME}/phone-number`)).json()).records;
    const { id } = numbers.find(({ features }) => features.includes('CallerId'));
    await put({ type: 'PhoneNumber', phoneInfo: { id: String(id) } });
    say({ numbers, chosen: id, main: await get() });
  },

  async refusals(login) {
    const platform = await loggedIn(login);
    const place = (body) => refusal(platform.post(`${HOME}/ring-out`, body));
    const to = { phoneNumber: login.numbers.answers };
    say({ no_to: await place({}), bad_to: await place({ to: { phoneNumber: 'nobody' } }) });
    say({ caller_id: await place({ to, callerId: { phoneNumber: '+14155550123' } }) });
    say({ unknown: await refusal(platform.get(`${HOME}/ringout/1`)) });
    say({ foreign: await refusal(platform.get('/restapi/v1.0/account/1/extension/~')) });
    say({ no_path: await refusal(platform.get('/restapi/v1.0/nowhere')) });
  },
});
