import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { InsufficientScopeError, http } from '../../src/index.js';
import { createStages, refuseThrown, routedTarget } from '../../src/node/index.js';
import type { GuardedRequest, Stage } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';
import { callTool, notesGate } from '../support/mcp.js';
import { exchange } from '../../../adapter-testkit/src/wire/raw-http.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
});

const early = { rule: undefined, early: true, target: () => '/mcp' } as const;
const late = { rule: undefined, early: false, target: () => '/mcp' } as const;

/** Runs a scenario inside a real request that a parser has read, and says what it said. */
async function within<T>(scenario: (req: GuardedRequest) => Promise<T>, token = 'notes.read') {
  let result: T | undefined;
  const server = createServer((req: GuardedRequest, res) => {
    req.resume().once('end', () => {
      req.body = callTool('read_notes');
      void scenario(req)
        .then((value) => (result = value))
        .finally(() => res.end());
    });
  });
  servers.push(server);
  const body = JSON.stringify(callTool('read_notes'));
  const headers = [
    ['Authorization', `Bearer ${token}`],
    ['Content-Type', 'application/json'],
  ] as const;
  await exchange(await listen(server), { method: 'POST', target: '/mcp', headers, body });
  return result;
}

/** A judge that says its decision, `undefined` if nothing was left to judge. */
function stagesOf(gate: Parameters<typeof createStages>[0]) {
  const judge = createStages(gate);
  return (req: GuardedRequest, stage: Stage) => judge(req, stage, (decision) => decision);
}

describe('a judge in stages', () => {
  test('judges the token first, the operation later, and then nothing more [T46]', async () => {
    const judge = stagesOf(notesGate());
    const outcomes = await within(async (req) => [
      (await judge(req, early))?.allowed,
      (await judge(req, early))?.allowed,
      (await judge(req, late))?.allowed,
      (await judge(req, late))?.allowed,
    ]);
    expect(outcomes).toEqual([true, undefined, true, undefined]);
  });

  test('judges a rule at once', async () => {
    const judge = stagesOf(notesGate());
    const rule = 'notes:write';
    const refused = await within(async (req) => judge(req, { ...early, rule }));
    expect(refused).toMatchObject({ allowed: false, status: 403 });
  });

  test('makes up for a stage that never came [T04, T25]', async () => {
    const judge = stagesOf(notesGate());
    const bad = await within(async (req) => judge(req, late), 'bad');
    expect(bad).toMatchObject({ allowed: false, status: 401 });
    const lacking = await within(async (req) => judge(req, late), 'none');
    expect(lacking).toMatchObject({ allowed: false, status: 403 });
  });

  test('asks again after a refusal: it never wears off', async () => {
    const judge = stagesOf(notesGate());
    const outcomes = await within(
      async (req) => [
        (await judge(req, late))?.allowed,
        (await judge(req, late))?.allowed,
        (await judge(req, late))?.allowed,
      ],
      'none',
    );
    expect(outcomes).toEqual([false, false, false]);
  });

  test.each([
    ['took its place', (req: GuardedRequest) => (req.body = callTool('add_note'))],
    [
      'changed it',
      ({ body }: GuardedRequest) => Object.assign(body as object, callTool('add_note')),
    ],
    [
      'made it what is no data',
      ({ body }: GuardedRequest) =>
        Object.assign(body as object, {
          ...callTool('add_note'),
          toJSON: () => callTool('read_notes'),
        }),
    ],
  ])('judges again when something %s [T16, T25]', async (_what, change) => {
    const judge = stagesOf(notesGate());
    const outcomes = await within(async (req) => {
      const first = await judge(req, late);
      change(req);
      return [first?.allowed, (await judge(req, late))?.allowed];
    });
    expect(outcomes).toEqual([true, false]);
  });

  test.each([
    ['rule', {}, { rule: 'notes:write' as const }],
    ['target', { url: '/other' }, {}],
    ['method', { method: 'PUT' }, {}],
  ])('lets nothing on for another %s [T31, T32]', async (_what, change, stage) => {
    const policy = http([
      { method: 'POST', path: '/mcp', rule: 'notes:read' },
      { method: '*', path: '/{any}', rule: 'notes:write' },
    ]);
    const gate = notesGate({}, { policy: policy as never });
    const judge = stagesOf(gate);
    const outcomes = await within(async (req) => {
      const target = (): string => req.url ?? '';
      const first = [
        { ...early, target },
        { ...late, target },
      ];
      const allowed = [];
      for (const one of first) allowed.push((await judge(req, one))?.allowed);
      Object.assign(req, change);
      // From the router on, all comes again.
      for (const one of first) allowed.push((await judge(req, { ...one, ...stage }))?.allowed);
      return allowed;
    });
    expect(outcomes?.slice(0, 2)).toEqual([true, true]);
    expect(outcomes?.at(-1)).toBe(false);
  });

  test('leaves the auth of the innermost gate, which answers what is thrown [T16, T43]', async () => {
    const [outer, inner] = [notesGate({}, { realm: 'outer' }), notesGate({}, { realm: 'inner' })];
    const seen = await within(async (req) => {
      expect(refuseThrown(new InsufficientScopeError('notes:write'), req)).toBeUndefined();
      const [around, inside] = [stagesOf(outer), stagesOf(inner)];
      for (const stage of [early, late]) {
        await around(req, stage);
        // A rule is settled early: the outer gate is the last to judge.
        await inside(req, { ...stage, rule: 'notes:read' });
      }
      const refusal = refuseThrown(new InsufficientScopeError('notes:write'), req);
      const other = refuseThrown(new Error('other'), req);
      return { auth: req.auth, refusal: JSON.stringify(refusal?.headers), other };
    });
    expect(inner.issued(seen?.auth)).toBe(true);
    expect(seen?.refusal).toContain('inner');
    expect(seen?.refusal).not.toContain('outer');
    expect(seen?.other).toBeUndefined();
  });
});

describe('routedTarget', () => {
  test.each([
    ['/notes?x=1', 'GET', '/notes', {}],
    ['http://h/notes', 'GET', '/notes', {}],
    ['/notes/caf%C3%A9%2f%2561', 'GET', '/notes/:id', { id: 'caf\u00e9/%61' }],
    ['/a-b.json', 'GET', '/:a-:b.json', { a: 'a', b: 'b' }],
    [
      '/at/12h30m',
      'GET',
      '/at/:hour(^\\d{2})h:minute(^(?:[0-5]\\d)$)m',
      { hour: '12', minute: '30' },
    ],
    ['/a:b', 'GET', '/a::b', {}],
    ['/notes', 'GET', '/notes/:id?', {}],
    ['/notes/7', 'GET', '/notes/:id?', { id: '7' }],
    ['/files/a/b', 'GET', '/files/*', { '*': 'a/b' }],
    ['/x', 'GET', '*', { '*': '/x' }],
    ['/x', 'PUT', undefined, undefined],
  ])('%s by %s stands, where %s was chosen [T32]', (url, method, pattern, params) => {
    const route = { url: pattern, method: ['GET', 'HEAD'] };
    expect(routedTarget({ url, method }, route, params)).toBe(url);
  });

  test.each([
    ['/notes', 'GET', '/admin', {}],
    ['/notes/1', 'GET', '/notes/:id', { id: '2' }],
    ['/notes/1', 'GET', '/notes/:id', Object.create({ id: '1' }) as object],
    ['/files/a', 'GET', '/files/*', { '*': 'b' }],
    ['/notes', 'POST', '/notes', {}],
    ['/notes/%', 'GET', '/notes/:id', { id: '%' }],
  ])('%s by %s does not stand for %s with other values [T31, T32]', (...row) => {
    const [url, method, pattern, params] = row;
    expect(routedTarget({ url, method }, { url: pattern, method: 'GET' }, params)).toBe('*');
  });
});
