// Makes the files that the server serves: `npm run build`. Another folder as the argument leaves the committed ones alone.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, '../src/ringout/web/dialer');
const options = { bundle: true, minify: true, target: 'es2022', legalComments: 'none', write: false, logLevel: 'warning' };

const made = new Map();
const put = (name, content) => made.set(name, Buffer.from(content));
const bundle = async (name, more) => (await build({ ...options, ...more, entryPoints: [join(here, 'src', name)] })).outputFiles[0].contents;

put('app.js', await bundle('main.ts', { format: 'esm' }));
put('softphone.js', await bundle('softphone.ts', { format: 'esm' }));
put('style.css', await bundle('style.css', {}));
for (const folder of ['static', 'texts']) {
  for (const name of await readdir(join(here, folder))) {
    const content = await readFile(join(here, folder, name));
    put(name, name.endsWith('.json') ? JSON.stringify(JSON.parse(content)) : content);
  }
}
// The worker throws away what it kept when any file has changed: its own bytes tell the browser that.
const digest = createHash('sha256');
for (const name of [...made.keys()].sort()) digest.update(name).update(made.get(name));
const define = {
  VERSION: JSON.stringify(digest.digest('hex').slice(0, 16)),
  // Without the softphone: few want it, and without the server it can ring nobody.
  FILES: JSON.stringify([...made.keys()].filter((name) => !/\.(html|webmanifest|png)$|^softphone/.test(name)).sort()),
};
put('service-worker.js', await bundle('service-worker.ts', { format: 'iife', define }));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const [name, content] of made) {
  await writeFile(join(out, name), content);
  if (!/\.(js|css|html)$/.test(name)) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  await writeFile(join(out, `${name}.br`), brotliCompressSync(content, { params }));
}
