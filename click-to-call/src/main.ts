// One script tag for pages of any kind: <script src="https://SERVER/click-to-call.js" data-country="US" defer></script>
import { isSupportedCountry, type CountryCode } from 'libphonenumber-js/max';
import { Page } from './page';

interface ClickToCall {
  /** Turns the numbers of the page into links, and those that come later. */
  start(): void;
  /** Takes all of it back. */
  stop(): void;
}

declare global {
  interface Window {
    ringoutClickToCall?: ClickToCall;
  }
}

const script = document.currentScript as HTMLScriptElement | null;

function country(): CountryCode | undefined {
  const said = script?.dataset.country ?? document.documentElement.lang.split('-')[1] ?? '';
  const code = said.toUpperCase();
  return isSupportedCountry(code) ? code : undefined;
}

function begin(): void {
  const page = new Page(document.body, {
    server: script?.src.replace(/\/[^/]*$/, '') ?? '',
    country: country(),
    target: script?.dataset.target ?? '_blank',
  });
  window.ringoutClickToCall = { start: () => page.start(), stop: () => page.stop() };
  if (script?.dataset.start !== 'manual') page.start();
}

// A page that has the tag twice gets its links once.
if (script && !window.ringoutClickToCall) {
  if (document.body) begin();
  else document.addEventListener('DOMContentLoaded', begin, { once: true });
}
