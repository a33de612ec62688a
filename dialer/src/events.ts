/** The push stream of all of the user's RingOuts: Server-Sent Events, read with fetch, which can show the token. */

import { send, USER } from './api';
import { SignedOut } from './auth';

const SILENCE_MS = 35_000; // the server says something every few seconds
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 15_000;

export interface Listener<T> {
  event(body: T): void;
  /** The stream stands, after `again` perhaps with a gap in what was told. */
  open(again: boolean): void;
  lost(): void;
  signedOut(): void;
}

/** Until the returned function is called. */
export function follow<T>(listener: Listener<T>): () => void {
  const stopped = new AbortController();
  let lastId = '';
  let wakeUp = (): void => {};
  const wake = (): void => wakeUp();
  addEventListener('online', wake);

  async function read(again: boolean): Promise<void> {
    const quiet = new AbortController();
    const stop = (): void => quiet.abort();
    stopped.signal.addEventListener('abort', stop);
    addEventListener('online', stop); // it may have been cut, and nobody would notice for long
    let timer = setTimeout(stop, SILENCE_MS);
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (lastId) headers['Last-Event-ID'] = lastId;
      const answer = await send(`${USER}/ring-out/events`, { headers, signal: quiet.signal });
      if (!answer.body) return;
      listener.open(again);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(stop, SILENCE_MS);
        text += value;
        const blocks = text.split(/\r?\n\r?\n/);
        text = blocks.pop() ?? '';
        blocks.forEach(take);
      }
    } finally {
      clearTimeout(timer);
      stopped.signal.removeEventListener('abort', stop);
      removeEventListener('online', stop);
    }
  }

  function take(block: string): void {
    let data = '';
    for (const line of block.split(/\r?\n/)) {
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (name === 'id') lastId = value ?? '';
      if (name === 'data') data += value;
    }
    if (data) listener.event(JSON.parse(data) as T);
  }

  async function run(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    for (let again = false; !stopped.signal.aborted; again = true) {
      const since = performance.now();
      try {
        await read(again);
      } catch (error) {
        if (error instanceof SignedOut) {
          if (!stopped.signal.aborted) listener.signedOut();
          return;
        }
      }
      if (stopped.signal.aborted) return;
      // A stream that stood for a while has ended for a reason of its own: the token's time was over, the server restarts.
      wait = performance.now() - since > LONGEST_WAIT_MS ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
      listener.lost();
      await new Promise<void>((done) => {
        wakeUp = done;
        setTimeout(done, wait * (0.5 + Math.random() / 2));
      });
    }
  }

  void run();
  return () => {
    removeEventListener('online', wake);
    stopped.abort();
    wakeUp();
  };
}
