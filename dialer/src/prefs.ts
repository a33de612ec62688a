/** What this browser remembers besides the login. A browser that keeps nothing works, and asks again. */

export interface Prefs {
  theme: '' | 'light' | 'dark';
  language: string;
  prompt: boolean;
  phone: string; // id of the forwarding number that rings first, '' = the default
  last: string; // the number that was called last
  browserPhone: boolean; // this browser is to be one of the phones
}

const KEY = 'ringout.prefs';
const DEFAULTS: Prefs = { theme: '', language: '', prompt: false, phone: '', last: '', browserPhone: false };

export function read<T>(storage: Storage, key: string): T | null {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

export function write(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(value));
  } catch {
    // full, or forbidden: it holds until the page is left
  }
}

export const prefs: Prefs = { ...DEFAULTS, ...read<Partial<Prefs>>(localStorage, KEY) };

export function remember(changed: Partial<Prefs>): void {
  Object.assign(prefs, changed);
  write(localStorage, KEY, prefs);
}

/** What belongs to the user and not to the browser is gone with the login. */
export function forgetUser(): void {
  remember({ phone: '', last: '', browserPhone: false });
}

export function applyTheme(): void {
  if (prefs.theme) document.documentElement.dataset.theme = prefs.theme;
  else delete document.documentElement.dataset.theme;
}
