/** The page of a user who is signed in: the form, the running calls, the history, the settings. */

import { inWords, Refusal, Unreachable } from './api';
import { SignedOut, signOut } from './auth';
import type { RingOut } from './calls';
import { Cards } from './cards';
import { DialForm } from './dial';
import { BrowserPhone } from './browser_phone';
import { brand, fill, h, say } from './dom';
import { follow } from './events';
import { History } from './history';
import { User } from './people';
import { forgetUser } from './prefs';
import { Settings } from './settings';
import { amount, t } from './texts';

const NOTICE_AFTER_MS = 1500; // a stream that comes back at once is nobody's concern
const FIRST_WAIT_MS = 500; // before the user is asked for again
const LONGEST_WAIT_MS = 15_000;

export class Dialer {
  private readonly user = new User();
  private readonly announcer = h('p', { class: 'unseen', role: 'status', id: 'announcer' });
  private readonly notice = h('p', { class: 'notice', role: 'status', id: 'notice', hidden: true });
  private readonly balance = h('p', { class: 'balance soft', id: 'balance', hidden: true });
  private readonly here = new BrowserPhone(this.user, {
    country: () => this.user.country,
    announce: (words) => say(this.announcer, words),
    changed: () => {
      this.form.refresh();
      this.settings.refresh();
    },
  });
  private readonly form = new DialForm(this.user, {
    placing: async (phone) => {
      if (this.here.isIt(phone)) await this.here.expect();
    },
    placed: (ringOut) => {
      this.cards.placed(ringOut);
      void this.loadBalance();
    },
    lastCalled: () => this.history.last,
    openPhones: () => this.settings.open(),
  });
  private readonly history = new History(
    () => this.user.country,
    (number) => void this.form.place(number),
  );
  private readonly cards = new Cards(h('div', { id: 'calls' }), {
    country: () => this.user.country,
    label: (number) => this.user.label(number),
    announce: (words) => say(this.announcer, words),
    redial: (number) => void this.form.place(number),
    ended: () => {
      void this.history.load();
      void this.loadBalance();
    },
  });
  private readonly settings = new Settings(this.user, {
    phoneHere: this.here.switch,
    changed: () => this.form.phonesChanged(),
    announce: (words) => say(this.announcer, words),
    signOut: () => this.leave(''),
  });
  private stopFollowing = (): void => {};
  private late = 0; // the timer of a notice
  private gone = false;

  /** leave: shows the way in again, with what went wrong. */
  constructor(
    private readonly place: HTMLElement,
    private readonly left: (problem: string) => void,
  ) {}

  /** wanted: a link or a number to fill in, '' = none. */
  async show(wanted: string): Promise<void> {
    const open = { type: 'button', class: 'plain', id: 'open-settings', onclick: () => this.settings.open() };
    fill(
      this.place,
      h('header', { class: 'top' }, brand(), this.balance, h('button', open, t('Settings'))),
      this.notice,
      h('main', { class: 'columns' }, h('div', {}, this.here.element, this.form.element, this.cards.place), this.history.element),
      this.settings.element,
      this.announcer,
    );
    this.form.input.focus();
    addEventListener('keydown', (event) => this.pressed(event));
    addEventListener('offline', () => this.tell(offline()));
    await this.load(wanted);
  }

  private async load(wanted: string, wait = FIRST_WAIT_MS): Promise<void> {
    if (this.gone) return;
    try {
      await this.user.load();
    } catch (error) {
      if (error instanceof SignedOut || (error instanceof Refusal && error.status === 401)) {
        return this.leave(t('You were signed out. Please sign in again.'));
      }
      this.tell(error instanceof Unreachable ? offline() : inWords(error));
      await online(wait);
      return this.load(wanted, Math.min(wait * 2, LONGEST_WAIT_MS));
    }
    this.tell('');
    this.form.refresh();
    this.showBalance();
    this.follow();
    void this.history.load();
    this.place.dataset.ready = 'yes';
    performance.mark('usable');
    void this.here.resume();
    if (wanted) await this.form.fillInLink(wanted);
  }

  private follow(): void {
    this.stopFollowing = follow<RingOut>({
      event: (ringOut) => this.cards.update(ringOut),
      open: (again) => {
        this.tell('');
        if (again) void this.cards.checkAll().then(() => this.history.load());
      },
      lost: () => {
        this.late ||= window.setTimeout(() => this.tell(offline()), navigator.onLine ? NOTICE_AFTER_MS : 0);
      },
      signedOut: () => this.leave(t('You were signed out. Please sign in again.')),
    });
  }

  private leave(problem: string): void {
    this.gone = true;
    this.stopFollowing();
    this.here.turnOff();
    forgetUser();
    void signOut();
    delete this.place.dataset.ready;
    this.left(problem);
  }

  private async loadBalance(): Promise<void> {
    try {
      await this.user.loadBalance();
    } catch {
      return; // the old figure stays
    }
    this.showBalance();
  }

  private showBalance(): void {
    const { balance } = this.user;
    this.balance.hidden = !balance?.prepaid;
    say(this.balance, t('Balance: {units}', { units: amount(balance?.available ?? 0) }));
  }

  /** The line above everything; '' takes it away. */
  private tell(words: string): void {
    clearTimeout(this.late);
    this.late = 0;
    say(this.notice, words);
    this.notice.hidden = !words;
  }

  /** `/` goes to the number, from everywhere but a field. */
  private pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const isTyping = target.closest('input:not([type=checkbox], [type=radio]), select, textarea, dialog');
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.form.input.focus();
    this.form.input.select();
  }
}

/** Once the browser says so, or after that time: it may say so before the server can be reached. */
const online = (milliseconds: number): Promise<void> =>
  new Promise((done) => {
    const wake = (): void => {
      clearTimeout(timer);
      removeEventListener('online', wake);
      done();
    };
    const timer = setTimeout(wake, milliseconds);
    addEventListener('online', wake);
  });

const offline = (): string =>
  t('No connection to the server. Running calls go on; what you see here may be out of date.');
