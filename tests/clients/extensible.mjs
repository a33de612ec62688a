// @rc-ex/core, used as its README shows: `node extensible.mjs SCENARIO`.
import { createHash, randomBytes } from 'node:crypto';
import RingCentral from '@rc-ex/core';
import { main, over, poll, readLine, say } from './steps.mjs';

const HOME = '/restapi/v1.0/account/~/extension/~';

const makeClient = (login) =>
  new RingCentral({ server: login.url, clientId: login.client_id, clientSecret: login.client_secret });

async function loggedIn(login) {
  const rc = makeClient(login);
  await rc.authorize({ jwt: login.jwt });
  return rc;
}

/** What the SDK makes of a refusal. */
async function refusal(request) {
  try {
    await request;
  } catch (error) {
    return { status: error.response?.status, message: error.message, body: error.response?.data };
  }
  return null;
}

const statusOf = async (login, token) =>
  (await fetch(`${login.url}${HOME}`, { headers: { Authorization: `Bearer ${token}` } })).status;

const me = (rc) => rc.restapi().account().extension().get();

/** The resource as generated code calls it (text ids), and the older twin by its path (integer ids). */
const twins = {
  ringout: (rc) => ({
    place: async (body) => (await rc.post(`${HOME}/ringout`, body)).data,
    byId: async (id) => (await rc.get(`${HOME}/ringout/${id}`)).data,
    cancel: async (id) => (await rc.delete(`${HOME}/ringout/${id}`, {})).status,
  }),
  'ring-out': (rc) => {
    const home = rc.restapi().account().extension();
    return {
      place: (body) => home.ringOut().post(body),
      byId: (id) => home.ringOut(id).get(),
      cancel: async (id) => ((await home.ringOut(id).delete()), 204),
    };
  },
};

async function ringOut(rc, login, twin) {
  const { place, byId, cancel } = twins[twin](rc);
  const read = async (uri) => (await rc.get(uri)).data;
  const call = (from, to) => ({ from: { phoneNumber: from }, to: { phoneNumber: to }, playPrompt: false });
  const whole = await place(call(login.from, login.numbers.hangs_up));
  const seen = await poll(() => read(whole.uri), over);
  const ringing = await place(call(login.numbers.answers, login.numbers.rings));
  const before = await poll(() => read(ringing.uri), ({ status }) => status.callerStatus === 'Success');
  const cancelled = await cancel(ringing.id);
  const after = await poll(() => read(ringing.uri), over);
  const again = await refusal(cancel(ringing.id));
  return { placed: whole, seen, before, cancelled, after, again, byId: await byId(whole.id) };
}

await main({
  async jwt(login) {
    const rc = makeClient(login);
    say({ token: await rc.authorize({ jwt: login.jwt }) });
    say({ logged_in: true, me: await me(rc) });
  },

  async password(login) {
    const { username, extension, password } = login;
    const form = { grant_type: 'password', username, extension, password };
    const rc = makeClient(login);
    say({ token: await rc.getToken({ ...form }) });
    say({ wrong: await refusal(makeClient(login).getToken({ ...form, password: 'wrong' })) });
    say({ unsupported: await refusal(makeClient(login).authorize({ username, extension, password })) });
  },

  async code(login) {
    const verifier = randomBytes(32).toString('base64url');
    const url = new URL('/restapi/oauth/authorize', login.url);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: login.client_id,
      redirect_uri: login.redirect_uri,
      state: 'a state & more',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    say({ login_url: url.href });
    const query = Object.fromEntries(new URLSearchParams(await readLine()));
    say({ redirect: query });
    const grant = { code: query.code, redirect_uri: login.redirect_uri, code_verifier: verifier };
    const rc = makeClient(login);
    say({ token: await rc.authorize(grant) });
    say({ me: await me(rc) });
    const { access_token } = await rc.refresh();
    say({ refreshed: await statusOf(login, access_token) });
    await rc.revoke();
    say({ logged_out: await statusOf(login, access_token) });
    say({ replayed: await refusal(makeClient(login).authorize(grant)) });
  },

  async refresh_and_revoke(login) {
    const rc = await loggedIn(login);
    const first = rc.token;
    await me(rc);
    const second = await rc.refresh();
    say({ changed: first.access_token !== second.access_token && first.refresh_token !== second.refresh_token });
    say({ same_session: first.session_id === second.session_id });
    say({ old: await statusOf(login, first.access_token), fresh: await statusOf(login, second.access_token) });
    await rc.revoke();
    say({ logged_out: await statusOf(login, second.access_token), logged_in: rc.token !== undefined });
  },

  async ring_out(login) {
    const rc = await loggedIn(login);
    for (const twin of ['ringout', 'ring-out']) say({ [twin]: await ringOut(rc, login, twin) });
  },

  async forwarding_numbers(login) {
    const home = (await loggedIn(login)).restapi().account().extension();
    const list = async () => (await home.forwardingNumber().list()).records;
    const before = await list();
    const wanted = { phoneNumber: '+16502223366', label: 'Boat', type: 'Other' };
    const record = await home.forwardingNumber().post(wanted);
    say({ before, made: { status: 200, body: record }, during: await list() });
    const one = home.forwardingNumber(record.id);
    say({ updated: await one.put({ phoneNumber: '+16502223367', label: 'Ship' }), read: await one.get() });
    say({ twice: await refusal(home.forwardingNumber().post({ ...wanted, label: 'Ship' })) });
    await one.delete();
    say({ deleted: 204, gone: await refusal(one.get()), after: await list() });
  },

  async answering_rule(login) {
    const home = (await loggedIn(login)).restapi().account().extension();
    const phones = (await home.forwardingNumber().list()).records;
    const idOf = (number) => ({ id: phones.find(({ phoneNumber }) => phoneNumber === number).id });
    const ringing = [login.from, login.numbers.rings, login.numbers.presses_1];
    const rule = home.answeringRule('business-hours-rule');
    const rules = ringing.map((number, index) => ({ index, ringCount: 2, forwardingNumbers: [idOf(number)] }));
    say({ list: await home.answeringRule().list({ view: 'Detailed' }), before: await rule.get() });
    say({ put: await rule.put({ forwarding: { ringingMode: 'Simultaneously', rules } }), after: await rule.get() });
    const call = { from: { phoneNumber: login.extension }, to: { phoneNumber: login.numbers.answers }, playPrompt: true };
    const placed = await home.ringOut().post(call);
    const read = () => home.ringOut(placed.id).get();
    await poll(read, ({ status }) => status.callStatus !== 'InProgress', 40);
    say({ connected: await read() });
    await home.ringOut(placed.id).delete();
  },

  async caller_id(login) {
    const home = (await loggedIn(login)).restapi().account().extension();
    const put = (callerId) => home.callerId().put({ byFeature: [{ feature: 'RingOut', callerId }] });
    say({ before: await home.callerId().get() });
    await put({ type: 'Blocked' });
    say({ blocked: await home.callerId().get() });
    const { records } = await home.phoneNumber().get();
    const { id } = records.find(({ features }) => features.includes('CallerId'));
    await put({ type: 'PhoneNumber', phoneInfo: { id: String(id) } });
    say({ numbers: records, chosen: id, main: await home.callerId().get() });
  },

  async refusals(login) {
    const rc = await loggedIn(login);
    const place = (body) => refusal(rc.restapi().account().extension().ringOut().post(body));
    const to = { phoneNumber: login.numbers.answers };
    say({ no_to: await place({}), bad_to: await place({ to: { phoneNumber: 'nobody' } }) });
    say({ caller_id: await place({ to, callerId: { phoneNumber: '+14155550123' } }) });
    say({ unknown: await refusal(rc.get(`${HOME}/ringout/1`)) });
    say({ foreign: await refusal(rc.restapi().account('1').extension().get()) });
    say({ no_path: await refusal(rc.get('/restapi/v1.0/nowhere')) });
  },
});
