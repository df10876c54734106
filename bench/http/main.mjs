#!/usr/bin/env node
/**
 * `npm run bench:http`: the cost that a guard adds to a framework, in CPU time of the server's process for
 * each request. Rounds are interleaved and their median counts; all figures are ratios within one run. The
 * engine optimizes the same code differently in each process, so a run uses several.
 */
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { startIssuer } from './issuer.mjs';
import { load } from './load.mjs';

const { values } = parseArgs({
  options: {
    framework: { type: 'string', multiple: true },
    requests: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '9' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'usage: npm run bench:http -- [--framework express] [--requests 1000] [--rounds 9]\n' +
      'Frameworks: express, fastify, hono, koa. Takes about four minutes for all.',
  );
  process.exit(0);
}
const FRAMEWORKS = values.framework ?? ['express', 'fastify', 'hono', 'koa'];
const REQUESTS = Number(values.requests);
const ROUNDS = Number(values.rounds);
const PROCESSES = 3;

/**
 * What each case sends, what it must be answered, and how much of bare's 200 it may cost. Those with
 * a floor are also run against a hook that checks nothing, behind middleware that does nothing in the
 * place of metadata: it adds the one header that an answer needs, or answers the same refusal out of a
 * constant. No guard can cost less.
 */
const CASES = [
  { name: 'authorised', token: 'enough', status: 200, target: 1.25, floor: true },
  { name: 'no token', token: undefined, status: 401, target: 0.85, floor: true },
  { name: 'too few scopes', token: 'tooFew', status: 403, target: 0.95 },
  { name: 'expired token', token: 'expired', status: 401 },
];
const FLOOR = 'a hook of constants';
const ROUTES = {
  'GET with a rule': { method: 'GET', path: '/notes' },
  'MCP tools/call': {
    method: 'POST',
    path: '/mcp',
    headers: { 'Content-Type': 'application/json', 'MCP-Protocol-Version': '2025-11-25' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'read_notes', arguments: { query: 'plants', limit: 10 } },
    }),
  },
};

console.log(`Node ${process.version}; ${ROUNDS} rounds of ${REQUESTS} requests each.`);
console.log("CPU time for each request; 1.00 is the bare framework's 200 on the same route.");
const issuer = await startIssuer();
for (const framework of FRAMEWORKS) await bench(framework);
issuer.close();

async function bench(framework) {
  const tables = new Map();
  for (let run = 0; run < PROCESSES; run++) {
    const server = fork(new URL('server.mjs', import.meta.url), [framework]);
    const ask = (message) =>
      new Promise((resolve) => {
        server.once('message', resolve);
        server.send(message);
      });
    const ports = await ask({ issuer: issuer.issuer, jwk: issuer.jwk, pem: issuer.pem });
    const candidates = candidatesOf(Object.keys(ports));
    for (const [title, route] of Object.entries(ROUTES)) {
      if (!tables.has(title)) tables.set(title, { candidates, times: candidates.map(() => []) });
      await interleave(candidates, tables.get(title).times, (candidate, count) =>
        cpuTime(ask, ports[candidate.guard], withToken(route, candidate), {
          count,
          expected: candidate.one.status,
        }),
      );
    }
    server.kill();
  }
  for (const [title, { candidates, times }] of tables) {
    report(`${framework}, ${title}`, candidates, times.map(median));
  }
}

function candidatesOf(guards) {
  return [
    { guard: 'bare', one: { name: '', status: 200 } },
    ...guards
      .filter((guard) => guard !== 'bare')
      .flatMap((guard) => CASES.map((one) => ({ guard, one })))
      .filter(({ guard, one }) => guard !== FLOOR || one.floor),
  ];
}

function withToken(route, { guard, one: { token } }) {
  if (token === undefined) return route;
  const typ = guard === 'hono/jwk' ? 'JWT' : 'at+jwt';
  const headers = { ...route.headers, Authorization: `Bearer ${issuer.tokens[typ][token]}` };
  return { ...route, headers };
}

async function cpuTime(ask, port, request, options) {
  const before = await ask('cpu');
  await load(port, request, options);
  const after = await ask('cpu');
  return (after.user - before.user + after.system - before.system) / options.count;
}

/** Rounds in which every candidate runs once; the first two warm up. */
async function interleave(candidates, times, run) {
  for (let round = -2; round < ROUNDS / PROCESSES; round++) {
    for (const [index, candidate] of candidates.entries()) {
      const time = await run(candidate, REQUESTS);
      if (round >= 0) times[index].push(time);
    }
  }
}

function median(times) {
  return times.toSorted((a, b) => a - b)[times.length >> 1];
}

function report(title, candidates, [bare, ...others]) {
  console.log(`\n${title}: bare ${bare.toFixed(0)} us`);
  const added = new Map();
  for (const [index, { guard, one }] of candidates.slice(1).entries()) {
    const time = others[index];
    const ratio = time / bare;
    const verdict =
      guard === 'scopegate' && one.target !== undefined && title.includes('rule')
        ? `  at most ${one.target}: ${ratio <= one.target ? 'met' : 'NOT MET'}`
        : '';
    console.log(
      `  ${guard.padEnd(38)} ${one.name.padEnd(15)} ${ratio.toFixed(2).padStart(6)}${verdict}`,
    );
    if (one.name === 'authorised' && guard !== FLOOR) added.set(guard, time - bare);
  }
  const ours = added.get('scopegate');
  for (const [guard, cost] of added) {
    if (guard === 'scopegate') continue;
    console.log(`  ${guard} adds ${(cost / ours).toFixed(1)} times what scopegate adds`);
  }
}
