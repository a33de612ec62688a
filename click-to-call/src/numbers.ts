// Which parts of a text are phone numbers. Better one number too few than an invoice that somebody calls.
import { findPhoneNumbersInText, type CountryCode, type NumberFound } from 'libphonenumber-js/max';

export interface Found {
  start: number;
  end: number;
  /** What the dialer is given: E.164, and what follows the number as parameters of RFC 3966. */
  number: string;
}

const ENOUGH_DIGITS = /\d(?:\D{0,4}\d){6}/;
const LONGEST_TEXT = 50_000;
const AFTER_ANSWER = /[,;]/;
const WORD = /[a-z]/i;
const KEYS = /^[,;]+\d+#?$/;
const GOES_ON = /^[-.\s(\/]*\d/;
const BARE = /^\d+$/;
const AMOUNT = /^[.,]\d/;
// Ten digits in a row are a phone number in many countries, and a number of something else after one of these.
const COUNTED =
  /(?:[#№]|\b(?:invoice|order|ticket|case|account|acct|ref|reference|id|isbn|issn|sku|serial|part|item|customer|tracking|vat|tax|rechnung|bestellung|kunde|kunden|auftrag|factura|pedido|facture|commande|fattura|ordine|factuur|bestelling|fatura))[\s.:#№-]*(?:no|nr|num|number|nummer|núm|numéro|numero)?[\s.:#№-]*$/iu;

export function findNumbers(text: string, country: CountryCode | undefined): Found[] {
  if (text.length > LONGEST_TEXT || !ENOUGH_DIGITS.test(text)) return [];
  const all: Found[] = [];
  let from = 0;
  while (from < text.length) {
    const rest = text.slice(from);
    let next = text.length;
    for (const found of findPhoneNumbersInText(rest, { defaultCountry: country })) {
      const end = ownEnd(found, rest);
      if (isMeant(found, rest, end)) all.push({ start: from + found.startsAt, end: from + end, number: written(found, rest, end) });
      if (end < found.endsAt) {
        next = from + end;
        break;
      }
    }
    from = next;
  }
  return all;
}

/** The library takes the digits after a comma for an extension, and so the beginning of the next number in a list. They
 * are this number's only when they follow at once, are not many, and nothing goes on after them. */
function ownEnd(found: NumberFound, text: string): number {
  const raw = text.slice(found.startsAt, found.endsAt);
  const after = raw.search(AFTER_ANSWER);
  if (after < 0 || WORD.test(raw.slice(after))) return found.endsAt;
  const isKeys = KEYS.test(raw.slice(after)) && !GOES_ON.test(text.slice(found.endsAt));
  return isKeys ? found.endsAt : found.startsAt + after;
}

function isMeant(found: NumberFound, text: string, end: number): boolean {
  const raw = text.slice(found.startsAt, end);
  if (lacksTrunkPrefix(found, raw)) return false;
  return !(BARE.test(raw) && (COUNTED.test(text.slice(0, found.startsAt)) || AMOUNT.test(text.slice(end))));
}

/** A part of libphonenumber's VALID that its port leaves out: where everybody writes national numbers with a 0, digits
 * without it are something else. */
function lacksTrunkPrefix(found: NumberFound, raw: string): boolean {
  const { number } = found;
  const main = digits(raw.split(/[^\d\s().\/-]/)[0] ?? '');
  return main === number.nationalNumber && digits(number.formatNational()).startsWith(`0${number.nationalNumber}`);
}

function written(found: NumberFound, text: string, end: number): string {
  const { number } = found;
  const raw = text.slice(found.startsAt, end);
  const after = raw.search(AFTER_ANSWER);
  // Whoever writes ",,123#" wants these keys, and the # too.
  if (after >= 0 && !WORD.test(raw.slice(after))) return number.number + raw.slice(after).replace(/;/g, ',');
  return number.ext && end === found.endsAt ? `${number.number};ext=${number.ext}` : number.number;
}

function digits(text: string): string {
  return text.replace(/\D/g, '');
}
