/** The calls that were: each a button that calls again. */

import { get, inWords, USER } from './api';
import { result } from './calls';
import { fill, h, say } from './dom';
import { show } from './numbers';
import { duration, t, time } from './texts';

const PAGE = 20;
const FAILED = ['Busy', 'Rejected', 'Wrong Number', 'Restricted Number', 'No Calling Credit', 'International Disabled',
  'Call Failed', 'Internal Error']; // prettier-ignore

interface Entry {
  id: string;
  to: { phoneNumber?: string; extensionNumber?: string; name?: string };
  startTime: string;
  duration: number;
  result: string;
}

interface Page {
  records: Entry[];
  paging: { page: number; totalPages?: number };
}

export class History {
  readonly element: HTMLElement;
  private readonly list = h('ol', { class: 'history' });
  private readonly note = h('p', { class: 'soft', role: 'status' });
  private readonly more = h('button', { type: 'button', class: 'plain', hidden: true }, t('Show more'));
  private entries: Entry[] = [];
  private pages = 0;

  constructor(
    private readonly country: () => string,
    private readonly redial: (number: string) => void,
  ) {
    this.more.addEventListener('click', () => void this.load(this.pages + 1));
    this.element = h(
      'section',
      { class: 'card', 'aria-labelledby': 'history-title' },
      h('h2', { id: 'history-title' }, t('Recent calls')),
      this.note,
      this.list,
      this.more,
    );
  }

  get last(): string {
    return number(this.entries[0]) ?? '';
  }

  /** page: 1 begins anew. */
  async load(page = 1): Promise<void> {
    try {
      const told = await get<Page>(`${USER}/call-log?direction=Outbound&perPage=${PAGE}&page=${page}`);
      const known = new Set(page === 1 ? [] : this.entries.map((entry) => entry.id));
      const added = told.records.filter((entry) => !known.has(entry.id));
      this.entries = page === 1 ? added : [...this.entries, ...added];
      this.pages = page;
      this.more.hidden = page >= (told.paging.totalPages ?? 1);
      say(this.note, this.entries.length ? '' : t('No calls yet. Whom you call will stand here.'));
    } catch (error) {
      say(this.note, inWords(error));
    }
    this.note.hidden = !this.note.textContent;
    fill(this.list, ...this.entries.map((entry) => this.row(entry)));
  }

  private row(entry: Entry): HTMLElement {
    const called = number(entry) ?? '';
    const nice = show(called, this.country());
    const how = result(entry.result);
    const what = how || duration(entry.duration);
    const label = t('Call {number} again', { number: nice });
    return h(
      'li',
      {},
      h(
        'button',
        { type: 'button', class: 'row', onclick: () => this.redial(called), title: label },
        h(
          'span',
          { class: 'what' },
          h('bdi', { class: 'who', dir: 'ltr' }, nice),
          h('span', { class: FAILED.includes(entry.result) ? 'how bad' : 'how' }, what),
        ),
        h('time', { datetime: entry.startTime }, time(entry.startTime)),
        h('span', { class: 'again', 'aria-hidden': 'true' }, '↻'),
        h('span', { class: 'unseen' }, label),
      ),
    );
  }
}

const number = (entry?: Entry): string | undefined => entry?.to.phoneNumber ?? entry?.to.extensionNumber;
