#!/usr/bin/env node
/**
 * `npm run bench:http`: the cost that a guard adds to a framework, in CPU time of the server's process for
 * each request. Rounds are interleaved and their median counts; all figures are ratios within one run. A
 * machine that others use, too, is faster in one second than in the next: rounds are short and many, so that
 * all candidates meet the same. The engine optimizes the same code differently in each process, so a run
 * uses several.
 */
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { VERSIONS, findRuntime } from '../../scripts/find-runtime.mjs';
import { CASES, CONSTANT, ROUTES, candidatesOf } from './cases.mjs';
import { startIssuer } from './issuer.mjs';
import { openLoad, roundUp } from './load.mjs';
import { report } from './report.mjs';

const ALL = ['express', 'fastify', 'hono', 'koa', 'fetch', 'bun'];
const { values } = parseArgs({
  options: {
    framework: { type: 'string', multiple: true },
    requests: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'usage: npm run bench:http -- [--quick] [--framework express] [--requests 200] [--rounds 45]\n' +
      `Frameworks: ${ALL.join(', ')} (fetch on Bun, where npm has it). Takes about twelve minutes for all; --quick takes shorter rounds and\n` +
      'peers by their authorised calls alone, in less than three. Exits with 1 if a target is missed by\n' +
      "more than the run's own spread, with 2 if it could not be measured.",
  );
  process.exit(0);
}
const FRAMEWORKS = values.framework ?? ALL;
const REQUESTS = roundUp(Number(values.requests ?? (values.quick ? 100 : 200)));
const ROUNDS = Number(values.rounds ?? (values.quick ? 21 : 45));
// Fewer rounds have no spread.
if (FRAMEWORKS.some((name) => !ALL.includes(name)) || !(REQUESTS >= 1) || !(ROUNDS >= 3)) {
  console.error(
    `--framework is one of ${ALL.join(', ')}; --requests is from 1 on, --rounds from 3 on`,
  );
  process.exit(2);
}
const PROCESSES = values.quick ? 1 : 3;

/** Milliseconds before the first round, in which the compiler gets to know each candidate. */
const SETTLE = 500;
/** Milliseconds before the rounds of a process that do not count: connections open, caches fill. */
const WARM_UP = values.quick ? 30 : 200;

console.log(
  `Node ${process.version}; ${PROCESSES} x ${Math.ceil(ROUNDS / PROCESSES)} rounds of ${REQUESTS} requests over 50 connections each.\n` +
    `CPU time for each request. "bare" is the framework's own 200 on the same route; "constant" is the same\n` +
    `case in ${CONSTANT}, which checks nothing: it adds the one header, or answers the same 401.\n` +
    `Ratios are medians of the rounds' ratios; the spread is half the distance of their quartiles.`,
);
const issuer = await startIssuer();
const missed = [];
try {
  for (const framework of FRAMEWORKS) missed.push(...(await bench(framework)));
} catch (error) {
  console.error(error);
  process.exit(2);
}
issuer.close();
if (missed.length > 0) console.log(`\nMissed by more than the spread:\n  ${missed.join('\n  ')}`);
else console.log('\nNo target is missed by more than the spread.');
process.exit(missed.length === 0 ? 0 : 1);

async function bench(framework) {
  const tables = new Map();
  const runtime = framework === 'bun' ? await findBun() : {};
  if (runtime === undefined) return [];
  for (let run = 0; run < PROCESSES; run++) {
    const server = fork(new URL('server.mjs', import.meta.url), [framework], runtime);
    let rejectWaiting;
    server.once('exit', () => rejectWaiting?.());
    const ask = (message) =>
      new Promise((resolve, reject) => {
        server.once('message', resolve);
        rejectWaiting = () => reject(new Error(`the server of ${framework} ended`));
        server.send(message);
      });
    const ports = await ask({ issuer: issuer.issuer, jwk: issuer.jwk, pem: issuer.pem });
    const candidates = candidatesOf(Object.keys(ports), values.quick);
    for (const [title, route] of Object.entries(ROUTES)) {
      if (!tables.has(title)) tables.set(title, { candidates, rounds: [] });
      tables.get(title).rounds.push(
        ...(await interleave(candidates, {
          open: (candidate) =>
            openLoad(
              ports[candidate.guard],
              withToken(route, candidate),
              CASES[candidate.what].status,
            ),
          cpu: async () => {
            const { user, system } = await ask('cpu');
            return user + system;
          },
        })),
      );
    }
    server.kill();
  }
  return [...tables].flatMap(([title, { candidates, rounds }]) =>
    report({ framework, title, candidates, rounds }),
  );
}

async function findBun() {
  try {
    return { execPath: await findRuntime('bun', VERSIONS.bun), execArgv: [] };
  } catch (error) {
    console.log(`\nbun: left out, ${error.message}`);
    return undefined;
  }
}

function withToken(route, { guard, what }) {
  const { token, isBound } = CASES[what];
  if (token === undefined) return route;
  if (isBound === true) {
    const { method, headers } = route;
    const Authorization = `DPoP ${issuer.boundToken}`;
    return () => ({ ...route, headers: { ...headers, Authorization, DPoP: issuer.prove(method) } });
  }
  const typ = guard === 'hono/jwk' ? 'JWT' : 'at+jwt';
  const headers = { ...route.headers, Authorization: `Bearer ${issuer.tokens[typ][token]}` };
  return { ...route, headers };
}

/** Rounds in which every candidate answers once so many requests; in microseconds for each of them. */
async function interleave(candidates, { open, cpu }) {
  for (const candidate of candidates) {
    const load = await open(candidate);
    await load.sendFor(SETTLE);
    await load.close();
  }
  const loads = await Promise.all(candidates.map(open));
  const rounds = [];
  for (const load of loads) await load.sendFor(WARM_UP);
  for (let round = 0; round < ROUNDS / PROCESSES; round++) {
    const times = [];
    for (const load of loads) {
      const before = await cpu();
      await load.send(REQUESTS);
      times.push(((await cpu()) - before) / REQUESTS);
    }
    rounds.push(times);
  }
  await Promise.all(loads.map((load) => load.close()));
  return rounds;
}
