#!/usr/bin/env node
/**
 * `node bench/http/heap.mjs`: whether a guarded server keeps anything of its requests. It sends a million
 * authorised `tools/call` to each framework and prints the heap after a collection, every tenth of the way.
 */
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CASES, ROUTES } from './cases.mjs';
import { startIssuer } from './issuer.mjs';
import { openLoad } from './load.mjs';

const FRAMEWORKS = ['express', 'fastify', 'hono', 'koa', 'fetch'];
/** After the first tenth, in which caches fill, the heap may grow by so much; in MB. */
const MAX_GROWTH = 2;

const { values } = parseArgs({
  options: {
    framework: { type: 'string', multiple: true },
    requests: { type: 'string', default: '1000000' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'usage: node bench/http/heap.mjs [--framework express] [--requests 1000000]\n' +
      `Frameworks: ${FRAMEWORKS.join(', ')}. Takes about two minutes for each; build first. Exits with 1 if a heap\n` +
      `grew by more than ${MAX_GROWTH} MB after the first tenth of the requests.`,
  );
  process.exit(0);
}

const issuer = await startIssuer();
for (const framework of values.framework ?? FRAMEWORKS) {
  const heaps = await heapsOf(framework);
  const growth = heaps.at(-1) - heaps[0];
  const isFlat = growth <= MAX_GROWTH;
  if (!isFlat) process.exitCode = 1;
  const list = heaps.map((heap) => heap.toFixed(1)).join(' ');
  console.log(
    `${framework.padEnd(8)} ${list} MB: ${isFlat ? 'flat' : `${growth.toFixed(1)} MB MORE`}`,
  );
}
issuer.close();

async function heapsOf(framework) {
  const execArgv = ['--expose-gc'];
  const server = fork(new URL('server.mjs', import.meta.url), [framework], { execArgv });
  let rejectWaiting;
  server.once('exit', () => rejectWaiting?.(new Error(`the server of ${framework} ended`)));
  const ask = (message) =>
    new Promise((resolve, reject) => {
      rejectWaiting = reject;
      server.once('message', resolve);
      server.send(message);
    });
  const ports = await ask({ issuer: issuer.issuer, jwk: issuer.jwk, pem: issuer.pem });
  const route = ROUTES['MCP tools/call'];
  const Authorization = `Bearer ${issuer.tokens['at+jwt'].enough}`;
  const request = { ...route, headers: { ...route.headers, Authorization } };
  const load = await openLoad(ports.scopegate, request, CASES.authorised.status);
  const heaps = [];
  for (let tenth = 0; tenth < 10; tenth++) {
    await load.send(Number(values.requests) / 10);
    heaps.push((await ask('heap')) / 2 ** 20);
  }
  await load.close();
  rejectWaiting = undefined;
  server.kill();
  return heaps;
}
