/** Number field, phone, caller ID, prompt: what a call needs. Nothing here dials but the form's own button, Enter, and
 * the redial buttons. */

import { change, inWords, Unreachable, USER } from './api';
import type { RingOut } from './calls';
import { field, fill, h, say } from './dom';
import { caretIn, dialled, find, format, isLink, show } from './numbers';
import type { CallerId, Phone, RingingMode, User } from './people';
import { prefs, remember } from './prefs';
import { ltr, t } from './texts';

const isList = (value: string): value is RingingMode => value === 'Simultaneously' || value === 'Sequentially';

interface ParsedLink {
  phoneNumber: string;
  extension?: string;
  postDial?: string;
}

export interface Around {
  placing(phone: Phone | undefined): Promise<void>;
  placed(ringOut: RingOut): void;
  lastCalled(): string;
  openPhones(): void;
}

export class DialForm {
  readonly input = h('input', {
    id: 'number', type: 'text', inputmode: 'tel', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
    dir: 'ltr', enterkeyhint: 'go', maxlength: 200, 'aria-describedby': 'problem', 'aria-keyshortcuts': '/',
  }); // prettier-ignore
  private readonly phone = h('select');
  private readonly callerId = h('select');
  private readonly prompt = h('input', { type: 'checkbox', id: 'prompt' });
  private readonly postDial = h('input', {
    id: 'post-dial', type: 'text', inputmode: 'tel', autocomplete: 'off', spellcheck: 'false', dir: 'ltr', maxlength: 64,
  }); // prettier-ignore
  private readonly after: HTMLElement;
  private readonly problem = h('p', { id: 'problem', class: 'problem', role: 'alert', hidden: true });
  private readonly button = h('button', { type: 'submit', class: 'main' }, t('Call'));
  readonly element: HTMLElement;
  private isPlacing = false;

  constructor(
    private readonly user: User,
    private readonly around: Around,
  ) {
    this.after = h(
      'div',
      { class: 'after', hidden: true },
      field(t('After the answer, dial'), this.postDial, t('A comma is a pause of two seconds.')),
    );
    this.element = this.build();
    this.input.addEventListener('input', (event) => this.typed((event as InputEvent).inputType));
    this.input.addEventListener('paste', (event) => this.pasted(event));
    this.phone.addEventListener('change', () => void this.choosePhone());
    this.callerId.addEventListener('change', () => void this.chooseCallerId());
    this.prompt.addEventListener('change', () => remember({ prompt: this.prompt.checked }));
    this.prompt.checked = prefs.prompt;
  }

  private build(): HTMLElement {
    const form = h(
      'form',
      { class: 'card dial', 'aria-label': t('New call'), onsubmit: (event) => void this.submitted(event) },
      h('label', { for: 'number', class: 'unseen' }, t('Number to call')),
      h('div', { class: 'entry' }, this.input, this.button),
      this.problem,
      this.after,
      h(
        'div',
        { class: 'choices' },
        field(t('Ring me on'), this.phone),
        field(t('They see'), this.callerId),
      ),
      h('div', { class: 'line' },
        h('label', { class: 'check', for: 'prompt' }, this.prompt, h('span', {}, t('Ask me to press 1 first'))),
        h('button', { type: 'button', class: 'plain', onclick: () => this.around.openPhones() }, t('Phones')),
        h('button', { type: 'button', class: 'plain', id: 'digits', 'aria-controls': 'post-dial', onclick: () => this.openAfter() }, t('Add digits'))),
    ); // prettier-ignore
    this.input.placeholder = t('Number');
    return form;
  }

  /** Shows what is known of the user now. */
  refresh(): void {
    const { user } = this;
    const several = user.phones.length > 1;
    const isKnown = user.phones.some((phone) => phone.id === prefs.phone) || (several && isList(prefs.phone));
    const chosen = isKnown ? prefs.phone : (user.default?.id ?? '');
    const phones = user.phones.map((phone) => option(phone.id, this.nameOf(phone), phone.id === chosen));
    const lists: [RingingMode, string][] = [
      ['Simultaneously', t('All my phones at once')],
      ['Sequentially', t('My phones, one after another')],
    ];
    if (several) phones.push(...lists.map(([mode, words]) => option(mode, words, mode === chosen)));
    fill(this.phone, ...(phones.length ? phones : [option('', t('No phone yet'), true)]));
    const { type, phoneInfo } = user.callerId;
    const numbers = new Set([...user.shown.map((one) => one.phoneNumber), phoneInfo?.phoneNumber ?? user.main]);
    fill(
      this.callerId,
      ...[...numbers].map((one) => option(one, ltr(show(one, user.country)), phoneInfo?.phoneNumber === one)),
      option('CurrentLocation', t('The phone that I am rung on'), type === 'CurrentLocation'),
      option('Blocked', t('Nothing'), type === 'Blocked'),
    );
    this.input.value = format(this.input.value, user.country);
  }

  /** A phone has come or gone. */
  phonesChanged(): void {
    this.refresh();
    if (isList(this.phone.value)) void this.choosePhone();
  }

  private nameOf(phone: Phone): string {
    const { label, address } = this.user.named(phone);
    return [label, ltr(address)].filter(Boolean).join(' · ');
  }

  /** The phone that rings first; undefined = none, or several. */
  get chosen(): Phone | undefined {
    return this.user.phones.find((phone) => phone.id === this.phone.value);
  }

  private async choosePhone(): Promise<void> {
    const { value } = this.phone;
    this.complain('');
    try {
      if (isList(value)) await this.user.ringAll(value);
      remember({ phone: value === this.user.default?.id ? '' : value });
    } catch (error) {
      this.complain(inWords(error));
      this.refresh();
    }
  }

  private async chooseCallerId(): Promise<void> {
    const { value } = this.callerId;
    const wanted: CallerId =
      value === 'Blocked' || value === 'CurrentLocation'
        ? { type: value }
        : { type: 'PhoneNumber', phoneInfo: { phoneNumber: value } };
    try {
      await this.user.showAs(wanted);
      this.complain('');
    } catch (error) {
      this.complain(inWords(error));
    }
    this.refresh();
  }

  /** Fills in a number. Does not dial. */
  fillIn(number: string, postDial = ''): void {
    this.input.value = format(number, this.user.country);
    this.postDial.value = postDial;
    this.after.hidden = !postDial;
    this.complain('');
    this.input.focus();
  }

  /** Fills in what a link says, which the server reads: its rules are those of every link. */
  async fillInLink(link: string): Promise<void> {
    try {
      const told = await change<ParsedLink>('POST', `${USER}/link/parse`, { link });
      const { phoneNumber, extension, postDial = '' } = told;
      // An extension of ours is a part of the number; that of another company is dialled after the answer.
      if (!extension) this.fillIn(phoneNumber, postDial);
      else if (phoneNumber === this.user.main) this.fillIn(`${phoneNumber}*${extension}`, postDial);
      else this.fillIn(phoneNumber, `,${extension}${postDial && !postDial.startsWith(',') ? ',' : ''}${postDial}`);
    } catch (error) {
      this.complain(`${t('The link names no number that can be called.')} ${inWords(error)}`);
    }
  }

  private openAfter(): void {
    this.after.hidden = false;
    this.postDial.focus();
  }

  /** how: the kind of input, as the browser names it. */
  private typed(how: string): void {
    const { value, selectionStart } = this.input;
    const formatted = format(value, this.user.country);
    if (formatted !== value) {
      this.input.value = formatted;
      const caret = caretIn(formatted, value, selectionStart ?? value.length, how === 'deleteContentForward');
      this.input.setSelectionRange(caret, caret);
    }
    this.complain('');
  }

  /** Whatever people copy with a number: the words around it go. */
  private pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (isLink(text)) {
      event.preventDefault();
      void this.fillInLink(text.trim());
      return;
    }
    const found = find(text);
    const { value, selectionStart, selectionEnd } = this.input;
    const isWhole = value === '' || (selectionStart === 0 && selectionEnd === value.length);
    if (!isWhole) return; // into the midst of a number: as if it were typed
    event.preventDefault();
    if (found) this.fillIn(found.number, found.extension && `,${found.extension}`);
    else this.complain(t('There is no phone number in what you pasted.'));
  }

  private async submitted(event: Event): Promise<void> {
    event.preventDefault();
    const typed = dialled(this.input.value);
    const number = typed || prefs.last || this.around.lastCalled();
    if (!number) {
      this.complain(t('Type the number to call.'));
      this.input.focus();
      return;
    }
    if (!typed) this.input.value = format(number, this.user.country);
    await this.place(number, typed ? this.postDial.value.trim() : '');
  }

  /** Calls at once. */
  async place(number: string, postDial = ''): Promise<void> {
    if (this.isPlacing) return;
    this.busy(true);
    const { user } = this;
    const body = {
      to: { phoneNumber: number },
      ...this.from,
      playPrompt: this.prompt.checked,
      country: { id: user.countryId },
      ...(postDial ? { postDial } : {}),
    };
    await this.around.placing(this.chosen);
    try {
      const ringOut = await change<RingOut>('POST', `${USER}/ring-out`, body);
      remember({ last: number });
      this.fillIn('');
      this.around.placed(ringOut);
    } catch (error) {
      const lost = t('The server cannot be reached. If your phone rings all the same, the call was placed.');
      this.complain(error instanceof Unreachable ? lost : inWords(error));
    } finally {
      this.busy(false);
    }
  }

  private get from(): { from?: { forwardingNumberId: string } | { phoneNumber: string } } {
    const { value } = this.phone;
    if (isList(value)) return { from: { phoneNumber: this.user.extension } };
    return value ? { from: { forwardingNumberId: value } } : {};
  }

  private busy(isBusy: boolean): void {
    this.isPlacing = isBusy;
    this.button.setAttribute('aria-disabled', String(isBusy));
    this.element.setAttribute('aria-busy', String(isBusy));
  }

  complain(words: string): void {
    say(this.problem, words);
    this.problem.hidden = !words;
    this.input.setAttribute('aria-invalid', String(Boolean(words)));
  }
}

function option(value: string, words: string, selected: boolean): HTMLOptionElement {
  return h('option', { value, selected }, words);
}
