// Turns the phone numbers of a page into links, follows its changes, and can take everything back.
import type { CountryCode } from 'libphonenumber-js/max';
import { findNumbers, type Found } from './numbers';

export interface Options {
  /** Where the dialer is, without a slash at the end. */
  server: string;
  /** Of numbers without +; undefined = only numbers with + count. */
  country: CountryCode | undefined;
  /** Where the dialer opens, as in the target of a link. */
  target: string;
}

const LEFT_ALONE =
  'a, title, button, select, option, textarea, input, script, style, noscript, template, code, pre, kbd, samp, svg, math, iframe, canvas, [contenteditable]:not([contenteditable="false"]), [data-ringout="off"]';
const CLASS = 'ringout-call';
const SLICE_MS = 8;
const LONGEST_WAIT_MS = 100;

/** The text node keeps the text before the first number; the links and texts that were made follow it. */
interface Change {
  text: string;
  made: ChildNode[];
}

export class Page {
  private changes = new Map<Text, Change>();
  private made = new WeakSet<Node>();
  private waiting = new Set<Node>();
  private scheduled = false;
  private running = false;
  private readonly observer = new MutationObserver((records) => this.pageChanged(records));

  constructor(
    private readonly root: Node,
    private readonly options: Options,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.observe();
    this.look(this.root);
  }

  /** The page is as it was, and stays so. */
  stop(): void {
    this.running = false;
    this.observer.disconnect();
    this.waiting.clear();
    for (const node of [...this.changes.keys()]) this.takeBack(node, true);
  }

  private observe(): void {
    this.observer.observe(this.root, { childList: true, characterData: true, subtree: true });
  }

  private pageChanged(records: MutationRecord[]): void {
    for (const record of records) {
      if (record.type === 'characterData') this.textChanged(record.target as Text);
      for (const node of record.addedNodes) if (!this.made.has(node)) this.look(node);
    }
    if (records.some((record) => record.removedNodes.length)) this.forgetGone();
  }

  private textChanged(node: Text): void {
    if (this.made.has(node)) return;
    // Whoever owns this text knows nothing of what was made of it.
    if (this.changes.has(node)) this.withoutWatching(() => this.takeBack(node, false));
    this.look(node);
  }

  /** What was made of a text goes with it. */
  private forgetGone(): void {
    for (const text of [...this.changes.keys()]) {
      if (!this.root.contains(text)) this.withoutWatching(() => this.takeBack(text, true));
    }
  }

  private look(node: Node): void {
    this.waiting.add(node);
    if (this.scheduled) return;
    this.scheduled = true;
    // With a limit: a page that draws nothing has no idle moments either.
    if (window.requestIdleCallback) window.requestIdleCallback(() => this.work(), { timeout: LONGEST_WAIT_MS });
    else setTimeout(() => this.work(), 1);
  }

  /** A slice of what waits, so that a large page stays quick. */
  private work(): void {
    this.scheduled = false;
    const end = performance.now() + SLICE_MS;
    for (const node of this.waiting) {
      this.waiting.delete(node);
      if (!this.running || !this.root.contains(node)) continue;
      if (node.nodeType === Node.TEXT_NODE) this.change(node as Text);
      else for (const text of texts(node)) this.waiting.add(text);
      if (performance.now() > end && this.waiting.size) {
        this.look([...this.waiting][0]!);
        return;
      }
    }
  }

  private change(node: Text): void {
    if (this.changes.has(node) || this.made.has(node) || node.parentElement?.closest(LEFT_ALONE)) return;
    const found = findNumbers(node.data, this.options.country);
    if (found.length) this.withoutWatching(() => this.changes.set(node, this.mark(node, found)));
  }

  private mark(node: Text, found: Found[]): Change {
    const text = node.data;
    const made: ChildNode[] = [];
    found.forEach((one, at) => {
      made.push(this.link(one, text), document.createTextNode(text.slice(one.end, found[at + 1]?.start)));
    });
    for (const one of made) this.made.add(one);
    for (const link of made) for (const inside of link.childNodes) this.made.add(inside);
    node.after(...made);
    node.data = text.slice(0, found[0]!.start);
    return { text, made };
  }

  private link(one: Found, text: string): HTMLAnchorElement {
    const link = document.createElement('a');
    link.className = CLASS;
    link.href = `${this.options.server}/dial?number=${encodeURIComponent(one.number)}`;
    link.target = this.options.target;
    link.rel = 'noopener noreferrer';
    link.textContent = text.slice(one.start, one.end);
    return link;
  }

  /** restores: the text too, which is somebody else's new one otherwise. */
  private takeBack(node: Text, restores: boolean): void {
    const change = this.changes.get(node);
    if (!change) return;
    this.changes.delete(node);
    for (const made of change.made) made.remove();
    if (restores) node.data = change.text;
  }

  private withoutWatching(act: () => void): void {
    // What has happened until now is the page's own doing and must not get lost.
    const before = this.observer.takeRecords();
    this.observer.disconnect();
    act();
    if (this.running) this.observe();
    if (before.length) this.pageChanged(before);
  }
}

function texts(node: Node): Text[] {
  const found: Text[] = [];
  if (node instanceof Element && node.closest(LEFT_ALONE)) return found;
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (each) =>
    each instanceof Element
      ? each.matches(LEFT_ALONE) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP
      : NodeFilter.FILTER_ACCEPT,
  );
  while (walker.nextNode()) found.push(walker.currentNode as Text);
  return found;
}
