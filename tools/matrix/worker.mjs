/** workerd, through miniflare. */
import { readFile } from 'node:fs/promises';
import { Miniflare } from 'miniflare';

/** Starts the bundled worker. */
export async function startWorker(programs) {
  const worker = new Miniflare({
    modules: true,
    script: await readFile(`${programs}/worker.mjs`, 'utf8'),
    compatibilityDate: '2026-07-01',
    host: 'localhost',
    port: 0,
  });
  const url = await worker.ready;
  return { url: url.origin, stop: () => worker.dispose() };
}
