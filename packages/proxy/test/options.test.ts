import { describe, expect, test } from 'vitest';
import { createProxy } from '../src/index.js';
import { gateFor } from './support.js';

const URL_OK = 'http://127.0.0.1:8000/mcp';

test.each([
  ['upstreamUrl', 'nowhere'],
  ['upstreamUrl', 'ftp://127.0.0.1/'],
  ['upstreamUrl', 'http://ray:secret-pass@127.0.0.1/'],
  ['upstreamUrl', 'http://127.0.0.1/mcp?x=1'],
  ['upstreamUrl', 'http://127.0.0.1/mcp#x'],
])('%s: %s [T132]', (path, url) => {
  expect(() => createProxy(gateFor(), url)).toThrow(new RegExp(`^${path}: `));
  expect(() => createProxy(gateFor(), url)).not.toThrow(/secret-pass/);
});

test.each<[string, object | null]>([
  ['proxy', null],
  ['proxy.credentials', { credentials: 'x' }],
  ['proxy.credential', { credential: 7 }],
  ['proxy.credential', { credential: 'secret-pass\n' }],
  ['proxy.credential', { credential: '' }],
  ['proxy.credential', { credential: 'Bearer undefined' }],
  ['proxy.credentialHeader', { credentialHeader: 'X-Api-Key' }],
  ['proxy.credentialHeader', { credential: 'x', credentialHeader: 'X Key' }],
  ['proxy.credentialHeader', { credential: 'x', credentialHeader: 'X_Key' }],
  ['proxy.credentialHeader', { credential: 'x', credentialHeader: 'Host' }],
  ['proxy.headers', { headers: 'x' }],
  ["proxy.headers\\['content-length'\\]", { headers: { 'content-length': '1' } }],
  ["proxy.headers\\['x-user'\\]", { headers: { 'x-user': 7 } }],
  ['proxy.headers', { credential: 'x', headers: { authorization: 'y' } }],
  ['proxy.dropHeaders', { dropHeaders: 'x' }],
  ['proxy.dropHeaders\\[1\\]', { dropHeaders: ['x', ''] }],
  ['proxy.forwarded', { forwarded: 'all' }],
  ['proxy.memberNames', { memberNames: 'any' }],
  ['proxy.methodOverride', { methodOverride: true }],
  ["proxy.headers\\['x.user'\\]", { headers: { 'X-User': 'a', 'x.user': 'b' } }],
  ["proxy.headers\\['x-user'\\]", { headers: { 'X-User': 'a', 'x-user': 'b' } }],
  ['proxy.headers', { credential: 'x', credentialHeader: 'X-Key', headers: { 'x.key': 'y' } }],
  ['proxy.mapScopes', { mapScopes: {} }],
  ['proxy.headersTimeout', { headersTimeout: 0 }],
  ['proxy.idleTimeout', { idleTimeout: Infinity }],
  ['proxy.credentialTimeout', { credentialTimeout: 2 ** 31 }],
  ['proxy.fetch', { fetch: {} }],
  ['proxy.onError', { onError: 'x' }],
  ['rule', { rule: 'unknown:scope' }],
])('%s: %j [T132]', (path, options) => {
  expect(() => createProxy(gateFor(), URL_OK, options as never)).toThrow(
    new RegExp(`^${path}: |^${path}\\b.*scope`),
  );
  expect(() => createProxy(gateFor(), URL_OK, options as never)).not.toThrow(/secret-pass/);
});

describe.each(['headersTimeout', 'idleTimeout', 'credentialTimeout'])('proxy.%s', (name) => {
  test.each([
    '5',
    Number.NaN,
    Infinity,
    -Infinity,
    0,
    -1,
    2 ** 31,
    1e21,
    null,
    [5],
    5n,
    new Date(),
  ])('%s: a number of milliseconds within bounds [T132]', (value) => {
    const make = (): unknown => createProxy(gateFor(), URL_OK, { [name]: value } as never);
    expect(make).toThrow(
      new RegExp(`^proxy.${name}: expected a number of milliseconds from 1 to `),
    );
  });

  test.each([1, 1.5, 2 ** 31 - 1])('%s', (value) => {
    expect(() => createProxy(gateFor(), URL_OK, { [name]: value })).not.toThrow();
  });
});

test('an argument that is not a gate: a TypeError', () => {
  const gate = { ...gateFor() };
  expect(() => createProxy(gate as never, URL_OK)).toThrow(/^proxy: expected what createGate/);
});

test('without a policy and a rule there is no proxy', () => {
  expect(() => createProxy(gateFor({ policy: undefined as never }), URL_OK)).toThrow(/^rule: /);
});

test('later changes of the options change nothing [T11]', async () => {
  const headers: Record<string, string> = { 'x-a': '1' };
  let sent: Headers | undefined;
  const handler = createProxy(gateFor(), URL_OK, {
    headers,
    rule: 'notes:read',
    fetch: async (_url, init) => {
      sent = new Headers(init.headers);
      return new Response();
    },
  });
  headers['x-a'] = '2';
  const { TOKENS } = await import('./support.js');
  const authorization = `Bearer ${TOKENS.reader}`;
  await handler(new Request('https://notes.example.com/mcp', { headers: { authorization } }));
  expect(sent?.get('x-a')).toBe('1');
});
