/**
 * Gates that read the token from another header, or from a cookie.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { HeaderList } from '@scopegate/core';
import type { App } from '../app.js';
import { READ } from '../cases/index.js';
import { notesGate } from '../gates.js';
import { verifier } from '../tokens.js';
import type { Check, Suite } from './suite.js';

const HEADER = 'Cf-Access-Jwt-Assertion';
const APP = 'https://app.example.com';

export function tokenFromSuite(): Suite {
  const byHeader = notesGate(verifier, { tokenFrom: { header: HEADER } });
  const byCookie = notesGate(verifier, { tokenFrom: { cookie: 'session' }, allowedOrigins: [APP] });
  return {
    name: 'tokens elsewhere',
    setup: {
      routes: [
        { path: '/header', gate: byHeader },
        { path: '/cookie', gate: byCookie },
      ],
    },
    checks: ROWS.map(([target, what, headers, status]): Check => ({
      title: `${target}: ${what} is ${status} [T71, T49]`,
      run: (app) => isAnswered(app, { target, headers }, status),
    })),
  };
}

type Row = readonly [
  target: '/header' | '/cookie',
  what: string,
  headers: HeaderList,
  status: number,
];

const SAME_ORIGIN = ['Sec-Fetch-Site', 'same-origin'] as const;
const cookie = (value: string): HeaderList => [['Cookie', value], SAME_ORIGIN];

const ROWS: readonly Row[] = [
  ['/header', 'the token', [[HEADER, 'reader']], 200],
  ['/header', 'the token in another case of letters', [[HEADER.toUpperCase(), 'reader']], 200],
  ['/header', 'no token', [], 401],
  ['/header', 'a token in Authorization alone', [['Authorization', 'Bearer reader']], 401],
  [
    ...(['/header', 'a bad one beside a good one in Authorization'] as const),
    ...([[[HEADER, 'nobody'] as const, ['Authorization', 'Bearer reader'] as const], 401] as const),
  ],
  [
    ...(['/header', 'a good one beside two in Authorization'] as const),
    [
      [HEADER, 'reader'],
      ['Authorization', 'Bearer a'],
      ['Authorization', 'Bearer b'],
    ],
    200,
  ],
  ['/header', 'a token with its scheme', [[HEADER, 'Bearer reader']], 401],
  [
    ...(['/header', 'the token twice'] as const),
    [
      [HEADER, 'reader'],
      [HEADER, 'reader'],
    ],
    400,
  ],
  ['/header', 'two in one line', [[HEADER, 'reader, writer']], 400],
  ['/header', 'the token as a cookie', [['Cookie', `${HEADER}=reader`]], 401],
  ['/cookie', 'the token', cookie('session=reader'), 200],
  ['/cookie', 'the token among others', cookie('a=1; session=reader; b="2"'), 200],
  ['/cookie', 'no cookie', [], 401],
  ['/cookie', 'an empty one', cookie('session='), 401],
  ['/cookie', 'another cookie', cookie('sessions=reader; Session=reader; xsession=reader'), 401],
  ['/cookie', 'the token twice', cookie('session=reader; a=1; session=reader'), 400],
  ['/cookie', 'two tokens', cookie('session=reader;session=writer'), 400],
  ['/cookie', 'a token in Authorization alone', [['Authorization', 'Bearer reader']], 401],
  ['/cookie', 'the token without an origin', [['Cookie', 'session=reader']], 403],
  [
    ...(['/cookie', 'the token from another site'] as const),
    [
      ['Cookie', 'session=reader'],
      ['Sec-Fetch-Site', 'cross-site'],
    ],
    403,
  ],
  [
    ...(['/cookie', 'the token from the same site, another origin'] as const),
    [
      ['Cookie', 'session=reader'],
      ['Sec-Fetch-Site', 'same-site'],
    ],
    403,
  ],
  ...(
    [
      ['a foreign origin', 'https://evil.example', 403],
      ['no origin to speak of', 'null', 403],
      ['the origin of the resource', 'https://notes.example.com', 200],
      ['an origin that is listed', APP, 200],
    ] as const
  ).map(([what, origin, status]): Row => {
    const headers = [['Cookie', 'session=reader'] as const, ['Origin', origin] as const];
    return ['/cookie', `the token from ${what}`, headers, status];
  }),
];

async function isAnswered(
  app: App,
  { target, headers }: { readonly target: string; readonly headers: HeaderList },
  status: number,
): Promise<void> {
  const answer = await app.send({
    ...{ method: 'POST', target, body: JSON.stringify(READ) },
    headers: [...headers, ['Content-Type', 'application/json']],
  });
  assert.equal(answer.status, status, answer.body);
  assert.deepEqual(app.ran, status === 200 ? ['read_notes'] : []);
  const vary = (answer.headers.get('vary') ?? '').toLowerCase().split(', ');
  assert.ok(vary.includes(target === '/cookie' ? 'cookie' : HEADER.toLowerCase()), String(vary));
  assert.equal(answer.headers.has('www-authenticate'), status === 401 || status === 400);
}
