// Makes the one file that the server serves: `npm run build`. Another folder as the argument leaves the committed one alone.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, '../src/ringout/web/click_to_call');
const made = await build({
  entryPoints: [join(here, 'src/main.ts')],
  bundle: true, minify: true, format: 'iife', target: 'es2020', legalComments: 'none', write: false, logLevel: 'warning',
});
const content = made.outputFiles[0].contents;
await mkdir(out, { recursive: true });
await writeFile(join(out, 'click-to-call.js'), content);
await writeFile(join(out, 'click-to-call.js.br'), brotliCompressSync(content));
