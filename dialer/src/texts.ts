/** What the page says, in the user's language. English is the key to all others: see texts/. */

export const LANGUAGES: Record<string, string> = {
  en: 'English',
  ar: 'العربية',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
};
const RIGHT_TO_LEFT = ['ar'];

let texts: Record<string, string> = {};
export let language = 'en';

/** wanted: one of LANGUAGES, or '' for what the browser prefers. */
export async function chooseLanguage(wanted: string): Promise<void> {
  const asked = wanted ? [wanted] : navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  language = asked.find((tag) => tag in LANGUAGES) ?? 'en';
  texts = {};
  if (language !== 'en') {
    try {
      texts = (await (await fetch(`dialer/${language}.json`)).json()) as Record<string, string>;
    } catch {
      language = 'en'; // never been online in that language
    }
  }
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
}

/** Numbers in a text that runs from right to left: without this their groups would change places. */
export function ltr(text: string): string {
  return document.documentElement.dir === 'rtl' ? `\u2066${text}\u2069` : text;
}

/** values: put into the sentence's {places}. */
export function t(english: string, values: Record<string, string | number> = {}): string {
  const sentence = texts[english] ?? english;
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => ltr(String(values[name] ?? place)));
}

export function time(iso: string): string {
  const then = new Date(iso);
  const isToday = then.toDateString() === new Date().toDateString();
  const style: Intl.DateTimeFormatOptions = isToday
    ? { timeStyle: 'short' }
    : { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' };
  return new Intl.DateTimeFormat(language, style).format(then);
}

/** 125 -> 2:05 */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function amount(units: number): string {
  return new Intl.NumberFormat(language).format(units);
}
