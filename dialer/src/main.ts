/** The dialer: puts the parts together, and sends people to the login page and back. */

import { comeBack, Elsewhere, HOME, isSignedIn, onChange, SignedOut, signIn } from './auth';
import { Dialer } from './dialer';
import { brand, fill, h, say } from './dom';
import { applyTheme, prefs } from './prefs';
import { chooseLanguage, language, t } from './texts';

const app = document.getElementById('app') ?? document.body;

/** The link or the number that a page was opened with, to be filled in. A + in it is one: people write it as it is. */
function wantedBy(query: string): string {
  const [, name, raw = ''] = /[?&](link|number)=([^&]*)/.exec(query) ?? [];
  try {
    const value = decodeURIComponent(raw);
    return name === 'number' ? value.slice(0, 1) + value.slice(1).replace(/\+/g, ' ') : value;
  } catch {
    return raw;
  }
}

async function start(): Promise<void> {
  applyTheme();
  await chooseLanguage(prefs.language);
  let query = location.search;
  try {
    query = (await comeBack(new URLSearchParams(query))) ?? query;
  } catch (error) {
    return showWelcome('', whyNot(error));
  }
  if (location.search) history.replaceState(null, '', HOME); // filled in once, not again with every reload
  if (!isSignedIn()) return showWelcome(query, '');
  await new Dialer(app, (problem) => showWelcome('', problem)).show(wantedBy(query));
}

function whyNot(error: unknown): string {
  if (!(error instanceof SignedOut)) return t('The server cannot be reached. Please try again.');
  return error.message === 'denied' ? t('You were not signed in.') : t('Signing in failed. Please try again.');
}

function showWelcome(after: string, problem: string): void {
  const wanted = wantedBy(after);
  const told = h('p', { class: 'problem', role: 'alert', hidden: !problem }, problem);
  const leave = async (): Promise<void> => {
    try {
      await signIn(after, language);
    } catch (error) {
      told.hidden = false;
      if (!(error instanceof Elsewhere)) return say(told, whyNot(error));
      const link = h('a', { href: error.message + after }, error.message);
      fill(told, t('The address of this server is another one. Sign in there:'), ' ', link);
    }
  };
  const button = h('button', { type: 'button', class: 'main', onclick: () => void leave() }, t('Sign in'));
  fill(
    app,
    h(
      'main',
      { class: 'welcome card' },
      brand(),
      h('p', {}, t('Rings your phone, then theirs, and joins the two.')),
      wanted && h('p', { class: 'soft' }, t('After signing in you find this filled in:'), ' ', h('bdi', {}, wanted)),
      told,
      button,
    ),
  );
  performance.mark('welcome');
}

/** Keeps the shell, so that the page opens without the server too. */
function keepShell(): void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return;
  const policy = window.trustedTypes?.createPolicy('ringout', { createScriptURL: () => 'service-worker.js' });
  const script = policy ? policy.createScriptURL('') : 'service-worker.js';
  workers.register(script as string).catch(() => undefined); // forbidden by the browser's settings
}

onChange(() => location.reload());
void start().then(keepShell);
