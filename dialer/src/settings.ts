/** The dialog with everything that is set seldom: phones, look, language, links, the login. */

import { HOME } from './auth';
import { inWords } from './api';
import { field, fill, h, say } from './dom';
import { dialled, format } from './numbers';
import type { Phone, User } from './people';
import { applyTheme, prefs, remember, type Prefs } from './prefs';
import { LANGUAGES, t } from './texts';

const TYPES = ['Mobile', 'Home', 'Work'];

export interface Around {
  phoneHere: HTMLElement; // the switch that makes this browser a phone
  changed(): void;
  signOut(): void;
  announce(words: string): void;
}

export class Settings {
  readonly element = h('dialog', { 'aria-labelledby': 'settings-title' });
  private readonly phones = h('ul', { class: 'phones' });
  private readonly who = h('p', { class: 'soft' });
  private readonly problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  private edited = ''; // id of the phone whose form is open, 'new' of the one to add, '' = none

  constructor(
    private readonly user: User,
    private readonly around: Around,
  ) {
    const close = h('button', { type: 'button', class: 'plain', onclick: () => this.element.close() }, t('Close'));
    fill(
      this.element,
      h('header', {}, h('h2', { id: 'settings-title' }, t('Settings')), close),
      h('h3', {}, t('My phones')),
      h('p', { class: 'soft' }, t('The default rings first unless you choose another one for the call.')),
      this.problem,
      this.phones,
      around.phoneHere,
      h('h3', {}, t('This device')),
      this.choice('theme', t('Colours'), { '': t('As the system'), light: t('Light'), dark: t('Dark') }),
      this.choice('language', t('Language'), { '': t('As the browser'), ...LANGUAGES }),
      this.links(),
      h('h3', {}, t('Login')),
      this.who,
      h('button', { type: 'button', onclick: () => this.around.signOut() }, t('Sign out')),
    );
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.element.close(); // beside it
    });
  }

  open(): void {
    this.edited = this.user.phones.length ? '' : 'new';
    this.refresh();
    this.element.showModal();
  }

  refresh(): void {
    const { name, extension } = this.user;
    say(this.who, t('{name}, extension {extension}', { name: name || extension, extension }));
    const rows = this.user.phones.map((phone) => (phone.id === this.edited ? this.form(phone) : this.row(phone)));
    const add =
      this.edited === 'new'
        ? this.form()
        : h('button', { type: 'button', id: 'add-phone', onclick: () => this.edit('new') }, t('Add a phone'));
    fill(this.phones, ...rows, h('li', {}, add));
  }

  private edit(id: string): void {
    this.edited = id;
    this.complain('');
    this.refresh();
    const first = this.phones.querySelector<HTMLElement>(id ? 'form input' : '#add-phone');
    first?.focus();
  }

  private row(phone: Phone): HTMLElement {
    const { label, address } = this.user.named(phone);
    const named = label || address;
    const pick = h('input', { type: 'radio', name: 'default', id: `p${phone.id}`, checked: phone.default });
    pick.addEventListener('change', () => void this.act(() => this.user.changePhone(phone.id, { default: true })));
    return h(
      'li',
      { class: 'phone' },
      pick,
      h(
        'label',
        { for: pick.id },
        label && h('b', {}, label),
        address && h('bdi', { dir: 'ltr' }, address),
        phone.default && h('span', { class: 'badge' }, t('Default')),
      ),
      h('button', { type: 'button', class: 'plain', 'aria-label': t('Edit {name}', { name: named }), onclick: () => this.edit(phone.id) }, t('Edit')),
    ); // prettier-ignore
  }

  /** phone: undefined = a new one. */
  private form(phone?: Phone): HTMLElement {
    const { country } = this.user;
    const label = h('input', { type: 'text', maxlength: 60, autocomplete: 'off' });
    label.value = phone ? this.user.named(phone).label : '';
    const number = h('input', { type: 'text', inputmode: 'tel', dir: 'ltr', maxlength: 40, autocomplete: 'tel' });
    number.value = phone ? this.user.named(phone).address : '';
    number.addEventListener('change', () => (number.value = format(number.value, country)));
    const isDevice = phone?.device !== undefined && !phone.phoneNumber;
    const type = h('select', {}, ...[...TYPES, 'Other'].map((one) => h('option', { value: one }, t(one))));
    // The usual types bring a name of their own, which cannot be changed; the type of a phone cannot either.
    const named = field(t('Name'), label);
    const isOther = (): boolean => (phone ? isDevice || phone.type === 'Other' : type.value === 'Other');
    const showName = (): void => void (named.hidden = !isOther());
    type.addEventListener('change', showName);
    showName();
    const save = async (event: Event): Promise<void> => {
      event.preventDefault();
      const phoneNumber = dialled(number.value);
      const told = isOther() ? { label: label.value.trim() || phoneNumber } : {};
      const where = isDevice ? {} : { phoneNumber };
      await this.act(async () => {
        if (phone) await this.user.changePhone(phone.id, { ...where, ...told });
        else await this.user.addPhone({ phoneNumber, type: type.value, ...told });
        this.edited = '';
      });
    };
    const drop = (): void => void this.act(async () => {
      await this.user.removePhone(phone?.id ?? '');
      this.edited = '';
    });
    const nice = phone && Object.values(this.user.named(phone)).filter(Boolean).join(' ');
    const form = h(
      'form',
      { 'aria-label': nice ? t('Edit {name}', { name: nice }) : t('New phone'), onsubmit: (event) => void save(event) },
      !isDevice && field(t('Phone number'), number),
      !phone && field(t('Kind'), type),
      named,
      h(
        'div',
        { class: 'buttons' },
        h('button', { type: 'submit', class: 'main' }, t('Save')),
        h('button', { type: 'button', onclick: () => this.edit('') }, t('Cancel')),
        phone && h('button', { type: 'button', class: 'stop', onclick: drop }, t('Delete')),
      ),
    );
    return h('li', {}, form);
  }

  /** Does it, shows how it stands then, and why it was refused. */
  private async act(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.complain('');
      this.around.announce(t('Saved'));
    } catch (error) {
      this.complain(inWords(error));
      return;
    }
    this.refresh();
    this.around.changed();
  }

  private complain(words: string): void {
    say(this.problem, words);
    this.problem.hidden = !words;
  }

  private choice(key: 'theme' | 'language', label: string, words: Record<string, string>): HTMLElement {
    const options = Object.entries(words).map(([value, word]) =>
      h('option', { value, selected: prefs[key] === value, lang: key === 'language' && value }, word),
    );
    const select = h('select', {}, ...options);
    select.addEventListener('change', () => {
      remember({ [key]: select.value } as Partial<Prefs>);
      if (key === 'theme') applyTheme();
      else location.reload();
    });
    return field(label, select);
  }

  /** Browsers offer this where the connection is safe, and never tell whether it was accepted. */
  private links(): HTMLElement | null {
    if (!('registerProtocolHandler' in navigator) || !isSecureContext) return null;
    const done = h('p', { class: 'soft', role: 'status', hidden: true });
    const ask = (): void => {
      navigator.registerProtocolHandler('tel', `${HOME.href}?link=%s`);
      say(done, t('Your browser asks whether to allow it. Links fill in the number; they never dial.'));
      done.hidden = false;
    };
    return h('div', {}, h('button', { type: 'button', id: 'handler', onclick: ask }, t('Open phone links here')), done);
  }
}
