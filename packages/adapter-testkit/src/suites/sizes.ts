/**
 * Bodies about as large as a gate admits by default.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { App } from '../app.js';
import { call, rpcError } from '../cases/index.js';
import type { Case } from '../cases/index.js';
import type { GuardedRoute } from '../harness.js';
import { verify } from '../verify.js';
import type { Suite } from './suite.js';

const LIMIT = 1024 * 1024;

const SIZES = [
  ['1 MiB - 1', LIMIT - 1, { runs: ['add_note'] }],
  ['1 MiB', LIMIT, { runs: ['add_note'] }],
  [
    '1 MiB + 1',
    LIMIT + 1,
    rpcError(413, 'body_too_large', 413, 'The body is larger than 1048576 bytes'),
  ],
] as const;

export function sizeSuite(routes: readonly GuardedRoute[]): Suite {
  return {
    name: 'sizes',
    setup: { routes },
    checks: SIZES.flatMap(([name, size, expected]) =>
      [false, true].map((chunked) => ({
        title: `a body of ${name}, ${chunked ? 'in chunks' : 'of known length'} [T29]`,
        run: (app: App) => verify(sized(size, chunked, expected), app),
      })),
    ),
  };
}

function sized(size: number, chunked: boolean, expected: Case['expected']): Case {
  const empty = JSON.stringify(call('add_note', { text: '' }));
  const body = empty.replace('""', `"${'x'.repeat(size - empty.length)}"`);
  assert.equal(body.length, size);
  const framing = [
    ['Transfer-Encoding', 'chunked'],
    ['Content-Type', 'application/json'],
  ] as const;
  return {
    name: '',
    token: 'writer',
    ...(chunked && { headers: framing }),
    body: chunked ? `${size.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body,
    expected,
  };
}
