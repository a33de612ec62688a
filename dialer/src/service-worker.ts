/** Keeps the page's own files, and nothing else: no call, no number and no token is ever stored here. */

declare const VERSION: string; // of all files together
declare const FILES: string[];

interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Lasting {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  addEventListener(kind: 'install' | 'activate', listener: (event: Lasting) => void): void;
  addEventListener(kind: 'fetch', listener: (event: Fetching) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  registration: { scope: string };
}

const worker = self as unknown as Worker;
const CACHE = `ringout-${VERSION}`;
const HOME = worker.registration.scope;
const SHELL = [HOME, `${HOME}manifest.webmanifest`, ...FILES.map((name) => `${HOME}dialer/${name}`)];

worker.addEventListener('install', (event) => {
  const keep = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    await cache.addAll(SHELL.map((url) => new Request(url, { cache: 'no-cache' })));
    await worker.skipWaiting();
  };
  event.waitUntil(keep());
});

worker.addEventListener('activate', (event) => {
  const clean = async (): Promise<void> => {
    const old = (await caches.keys()).filter((name) => name.startsWith('ringout-') && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await worker.clients.claim();
  };
  event.waitUntil(clean());
});

worker.addEventListener('fetch', (event) => {
  const url = event.request.url.split(/[?#]/)[0] ?? '';
  if (event.request.method !== 'GET' || !SHELL.includes(url)) return; // not ours: the browser asks the server
  // The server first: what it has belongs to its API. A kept file stands in for it only when it does not answer.
  const answer = async (): Promise<Response> => {
    try {
      return await fetch(event.request);
    } catch (error) {
      const kept = await caches.match(url);
      if (kept) return kept;
      throw error;
    }
  };
  event.respondWith(answer());
});
