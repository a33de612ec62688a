/** The running calls, and the last ones that ended: two lanes each, You and Them, as the stream tells. */

import { get, inWords, Refusal, remove, serverNow, Unreachable, USER } from './api';
import { facts, headline, isJoined, isOver, joinedAt, lanes, number, personal, type Lane, type Leg, type RingOut } from './calls';
import { fill, h, say } from './dom';
import { show } from './numbers';
import { duration, t } from './texts';

const MOST_UNKNOWN = 20;

export interface Surroundings {
  country(): string;
  label(number: string): string;
  announce(words: string): void;
  redial(number: string): void;
  ended(ringOut: RingOut): void;
}

type Step = '' | 'asked' | 'taken';

/** Newest first. */
export class Cards {
  private readonly cards = new Map<string, Card>();
  private readonly unknown = new Map<string, RingOut>(); // ended before this page knew of them

  constructor(
    readonly place: HTMLElement,
    readonly around: Surroundings,
  ) {
    setInterval(() => this.cards.forEach((card) => card.tick()), 250);
  }

  /** This page has placed it: the answer says so, perhaps after the stream has told its end. */
  placed(ringOut: RingOut): void {
    this.update(ringOut);
    const end = this.unknown.get(ringOut.id);
    if (end) this.update(end);
  }

  update(ringOut: RingOut): void {
    const known = this.cards.get(ringOut.id);
    if (known) return known.update(ringOut);
    if (isOver(ringOut)) {
      if (this.unknown.size >= MOST_UNKNOWN) this.unknown.clear();
      this.unknown.set(ringOut.id, ringOut);
      return;
    }
    for (const old of this.cards.values()) if (isOver(old.ringOut)) this.drop(old); // the history has them
    const card = new Card(this, ringOut);
    this.cards.set(ringOut.id, card);
    this.place.prepend(card.element);
    card.update(ringOut);
  }

  /** After a gap in the stream: what is still shown as running is looked at once. */
  async checkAll(): Promise<void> {
    for (const card of this.cards.values()) if (!isOver(card.ringOut)) await card.check();
  }

  drop(card: Card): void {
    this.cards.delete(card.ringOut.id);
    card.element.remove();
  }
}

class Card {
  private readonly title = h('h2');
  private readonly timer = h('span', { class: 'timer', role: 'timer' });
  private readonly you = h('div', { class: 'lane' });
  private readonly them = h('div', { class: 'lane' });
  private readonly problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  private readonly buttons = h('div', { class: 'buttons' });
  readonly element: HTMLElement;
  private step: Step = '';
  private shown = '';

  constructor(
    private readonly cards: Cards,
    public ringOut: RingOut,
  ) {
    const to = show(number(ringOut.status.callee), cards.around.country());
    this.element = h(
      'section',
      { class: 'card call', 'aria-label': t('Call to {number}', { number: to }) },
      h('header', {}, this.title, this.timer),
      h('div', { class: 'lanes' }, this.you, this.them),
      this.problem,
      this.buttons,
    );
  }

  update(ringOut: RingOut): void {
    const wasOver = isOver(this.ringOut);
    if (facts(ringOut) < facts(this.ringOut)) return; // came late: the stream overtakes other answers
    this.ringOut = ringOut;
    const { you, them } = lanes(ringOut);
    this.draw(this.you, t('You'), ringOut.status.caller, you);
    this.draw(this.them, t('Them'), ringOut.status.callee, them);
    const words = headline(ringOut);
    say(this.title, words);
    this.element.dataset.kind = !isOver(ringOut) ? 'live' : isJoined(ringOut) ? 'ended' : 'failed';
    if (words !== this.shown) this.cards.around.announce([words, them.code].filter(Boolean).join('. '));
    this.shown = words;
    if (isOver(ringOut)) {
      this.step = '';
      this.complain('');
      if (!wasOver) this.cards.around.ended(ringOut);
    }
    this.tick();
    this.drawButtons();
  }

  private draw(place: HTMLElement, name: string, leg: Leg, lane: Lane): void {
    const { country, label } = this.cards.around;
    const told = number(leg);
    place.dataset.kind = lane.kind;
    const named = leg.label || label(told);
    fill(
      place,
      h('h3', {}, name),
      h('p', { class: 'number' }, named && h('span', {}, named), h('bdi', { dir: 'ltr' }, show(told, country()))),
      h('p', { class: 'state' }, lane.words),
      lane.code && h('p', { class: 'code', dir: 'ltr' }, lane.code),
      lane.why && h('p', { class: 'why', lang: 'en', dir: 'ltr' }, personal(lane.why)),
    );
  }

  tick(): void {
    const live = isJoined(this.ringOut) && !isOver(this.ringOut);
    say(this.timer, live ? duration((serverNow() - joinedAt(this.ringOut)) / 1000) : '');
  }

  private drawButtons(): void {
    const focused = this.buttons.contains(document.activeElement);
    if (isOver(this.ringOut)) {
      const again = h('button', { type: 'button', onclick: () => this.again() }, t('Call again'));
      const close = h('button', { type: 'button', class: 'plain', onclick: () => this.cards.drop(this) }, t('Close'));
      fill(this.buttons, again, close);
      if (focused) again.focus();
      return;
    }
    const talking = isJoined(this.ringOut);
    const words = this.step
      ? talking
        ? t('Hanging up …')
        : t('Cancelling …')
      : talking
        ? t('Hang up')
        : t('Cancel');
    const stop = h('button', { type: 'button', class: 'stop', onclick: () => void this.stop() }, words);
    if (this.step) stop.setAttribute('aria-disabled', 'true');
    fill(this.buttons, stop);
    if (focused) stop.focus();
  }

  private again(): void {
    this.cards.around.redial(number(this.ringOut.status.callee));
  }

  /** Asks the server to end the call. That it has ended, only the stream says. */
  private async stop(): Promise<void> {
    if (this.step) return;
    this.step = 'asked';
    this.complain('');
    this.drawButtons();
    try {
      await remove(`${USER}/ring-out/${this.ringOut.id}`);
      this.step = this.step && 'taken';
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return this.check(); // it was over already
      this.step = '';
      if (isOver(this.ringOut)) return;
      // Whether the request arrived nobody knows; when it did, the stream will say so.
      const lost = t('The server cannot be reached: the call may go on. Try again, or hang up your phone.');
      this.complain(error instanceof Unreachable ? lost : `${t('The call goes on.')} ${inWords(error)}`);
      this.drawButtons();
    }
  }

  /** Looks once how it stands. */
  async check(): Promise<void> {
    try {
      this.update(await get<RingOut>(`${USER}/ring-out/${this.ringOut.id}`));
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) {
        this.cards.around.announce(t('The server does not know this call any more.'));
        this.cards.drop(this);
      }
    }
  }

  private complain(words: string): void {
    say(this.problem, words);
    this.problem.hidden = !words;
  }
}
