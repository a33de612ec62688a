/** This browser as one of the user's phones: the switch in the settings, and the card while it rings or talks. */

import { change, inWords } from './api';
import { HOME } from './auth';
import { fill, h, say } from './dom';
import { show } from './numbers';
import type { User } from './people';
import { prefs, remember } from './prefs';
import type { Softphone } from './softphone';
import { t } from './texts';

const KEYS = '123456789*0#';
const EXPECTED_MS = 30_000; // so long after a click on Call a ringing phone here is that call

interface Provision {
  device: { id: string };
  sipInfo: {
    username: string;
    password: string;
    authorizationId?: string;
    domain: string;
    outboundProxy: string;
    transport: string;
  }[];
}

export interface Around {
  country(): string;
  announce(words: string): void;
  changed(): void;
}

type State = 'off' | 'connecting' | 'on';

export class BrowserPhone {
  readonly element = h('section', { class: 'card softphone', 'aria-label': t('The phone in this browser'), hidden: true });
  readonly switch = h('div', { class: 'phone-switch' });
  private readonly words = h('p', { class: 'soft', role: 'status' });
  private readonly problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  private readonly box = h('input', { type: 'checkbox', id: 'browser-phone' });
  private readonly title = h('h2');
  private readonly buttons = h('div', { class: 'buttons' });
  private readonly keys = h('div', { class: 'keys', role: 'group', 'aria-label': t('Keys'), hidden: true });
  private phone: Softphone | null = null;
  private state: State = 'off';
  private isMuted = false;
  private expectedUntil = 0;
  private device = ''; // its id, by which the user's other browsers go as well

  constructor(
    private readonly user: User,
    private readonly around: Around,
  ) {
    this.box.addEventListener('change', () => void (this.box.checked ? this.turnOn() : this.turnOff()));
    fill(
      this.switch,
      h('label', { class: 'check', for: 'browser-phone' }, this.box, h('span', {}, t('This browser is one of my phones'))),
      this.words,
      this.problem,
    );
    fill(this.keys, ...[...KEYS].map((key) => h('button', { type: 'button', onclick: () => this.phone?.press(key) }, key)));
    fill(this.element, h('header', {}, this.title), this.keys, this.buttons);
    this.switch.hidden = !isSecureContext; // browsers open no microphone for others
    this.showState('off');
  }

  /** After signing in: as it was left. */
  async resume(): Promise<void> {
    if (prefs.browserPhone && isSecureContext) await this.turnOn();
  }

  /** The user places a call that rings here: who clicks on Call need not click on Answer, nor look into other tabs. */
  async expect(): Promise<void> {
    this.expectedUntil = performance.now() + EXPECTED_MS;
    await this.phone?.prefer();
  }

  /** Whether that forwarding number is this browser. */
  isIt(phone: { device?: { id: string } } | undefined): boolean {
    return this.state !== 'off' && phone?.device !== undefined && phone.device.id === this.device;
  }

  private async turnOn(): Promise<void> {
    this.complain('');
    this.showState('connecting');
    try {
      const line = await this.provision();
      const code = (await import(new URL('dialer/softphone.js', HOME).href)) as typeof import('./softphone');
      this.phone = new code.Softphone(line, {
        registered: (isRegistered) => {
          if (this.phone) this.showState(isRegistered ? 'on' : 'connecting');
        },
        ringing: (name) => this.ringing(name),
        joined: () => this.joined(),
        ended: (why) => this.ended(why),
      });
      remember({ browserPhone: true });
    } catch (error) {
      this.complain(inWords(error));
      this.showState('off');
    }
  }

  private async provision(): Promise<{ address: string; uri: string; user: string; password: string }> {
    const transports = location.protocol === 'https:' ? ['WSS'] : ['WS', 'WSS']; // what a safe page may open
    const body = { device: { computerName: t('Browser') }, sipInfo: transports.map((transport) => ({ transport })) };
    const told = await change<Provision>('POST', 'restapi/v1.0/client-info/sip-provision', body);
    const [info] = told.sipInfo;
    if (!info) throw new Error('no way to register');
    this.device = told.device.id;
    await this.user.loadPhones();
    this.around.changed();
    return {
      address: `${info.transport.toLowerCase()}://${info.outboundProxy}`,
      uri: `sip:${info.username}@${info.domain}`,
      user: info.authorizationId ?? info.username,
      password: info.password,
    };
  }

  /** Out of service; the phone stays in the list of the user's phones. */
  turnOff(): void {
    const { phone } = this;
    this.phone = null; // what it still tells counts no more
    phone?.stop();
    remember({ browserPhone: false });
    this.complain('');
    this.showState('off');
    this.element.hidden = true;
  }

  private showState(state: State): void {
    this.state = state;
    this.box.checked = state !== 'off';
    this.switch.dataset.state = state;
    const words = {
      off: t('Calls can ring here, with the microphone and the loudspeaker of this device.'),
      connecting: t('Connecting …'),
      on: t('Ready: calls can ring here as long as this page is open.'),
    };
    say(this.words, words[state]);
  }

  private ringing(name: string): void {
    if (performance.now() < this.expectedUntil) {
      this.expectedUntil = 0;
      this.phone?.answer();
      this.showCall(t('This browser is your phone: speak here'), false);
      return;
    }
    const from = /^\+?\d+$/.test(name) ? show(name, this.around.country()).replaceAll(' ', '\u00a0') : name;
    this.showCall(t('RingOut is calling: {name}', { name: from }), true);
    this.around.announce(t('RingOut is calling: {name}', { name: from }));
  }

  private joined(): void {
    this.showCall(t('This browser is your phone: speak here'), false);
  }

  private showCall(words: string, isRinging: boolean): void {
    say(this.title, words);
    this.element.hidden = false;
    this.keys.hidden = isRinging;
    const button = (label: string, kind: string, action: () => void): HTMLElement =>
      h('button', { type: 'button', class: kind, onclick: action }, label);
    const answer = isRinging && button(t('Answer'), 'main', () => this.phone?.answer());
    const stop = button(isRinging ? t('Decline') : t('Hang up'), 'stop', () => this.phone?.hangUp());
    const mute = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => this.toggleMute(mute) }, t('Mute'));
    fill(this.buttons, answer, stop, !isRinging && mute);
    if (answer) answer.focus();
  }

  private toggleMute(button: HTMLElement): void {
    this.isMuted = !this.isMuted;
    this.phone?.mute(this.isMuted);
    button.setAttribute('aria-pressed', String(this.isMuted));
  }

  private ended(why: '' | 'microphone' | 'failed'): void {
    this.isMuted = false;
    this.element.hidden = true;
    if (why === 'microphone') this.complain(t('This browser may not use the microphone. Allow it for this page.'));
    if (why === 'failed') this.complain(t('The sound of the call could not be set up.'));
    if (why) this.around.announce(this.problem.textContent ?? '');
  }

  private complain(words: string): void {
    say(this.problem, words);
    this.problem.hidden = !words;
  }
}
