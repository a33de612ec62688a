// What RingCentral's widgets do when they start, with the SDK that they use: `node widget.mjs start|chooses|discovers`.
import ringcentral from '@ringcentral/sdk';
import { main, over, poll, readLine, say } from './steps.mjs';

const { SDK } = ringcentral;
const ACCOUNT = '/restapi/v1.0/account/~';
const HOME = `${ACCOUNT}/extension/~`;
const LISTS = ['device', 'phone-number', 'forwarding-number'].map((name) => `${HOME}/${name}`);

const makePlatform = (login, options = {}) =>
  new SDK({
    server: login.url,
    clientId: login.client_id,
    clientSecret: login.client_secret,
    redirectUri: login.redirect_uri,
    ...options,
  }).platform();

/** All pages of a list, asked for as the widgets ask: the largest page there is. */
async function fetchAll(platform, url, query = {}) {
  const page = async (number) => (await platform.get(url, { ...query, perPage: 'MAX', page: number })).json();
  const first = await page(1);
  const rest = [];
  for (let number = 2; number <= first.paging.totalPages; number += 1) rest.push(...(await page(number)).records);
  return [...first.records, ...rest];
}

const byId = (records) => Object.fromEntries(records.map((record) => [record.id, record.available]));

async function loggedIn(login, options) {
  const platform = makePlatform(login, options);
  await platform.login({ jwt: login.jwt });
  return platform;
}

await main({
  /** Everything that must have come before the widgets show more than a spinner. */
  async start(login) {
    const platform = await loggedIn(login);
    const read = async (url, query) => (await platform.get(url, query)).json();
    say({ features: byId((await read(`${HOME}/features`)).records) });
    say({ extension: await read(HOME), account: await read(ACCOUNT), version: await read('/restapi/v1.0') });
    say({ permissions: (await read(`${HOME}/authz-profile`)).permissions.map(({ permission }) => permission.id) });
    const lists = {};
    for (const url of [...LISTS, `${ACCOUNT}/dialing-plan`, `${ACCOUNT}/extension`]) {
      lists[url.split('/').at(-1)] = await fetchAll(platform, url);
    }
    say({ lists, caller_id: await read(`${HOME}/caller-id`) });
    say({ presence: await read(`${HOME}/presence`, { detailedTelephonyState: true, sipData: true }) });
    const since = new Date(Date.now() - 7 * 86_400_000).toISOString();
    say({ log: await read(`${HOME}/call-log-sync`, { dateFrom: since, statusGroup: 'All', syncType: 'FSync' }) });
    say({ calls: await fetchAll(platform, `${HOME}/active-calls`, { view: 'Detailed' }) });
    say({ parsed: await (await platform.post('/restapi/v1.0/number-parser/parse', { originalStrings: ['650 555 0102'] },
      { homeCountry: 'US' })).json() });
  },

  /** The phones and the caller IDs that the widgets offer, and a call from the first choice. */
  async chooses(login) {
    const platform = await loggedIn(login);
    const read = async (uri) => (await platform.get(uri)).json();
    const [, numbers, forwarding] = await Promise.all(LISTS.map((url) => fetchAll(platform, url)));
    const me = await read(HOME);
    const shown = numbers.filter(({ features }) => features?.includes('CallerId')).map((n) => n.phoneNumber);
    const direct = numbers.filter((n) => n.usageType === 'DirectNumber').map((n) => n.phoneNumber);
    const main = numbers.find((n) => n.usageType === 'MainCompanyNumber');
    const flip = forwarding.filter(({ features }) => features?.includes('CallFlip')).map((n) => n.phoneNumber);
    const phones = [...direct, `${main.phoneNumber}*${me.extensionNumber}`];
    phones.push(...flip.filter((number) => !shown.includes(number) && !direct.includes(number)));
    const placed = await (await platform.post(`${HOME}/ring-out`, {
      from: { phoneNumber: phones[0] },
      to: { phoneNumber: login.numbers.hangs_up },
      playPrompt: false,
    })).json();
    say({ phones, shown, seen: await poll(() => read(placed.uri), over) });
  },

  /** The SDK finds the server's parts by asking. */
  async discovers(login) {
    const platform = makePlatform(login, { enableDiscovery: true });
    const url = await platform.loginUrlWithDiscovery({ usePKCE: true });
    say({ login_url: url });
    const query = platform.parseLoginRedirect(await readLine());
    await platform.login(query);
    say({ external: await platform.discovery().externalData(), me: await (await platform.get(HOME)).json() });
    await platform.refresh();
    say({ refreshed: await (await platform.get(HOME)).json() });
  },
});
