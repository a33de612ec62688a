/** Phone numbers as people write, type and read them. */

import { AsYouType, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min';

const PLUS = /[+\uff0b]/;
const MEANT = /[0-9+*#]/;
const SHORTEST = 3;
const LONGEST = 20; // digits; more are no phone number
// Digits with what people put between them, perhaps an extension after a * as in +16505550100*101.
const RUN = /[+\uff0b]?[(\d][\d\s().\-\/\u00a0\u2010-\u2015\u202f]*(?:[*#]\d*)*/g;
const EXTENSION = /^[\s,;]*(?:ext(?:ension)?|x|durchwahl|poste)[.:\s]*(\d{1,10})/i;
const LINK = /^\s*(?:tel|callto|sips?|rcmobile|rcapp):|^\s*https?:\/\/\S+[?&]number=/i;

/** Digits of other scripts as ASCII. */
function latin(text: string): string {
  return text
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replace(/[\uff10-\uff19]/g, (digit) => String(digit.charCodeAt(0) - 0xff10))
    .replace(/[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** What would be dialled: digits, * and #, and a + in front. */
export function dialled(text: string): string {
  const clean = latin(text).trim();
  return (PLUS.test(clean[0] ?? '') ? '+' : '') + clean.replace(/[^0-9*#]/g, '');
}

/** For the field, while it is typed in. country: ISO 3166, upper case. */
export function format(text: string, country: string): string {
  const digits = dialled(text);
  if (/[*#]/.test(digits) || digits.length <= SHORTEST) return digits;
  return new AsYouType(country as CountryCode).input(digits);
}

/** Where the caret belongs in the formatted text: after as many dialled characters as before. forward: and before the
 * next one, so that the Delete key does not stop at what stands between. */
export function caretIn(formatted: string, typed: string, caret: number, forward: boolean): number {
  let left = dialled(typed.slice(0, caret)).length;
  let place = 0;
  while (left > 0 && place < formatted.length) {
    if (MEANT.test(formatted[place] ?? '')) left -= 1;
    place += 1;
  }
  while (forward && place < formatted.length && !MEANT.test(formatted[place] ?? '')) place += 1;
  return place;
}

export const isLink = (text: string): boolean => LINK.test(text);

/** The number in any text, and an extension that is named after it. null = there is none. */
export function find(text: string): { number: string; extension: string } | null {
  const clean = latin(text);
  let best: { number: string; extension: string } | null = null;
  for (const run of clean.matchAll(RUN)) {
    const number = dialled(run[0]);
    const length = number.replace(/\D/g, '').length;
    if (length < SHORTEST || length > LONGEST || length <= (best?.number.replace(/\D/g, '').length ?? 0)) continue;
    best = { number, extension: EXTENSION.exec(clean.slice(run.index + run[0].length))?.[1] ?? '' };
  }
  return best;
}

/** For reading: national at home, international elsewhere. */
export function show(number: string, country: string): string {
  const [main = '', extension] = number.split('*');
  const parsed = main.startsWith('+') ? parsePhoneNumberFromString(main) : undefined;
  if (!parsed) return number;
  // Sharing a calling code makes no home: a number of Jamaica is not written like one of the USA.
  const nice = parsed.country === country ? parsed.formatNational() : parsed.formatInternational();
  return extension ? `${nice} *${extension}` : nice;
}
