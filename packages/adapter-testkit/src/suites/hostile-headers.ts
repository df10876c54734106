/**
 * Long headers that lead careless readers into work without end.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { App } from '../app.js';
import { READ } from '../cases/index.js';
import type { GuardedRoute } from '../harness.js';
import { named } from '../verify.js';
import type { Suite } from './suite.js';

/** Starts of values, by header. Headers that frame the body are left out: Node's parser checks them first. */
const HEADERS: readonly (readonly [name: string, ...starts: string[]])[] = [
  ['Authorization', 'Bearer a', 'Basic a', 'Digest a="'],
  ['Content-Type', 'application/json;', 'application/json;charset='],
  ['Content-Encoding', 'identity', 'gzip,'],
  ['Origin', 'https://app.example.com'],
  ['Access-Control-Request-Method', 'POST'],
  ['MCP-Protocol-Version', '2026-07-28'],
  ['Mcp-Method', 'tools/call'],
  ['Mcp-Name', 'read_notes', '=?base64?'],
];

const PARTS = [' ', '\t', '"', ',', '\\', '=', ';', '/', '+', 'a', ' ;', '",', '\\"', 'a='];

/** As much as Node takes for all headers together, less the others. */
const LENGTH = 15_000;
/** Milliseconds beyond three times what a harmless header of that length costs. */
const SLACK = 5;
const ROUNDS = 40;

export function hostileHeaderSuite(routes: readonly GuardedRoute[]): Suite {
  return {
    name: 'hostile headers',
    setup: { routes },
    checks: HEADERS.map(([name, ...starts]) => ({
      title: `${name}: 15 kB of anything cost no more than 15 kB of nothing [AH-12, T180]`,
      run: async (app) => {
        for (const start of starts) for (const part of PARTS) await compare(app, name, start, part);
      },
    })),
  };
}

/** Compares the best times of several rounds, because other load on the machine only adds time. */
async function compare(app: App, name: string, start: string, part: string): Promise<void> {
  const value = start + part.repeat(LENGTH / part.length).slice(start.length + 1) + 'x';
  let plain = Number.POSITIVE_INFINITY;
  let hostile = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    plain = Math.min(plain, await timeOf(app, 'X-Padding', 'a'.repeat(LENGTH)));
    hostile = Math.min(hostile, await timeOf(app, name, value));
    if (hostile <= 3 * plain + SLACK) return;
  }
  assert.fail(`${JSON.stringify(start + part)}: ${hostile} ms, and ${plain} ms for nothing`);
}

async function timeOf(app: App, name: string, value: string): Promise<number> {
  const headers = Object.entries({
    Authorization: `Bearer ${named('reader')}`,
    'Content-Type': 'application/json',
    [name]: value,
  });
  const start = performance.now();
  const { status } = await app.send({
    ...{ method: 'POST', target: '/mcp', headers, body: JSON.stringify(READ) },
  });
  const taken = performance.now() - start;
  assert.ok(status < 500, `answered ${status}`);
  return taken;
}
