/** The upstream must not run another method, or at another path, than the one that was evaluated. */
import { describe, expect, test } from 'vitest';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import type { WireRequest } from '../../adapter-testkit/src/wire/raw-http.js';
import { httpPolicy } from '@scopegate/core';
import { FormNames, JsonNames, PartNames } from '../src/body-names.js';
import { isMethodParameter } from '../src/method-override.js';
import { startOverridingUpstream } from './overriding-upstream.js';
import { TOKENS, gateFor, startFront } from './support.js';
import type { NotesOptions } from './support.js';

const byPath = gateFor({
  policy: httpPolicy([
    { method: 'POST', path: '/mcp/notes', rule: 'notes:read' },
    { method: 'DELETE', path: '/mcp/notes', rule: 'admin:notes' },
    { method: '*', path: '/mcp/open/{page}', rule: 'notes:read' },
    { method: '*', path: '/mcp/open/{page}/{part}', rule: 'notes:read' },
    { method: '*', path: '/mcp/admin', rule: 'admin:notes' },
  ]) as never,
});

async function start(
  options: NotesOptions = {},
  gate = byPath,
): Promise<{ send: (request: WireRequest) => Promise<number>; ran: readonly string[] }> {
  const { url, ran } = await startOverridingUpstream();
  const { origin } = new URL((await startFront(url, options, gate)).url);
  const authorization = ['Authorization', `Bearer ${TOKENS.reader}`] as const;
  const send = async ({ headers = [], ...request }: WireRequest): Promise<number> =>
    (await exchange(origin, { ...request, headers: [authorization, ...headers] })).status;
  return { send, ran };
}

const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data; boundary=b';

function part(name: string): string {
  return `--b\r\nContent-Disposition: form-data; ${name}\r\n\r\nDELETE\r\n--b--\r\n`;
}

const BODIES: readonly (readonly [type: string | undefined, body: string])[] = [
  [FORM, '_method=DELETE'],
  [FORM, 'a=1&_method=DELETE'],
  [FORM, 'a=1;_method=DELETE'],
  [FORM, '%5Fmethod=DELETE'],
  [FORM, '_%6Dethod=DELETE'],
  [FORM, '.method=DELETE'],
  [FORM, `${'+'.repeat(3)}_method=DELETE`],
  [FORM, `${'%20'.repeat(300)}_method=DELETE`],
  [FORM, '_METHOD=DELETE'],
  [FORM, 'X-HTTP-Method-Override=DELETE'],
  [FORM, '=x&_method=DELETE'],
  [`${FORM.toUpperCase()}; charset=utf-8`, '_method=DELETE'],
  [undefined, '_method=DELETE'],
  [MULTIPART, part('name="_method"')],
  [MULTIPART, part('name=_method')],
  [MULTIPART, part('name="\\_method"')],
  [MULTIPART, part("name*=utf-8''%5Fmethod")],
  [MULTIPART, `--b\r\n\r\nx\r\n${part('name="_method"')}`],
  [MULTIPART, part('name="_method"').replaceAll('\r', '')],
  [MULTIPART, `${part('name="a"')}${part('name="_method"')}`],
  ['application/json', '{"a":{"b":[1]},"_method":"DELETE"}'],
  ['application/json', '{"\\u005fmethod" : "DELETE"}'],
  ['application/vnd.api+json', '{"_method":"DELETE"}'],
];

test.each(BODIES)(
  'a body of %s, %j: 400, and the upstream runs nothing [T139]',
  async (type, body) => {
    const { send, ran } = await start();
    const headers = type === undefined ? [] : [['Content-Type', type] as const];
    const request = { method: 'POST', target: '/mcp/notes', headers, body };
    expect(await send(request)).toBe(400);
    expect(ran).toEqual([]);
    const open = await start({ methodOverride: 'pass' });
    expect([await open.send(request), open.ran]).toEqual([200, ['DELETE /mcp/notes']]);
  },
);

describe('a body that comes in chunks', () => {
  test.each(BODIES.slice(0, 1).concat(BODIES.slice(13, 14)))(
    '%s, %j: 400 [T139]',
    async (type, body) => {
      const { send, ran } = await start();
      const chunked = Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('');
      const status = await send({
        ...{ method: 'POST', target: '/mcp/notes', body: `${chunked}0\r\n\r\n` },
        headers: [
          ['Content-Type', String(type)],
          ['Transfer-Encoding', 'chunked'],
        ],
      });
      expect([status, ran]).toEqual([400, []]);
    },
  );

  test('without its type, which `Connection` names, or in a coding: 400 [T139]', async () => {
    const { send, ran } = await start();
    const form = ['Content-Type', FORM] as const;
    const request = { method: 'POST', target: '/mcp/notes', body: '_method=DELETE' };
    const hidden = [form, ['Connection', 'content-type, close'] as const];
    expect(await send({ ...request, headers: hidden })).toBe(400);
    expect(await send({ ...request, headers: [form, ['Content-Encoding', 'gzip']] })).toBe(400);
    expect(ran).toEqual([]);
  });
});

describe('a message that the gate read', () => {
  const post = async (more: string, options: NotesOptions = {}): Promise<readonly unknown[]> => {
    const { send, ran } = await start(options, gateFor());
    const body = `{"jsonrpc":"2.0","id":1,"method":"ping"${more}}`;
    const headers = [['Content-Type', 'application/json']] as const;
    return [await send({ method: 'POST', target: '/mcp', headers, body }), ran.length];
  };

  test.each([
    ',"_method":"DELETE"',
    ',"\\u005fmethod" : "DELETE"',
    ',"_METHOD":["DELETE"]',
    ',"X-HTTP-Method-Override":"DELETE"',
  ])('%s at its top: 400, and the upstream runs nothing [T139]', async (member) => {
    expect(await post(member)).toEqual([400, 0]);
    expect(await post(member, { methodOverride: 'pass' })).toEqual([200, 1]);
  });

  test('`_method` below its top passes', async () => {
    expect(await post(',"params":{"_method":"DELETE"}')).toEqual([200, 1]);
  });
});

test.each([
  [FORM, 'a=_method&b=1'],
  [FORM, 'method=DELETE&x_method=1'],
  [MULTIPART, part('name="method"; filename="x"')],
  [MULTIPART, part('name="a"').replace('DELETE', 'an _method; name="_method"')],
  ['application/json', '{"a":{"_method":"DELETE"},"b":"_method"}'],
  ['application/json', '["_method","x"]'],
  ['text/plain', '_method=DELETE'],
])('a body of %s, %j passes', async (type, body) => {
  const { send, ran } = await start();
  const headers = [['Content-Type', type]] as const;
  expect(await send({ method: 'POST', target: '/mcp/notes', headers, body })).toBe(200);
  expect(ran).toEqual(['POST /mcp/notes']);
});

test.each([
  '?_method=DELETE',
  '?a=1&_method=DELETE',
  '?%5fmethod=DELETE',
  '?.method=DELETE',
  '?+_method=DELETE',
  '?a;_method=DELETE',
  '?X-HTTP-Method-Override=DELETE',
])('%s: 400 over a path policy and over MCP [T139]', async (query) => {
  const { send, ran } = await start();
  expect(await send({ method: 'POST', target: `/mcp/notes${query}`, body: '' })).toBe(400);
  const mcp = await start({}, gateFor());
  const status = await mcp.send({
    ...{ method: 'POST', target: `/mcp${query}` },
    headers: [['Content-Type', 'application/json']],
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  });
  expect([status, ran, mcp.ran]).toEqual([400, [], []]);
});

test('with one rule for all methods, bodies are not searched', async () => {
  const { send, ran } = await start({ rule: 'notes:read' });
  const target = '/mcp/notes?_method=DELETE';
  expect(await send({ method: 'POST', target, body: '' })).toBe(200);
  const asked = await start({
    rule: ({ request }) => (request.method === 'POST' ? 'notes:read' : 'admin:notes'),
  });
  expect(await asked.send({ method: 'POST', target, body: '' })).toBe(400);
  expect([ran, asked.ran]).toEqual([['DELETE /mcp/notes'], []]);
});

test.each([
  'X-HTTP-Method-Override',
  'X-Http-Method',
  'X-Method-Override',
  'X_HTTP_Method_Override',
  'X-HTTP_METHOD-Override',
  'X.HTTP.Method.Override',
  "X'HTTP'Method'Override",
])('%s does not reach the upstream [T139, T195]', async (name) => {
  const { send, ran } = await start();
  const headers = [[name, 'DELETE']] as const;
  expect(await send({ method: 'POST', target: '/mcp/notes', headers, body: '' })).toBe(200);
  expect(ran).toEqual(['POST /mcp/notes']);
});

test.each(['X-Original-URL', 'X-Rewrite-URL', 'X_Original_URL'])(
  '%s does not reach the upstream [T139]',
  async (name) => {
    const { send, ran } = await start();
    const headers = [[name, '/mcp/admin']] as const;
    expect(await send({ method: 'POST', target: '/mcp/notes', headers, body: '' })).toBe(200);
    expect(ran).toEqual(['POST /mcp/notes']);
  },
);

describe('paths', () => {
  const DOTS = ['.', '..', '%2e', '%2e%2e', '.%2e', '%252e%252e', '%25252e%25252e'];
  const ENDS = ['', ';', ';x=1', '%3b', '%3bx', '%253b', '%20', '%09', '%00', '%5c', '%255c'];
  const all = DOTS.flatMap((dots) => ENDS.map((end) => dots + end));
  // These are gone before anything is evaluated: /open/admin is asked for.
  const segments = all.filter((segment) => segment !== '.' && segment !== '%2e');
  const OTHERS = [
    '%2f',
    '%252f',
    '%25252e%25252e%25',
    '%c0%ae%c0%ae',
    '%u002e%u002e',
    '%e0%80%ae',
    '%ff',
    '%0a',
    '%',
  ];

  test.each([...segments, ...OTHERS])(
    '/open/%s/admin: nothing but what was evaluated runs [T139]',
    async (segment) => {
      const { send, ran } = await start();
      const target = `/mcp/open/${segment}/admin`;
      const status = await send({ method: 'GET', target });
      // `..` by itself is gone, too: /admin was evaluated.
      expect([403, 404]).toContain(status);
      expect(ran).toEqual([]);
    },
  );

  test.each(['a%20b', '%D0%B6', 'a.b', '.well-known', '...a', 'a;b', '100%25', '%25x', 'C%23'])(
    '/open/%s passes',
    async (segment) => {
      const { send, ran } = await start();
      expect(await send({ method: 'GET', target: `/mcp/open/${segment}` })).toBe(200);
      expect(ran).toHaveLength(1);
    },
  );
});

describe('names in a body are found in chunks of every size', () => {
  test.each([
    ['form', FormNames, 'a=b&_method=DELETE'],
    ['JSON', JsonNames, '{"a":"\\"_","b":[{"_method":1}],"_meth\\u006fd" : 1}'],
    ['multipart', PartNames, part('name="a"') + part('name="_method"')],
    [
      'multipart with a break of either kind',
      PartNames,
      part('name="_method"').replaceAll('\r', ''),
    ],
  ] as const)('%s [T139]', (_what, Names, body) => {
    for (let size = 1; size <= body.length; size++) {
      const names = new Names(isMethodParameter);
      let found = false;
      for (let i = 0; i < body.length && !found; i += size)
        found = names.push(body.slice(i, i + size));
      expect(found || names.end(), `in parts of ${size}`).toBe(true);
    }
  });

  test.each([
    ['form, its name at the end', FormNames, 'a=b&_method'],
    [
      'multipart, its headers at the end',
      PartNames,
      '\nContent-Disposition: form-data; name=_method',
    ],
    ['multipart, headers without end', PartNames, `\nContent-Disposition: x; ${'y'.repeat(5000)}`],
    ['multipart, a name in pieces', PartNames, part('name*0="_me"; name*1="thod"')],
    ['multipart, an encoded word', PartNames, part('name="=?utf-8?B?X21ldGhvZA==?="')],
    ['multipart, named by its ID', PartNames, '--b\r\nContent-ID: <_method>\r\n\r\nDELETE'],
    ['multipart, folded', PartNames, part('\r\n name="_method"')],
  ] as const)('%s [T139]', (_what, Names, body) => {
    const names = new Names(isMethodParameter);
    expect(names.push(body) || names.end()).toBe(true);
  });
});
