/** Headers that other middleware changed, and requests that no socket made. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { exchange } from '../../../adapter-testkit/src/wire/raw-http.js';
import { publicAccess } from '../../src/index.js';
import type { HeaderList } from '../../src/index.js';
import { fromNodeRequest } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';
import { notesGate } from '../../../adapter-testkit/src/gates.js';
import { verifier } from '../../../adapter-testkit/src/tokens.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
});

type Change = (req: IncomingMessage) => void;

const set =
  (name: string, value: unknown): Change =>
  (req) =>
    void Object.assign(req.headers, { [name]: value });
const remove =
  (name: string): Change =>
  (req) =>
    void delete req.headers[name];

/** What the gate reads of a field after middleware, and all lines of that field afterwards. */
async function seen(name: string, lines: HeaderList, change: Change): Promise<unknown[]> {
  const server = createServer((req, res) => {
    change(req);
    const first = fromNodeRequest(req).gateRequest.headers.get(name);
    const again = fromNodeRequest(req).gateRequest.headers.get(name);
    const raw = req.rawHeaders.filter((_, i, all) => all[i - (i % 2)]?.toLowerCase() === name);
    res.end(JSON.stringify([first, again === first, raw.filter((_, i) => i % 2 === 1)]));
  });
  servers.push(server);
  return JSON.parse((await exchange(await listen(server), { headers: lines })).body) as unknown[];
}

describe('a header that middleware changed is what the gate evaluates, in both lists [AH-18, T140]', () => {
  const one: HeaderList = [['Authorization', 'Bearer a']];
  const first: HeaderList = [...one, ['Host', 'notes.example.com']];
  const two: HeaderList = [...one, ['authorization', 'Bearer b']];
  test.each<[string, string, HeaderList, Change, unknown, readonly string[]]>([
    ['as it came', 'authorization', one, () => {}, 'Bearer a', ['Bearer a']],
    ['set', 'authorization', [], set('authorization', 'Bearer c'), 'Bearer c', ['Bearer c']],
    ['replaced', 'authorization', one, set('authorization', 'Bearer c'), 'Bearer c', ['Bearer c']],
    ['deleted', 'authorization', one, remove('authorization'), null, []],
    ['set to undefined', 'authorization', one, set('authorization', undefined), null, []],
    ['set to null', 'authorization', one, set('authorization', null), null, []],
    ['deleted, as the first of all', 'authorization', first, remove('authorization'), null, []],
    [
      ...(['deleted, beside one called undefined', 'authorization'] as const),
      ...([[...one, ['Undefined', 'Bearer d']], remove('authorization'), null, []] as const),
    ],
    // Code behind the gate looks for it in lower case.
    ['set in upper case', 'authorization', [], set('Authorization', 'Bearer c'), null, []],
    [
      ...(['set in upper case beside one', 'authorization', one] as const),
      ...([set('Authorization', 'Bearer c'), 'Bearer a', ['Bearer a']] as const),
    ],
    [
      ...(['replaced, and set in upper case', 'authorization', one] as const),
      (req) => Object.assign(req.headers, { Authorization: 'x', authorization: 'Bearer c' }),
      ...(['Bearer c', ['Bearer c']] as const),
    ],
    [
      ...(['set in two other cases instead', 'authorization', one] as const),
      (req) => {
        delete req.headers.authorization;
        Object.assign(req.headers, { Authorization: 'Bearer b', AUTHORIZATION: 'Bearer c' });
      },
      ...([',', ['Bearer a']] as const),
    ],
    ['a length that did not come', 'content-length', [], set('content-length', '2'), '2', ['2']],
    ['a list', 'authorization', one, set('authorization', ['Bearer a']), ',', ['Bearer a']],
    ['an object', 'authorization', [], set('authorization', {}), ',', []],
    ['a number', 'x-count', [], set('x-count', 7), '7', ['7']],
    // Two lines are two, whatever other middleware made of them.
    ['two', 'authorization', two, () => {}, 'Bearer a, Bearer b', ['Bearer a', 'Bearer b']],
    [
      ...(['two, one set', 'authorization', two, set('authorization', 'Bearer c')] as const),
      ...(['Bearer a, Bearer b', ['Bearer a', 'Bearer b']] as const),
    ],
    [
      ...(['two, deleted', 'authorization', two, remove('authorization')] as const),
      ...(['Bearer a, Bearer b', ['Bearer a', 'Bearer b']] as const),
    ],
    // Lines of one value.
    [
      ...(['two', 'cookie', [['Cookie', 'a=1'] as const, ['Cookie', 'b=2'] as const]] as const),
      ...([() => {}, 'a=1; b=2', ['a=1', 'b=2']] as const),
    ],
    [
      ...(['two, deleted', 'content-encoding'] as const),
      [
        ['Content-Encoding', 'gzip'],
        ['Content-Encoding', 'br'],
      ],
      ...([remove('content-encoding'), null, []] as const),
    ],
  ])('%s: %s', async (_what, name, lines, change, value, raw) => {
    expect(await seen(name, lines, change)).toEqual([value, true, raw]);
  });

  test.each([
    ['deleted', remove('content-length')],
    ['set to 0', set('content-length', '0')],
  ])('but a length that is %s hides no body [T31, T140]', async (_what, change) => {
    const server = createServer((req, res) => {
      change(req);
      const { readBody, headers } = fromNodeRequest(req).gateRequest;
      res.end(JSON.stringify([readBody !== undefined, headers.get('content-length')]));
    });
    servers.push(server);
    const answer = await exchange(await listen(server), { method: 'GET', body: 'x' });
    expect(JSON.parse(answer.body)).toEqual([true, '1']);
  });

  test.each([
    ['replaced', set('authorization', 'Bearer c'), ['authorization', 'Bearer c']],
    ['deleted', remove('authorization'), []],
  ])('where it is %s, the other lines stay as they came [AH-18]', (_what, change, added) => {
    const others = ['Host', 'notes.example.com', 'X-Authorization', 'Bearer x', 'Accept', '*/*'];
    const rawHeaders = [...others.slice(0, 2), 'Authorization', 'Bearer a', ...others.slice(2)];
    const headers = { host: 'notes.example.com', authorization: 'Bearer a' };
    const req = { method: 'GET', url: '/', rawHeaders, headers } as unknown as IncomingMessage;
    change(req);
    fromNodeRequest(req).gateRequest.headers.get('authorization');
    expect(req.rawHeaders).toEqual([...others, ...added]);
  });

  test('a name at the end of the list, without a value, is no line', () => {
    const req = { method: 'GET', url: '/', rawHeaders: ['Authorization'], headers: {} } as unknown;
    const { headers } = fromNodeRequest(req as IncomingMessage).gateRequest;
    expect(headers.get('authorization')).toBeNull();
  });

  test('a header of a prototype is none [T16, T140]', () => {
    const headers = Object.create({ authorization: 'Bearer x' }) as object;
    const req = { method: 'GET', url: '/', rawHeaders: [], headers } as unknown as IncomingMessage;
    expect(fromNodeRequest(req).gateRequest.headers.get('authorization')).toBeNull();
  });
});

describe('without a list of the wire the headers count [AH-18, T141]', () => {
  const gate = notesGate(verifier, { allowedOrigins: ['https://app.example.com'] });
  const token = { authorization: 'Bearer reader' };
  const evil = { origin: 'https://evil.example' };
  test.each<[string, object | undefined, string[] | undefined, number]>([
    ['no list: no token', {}, undefined, 401],
    ['no list: a token', token, undefined, 200],
    ['an empty list: a token', token, [], 200],
    ['an empty list: a foreign origin', { ...token, ...evil }, [], 403],
    ['no list: a foreign origin', { ...token, ...evil }, undefined, 403],
    ['an empty list: a foreign origin, in upper case', { ...token, Origin: evil.origin }, [], 403],
    ['no list: a foreign origin, in upper case', { ...token, Origin: evil.origin }, undefined, 403],
    [
      'no list: two origins',
      { ...token, Origin: 'https://app.example.com', ...evil },
      undefined,
      403,
    ],
    ['an empty list: two tokens', { authorization: ['Bearer reader', 'Bearer b'] }, [], 400],
    ['an empty list: a list of one', { authorization: ['Bearer reader'] }, [], 400],
    ['headers in the list alone', {}, ['Authorization', 'Bearer reader'], 200],
    // A header that cannot be read is never absent.
    ['nothing at all', undefined, undefined, 400],
    ['nothing at all, an empty list', undefined, [], 400],
  ])('%s: %i', async (_what, headers, rawHeaders, status) => {
    const req = { method: 'GET', url: '/export', headers, rawHeaders } as unknown;
    const { gateRequest } = fromNodeRequest(req as IncomingMessage);
    for (let i = 0; i < 2; i++) {
      const decision = await gate.check(gateRequest, 'notes:read');
      expect(decision.allowed ? 200 : decision.status).toBe(status);
    }
  });

  test.each([{ header: 'X-Token' }, { cookie: 'session' }])(
    'a list that Node cut off is refused, wherever the token is: %o [T31, T71]',
    async (tokenFrom) => {
      const elsewhere = notesGate(verifier, { tokenFrom });
      const rawHeaders = Array.from({ length: 1000 }, () => ['a', '']).flat();
      const req = { method: 'GET', url: '/', headers: { a: '' }, rawHeaders } as unknown;
      const { gateRequest } = fromNodeRequest(req as IncomingMessage);
      expect(await elsewhere.check(gateRequest, publicAccess())).toMatchObject({ status: 400 });
    },
  );

  test('the list is filled, for code that reads the wire [AH-18]', () => {
    const headers = {
      ...{ accept: 'text/html', 'x-many': ['a', 'b'], none: undefined },
      ...{ 'content-length': 7, 'x-object': { a: 1 } },
    };
    const req = { method: 'GET', url: '/', headers } as unknown as IncomingMessage;
    fromNodeRequest(req).gateRequest.headers.get('origin');
    expect(req.rawHeaders).toEqual([
      ...['accept', 'text/html', 'x-many', 'a', 'x-many', 'b'],
      ...['content-length', '7', 'x-object', '{"a":1}'],
    ]);
  });

  test('the error names what is missing', () => {
    const { headers } = fromNodeRequest({ method: 'GET', url: '/' } as IncomingMessage).gateRequest;
    expect(() => headers.get('origin')).toThrow('the request shows no headers');
  });
});
