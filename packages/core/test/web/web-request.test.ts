import { describe, expect, test } from 'vitest';
import { fromWebRequest, replayRequest, replyOver } from '../../src/adapter.js';
import type { BodyLimits } from '../../src/index.js';
import { RESOURCE, callTool, notesGate } from '../support/mcp.js';

const gate = notesGate({}, { bodyLimit: 1000, bodyTimeout: 50 });
const headers = { authorization: 'Bearer notes.read', 'content-type': 'application/json' };

function post(body: BodyInit, more: Readonly<Record<string, string>> = {}): Request {
  const init = { method: 'POST', headers: { ...headers, ...more }, body, duplex: 'half' };
  return new Request(RESOURCE, init as RequestInit);
}

/** A body that comes in these pieces and then ends, stalls or breaks. */
function stream(pieces: readonly string[], end: 'close' | 'error' | 'stall'): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      if (end === 'close') controller.close();
      if (end === 'error') controller.error(new Error('gone'));
    },
  });
}

describe('a body as a stream', () => {
  const message = JSON.stringify(callTool('read_notes'));

  test.each([
    ['in pieces', stream([message.slice(0, 9), message.slice(9)], 'close'), {}, undefined],
    ['that stalls', stream([message.slice(0, 9)], 'stall'), {}, 408],
    ['that breaks', stream([message.slice(0, 9)], 'error'), {}, 400],
    ['that grows', stream(['x'.repeat(600), 'x'.repeat(600)], 'stall'), {}, 413],
    ['that announces too much', stream([], 'stall'), { 'content-length': '1001' }, 413],
    ['that announces nothing, but comes', stream(['{'], 'close'), { 'content-length': '0' }, 400],
  ])('%s [T25, T29]', async (_what, body, more, status) => {
    const decision = await gate.check(post(body, more));
    expect(decision).toMatchObject(status === undefined ? { allowed: true } : { status });
  });

  test('that is longer than announced, as middleware that inflates makes them, is stopped at the limit [T29]', async () => {
    let left = 1000;
    let wasCancelled = false;
    const inflated = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(600));
        if (--left === 0) controller.close();
      },
      cancel: () => void (wasCancelled = true),
    });
    const decision = await gate.check(post(inflated, { 'content-length': '10' }));
    expect(decision).toMatchObject({ status: 413 });
    expect(wasCancelled).toBe(true);
    expect(left).toBeGreaterThan(990);
  });

  test('of a request that is refused unread is not read [T29]', async () => {
    for (const [request, status] of [
      [post('{}', { authorization: 'Bearer bad' }), 401],
      [post('{}', { 'content-length': '1001' }), 413],
    ] as const) {
      Object.defineProperty(request, 'body', {
        get() {
          throw new Error('looked at');
        },
      });
      expect(await gate.check(request)).toMatchObject({ status });
    }
  });

  test('that was already read is refused [T25]', async () => {
    const request = post(message);
    await request.text();
    expect(await gate.check(request)).toMatchObject({ status: 400, reason: 'invalid_body' });
    const kept = post(message);
    const text = await kept.text();
    const view = fromWebRequest(kept, async () => text);
    expect(await gate.check(view.gateRequest)).toMatchObject({ allowed: true });
    expect(await replayRequest(kept, view).text()).toBe(text);
  });
});

describe('what shows that there is a body', () => {
  const viewOf = (method: string, more: RequestInit = {}) =>
    fromWebRequest(new Request(RESOURCE, { method, ...more })).gateRequest;

  test.each(['GET', 'HEAD'])('%s has none, whatever it announces', (method) => {
    expect(viewOf(method, { headers: { 'content-length': '5' } }).readBody).toBeUndefined();
  });

  test.each(['POST', 'DELETE'])('%s may have none', (method) => {
    expect(viewOf(method).readBody).toBeUndefined();
    expect(viewOf(method, { headers: { 'content-length': '0' } }).readBody).toBeUndefined();
    expect(viewOf(method, { body: 'x' }).readBody).toBeTypeOf('function');
    expect(viewOf(method, { headers: { 'content-length': '5' } }).readBody).toBeTypeOf('function');
  });
});

describe('what the view of a body returns', () => {
  const limits = (maxBytes: number): BodyLimits => ({
    ...{ maxBytes, signal: new AbortController().signal, onEnd: () => undefined },
  });
  const read = (request: Request, maxBytes: number, reread?: () => Promise<string>) =>
    fromWebRequest(request, reread).gateRequest.readBody?.(limits(maxBytes));
  const announced = { 'content-length': '5' };

  test.each<[string, Request, number, boolean]>([
    ['as long as the limit', post('12345', announced), 5, false],
    ['announced longer', post('12345', announced), 4, true],
    ['unannounced, as long as the limit', post(stream(['123', '45'], 'close')), 5, false],
    ['unannounced, longer', post(stream(['123', '45'], 'close')), 4, true],
  ])('%s', async (_what, request, maxBytes, tooLarge) => {
    const bytes = new TextEncoder().encode('12345');
    const whole = { bytes, contentType: 'application/json', contentEncoding: null };
    expect(await read(request, maxBytes)).toEqual(tooLarge ? { tooLarge: true } : whole);
  });

  test('what a framework kept counts by itself, whatever the client announced', async () => {
    const request = post('12345', { 'content-length': '99', 'content-encoding': 'x' });
    await request.text();
    expect(await read(request, 5, async () => '123')).toEqual({
      bytes: '123',
      contentType: 'application/json',
      contentEncoding: 'x',
    });
  });

  test('a target that names a user is an error that says so', async () => {
    const request = post('1');
    Object.defineProperty(request, 'url', { value: 'http://x@notes.example.com/' });
    await expect(read(request, 5)).rejects.toThrow('the target names a user');
  });
});

describe('replyOver', () => {
  const begun = new Headers({
    'content-type': 'text/csv',
    'content-length': '9',
    'content-encoding': 'gzip',
    etag: '"x"',
    vary: 'Origin',
    'x-request-id': '7',
    'content-security-policy': "default-src 'none'",
  });

  test('keeps the headers of others, but not those of their content [T43, T49]', async () => {
    const reply = { status: 403, headers: [['Vary', 'Authorization']], body: 'no' } as const;
    const response = replyOver(begun, reply);
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/plain;charset=UTF-8',
      'content-security-policy': "default-src 'none'",
      vary: 'Origin, Authorization',
      'x-request-id': '7',
    });
    expect(await response.text()).toBe('no');
    expect(begun.get('etag')).toBe('"x"');
  });

  test('a status without content has no body', () => {
    expect(replyOver(begun, { status: 204, headers: [], body: '' }).body).toBeNull();
  });
});

describe('a request whose members throw on reading is the caller’s fault', () => {
  const PARTS = ['url', 'headers', 'body', 'bodyUsed', 'arrayBuffer'] as const;
  const message = JSON.stringify(callTool('read_notes'));
  const withoutLength = (): Request => post(stream([message], 'close'));
  const withLength = (): Request =>
    // As a server makes it, whose requests have a prototype of no class.
    Object.setPrototypeOf(
      post(message, { 'content-length': String(message.length) }),
      Object.create(Request.prototype, {
        bodyUsed: { value: false },
        headers: { value: new Headers({ ...headers, 'content-length': String(message.length) }) },
        method: { value: 'POST' },
        url: { value: RESOURCE },
        arrayBuffer: { value: async () => new TextEncoder().encode(message) },
      }) as object,
    ) as Request;

  test('the body of a server’s own request is read at once if its length is known', async () => {
    const request = withLength();
    let wasRead = false;
    Object.defineProperty(request, 'body', { get: () => void (wasRead = true) });
    expect(await gate.check(request)).toMatchObject({ allowed: true });
    expect(wasRead).toBe(false);
  });

  test.each<[string, object]>([
    ['of unknown length', Request.prototype],
    ['of an object that only looks like a request', Object.prototype],
  ])('the body %s is read as a stream, up to the limit', async (_what, base) => {
    const isReal = base === Request.prototype;
    const more = isReal ? {} : { 'content-length': '10' };
    const { body } = post(stream(['x'.repeat(600), 'x'.repeat(600)], 'stall'));
    const members = {
      ...{ bodyUsed: false, method: 'POST', url: RESOURCE, body },
      headers: new Headers({ ...headers, ...more }),
      arrayBuffer: () => expect.fail('no limit'),
    };
    const kind = Object.create(base, Object.getOwnPropertyDescriptors(members)) as object;
    expect(await gate.check(Object.create(kind) as Request)).toMatchObject({ status: 413 });
  });

  test.each(PARTS)('%s: never a 5xx, and never allowed [T29, OP-3]', async (part) => {
    for (const make of [withoutLength, withLength]) {
      const request = make();
      let wasRead = false;
      Object.defineProperty(request, part, {
        get() {
          wasRead = true;
          throw new TypeError('cannot be read');
        },
      });
      const decision = await gate.check(fromWebRequest(request).gateRequest);
      if (wasRead) expect(decision).toMatchObject({ allowed: false, status: 400 });
      else expect(decision.allowed).toBe(true);
      if (!decision.allowed)
        expect(decision.headers.map(([name]) => name)).not.toContain('WWW-Authenticate');
    }
  });

  test.each([
    'http://x@notes.example.com/mcp',
    'https://x:y@notes.example.com/mcp',
    'http://@/mcp',
  ])('the target %s, of which no Request can be made to hand on [T29]', async (url) => {
    const request = post(message);
    Object.defineProperty(request, 'url', { value: url });
    expect(await gate.check(fromWebRequest(request).gateRequest)).toMatchObject({ status: 400 });
  });

  test.each([
    'https://notes.example.com/a://b@c',
    'https://notes.example.com/mcp?a=x@y',
    'https://notes.example.com/@x',
    '/mcp//a@b',
  ])('the target %s names no user', async (url) => {
    const request = post(message);
    Object.defineProperty(request, 'url', { value: url });
    expect(await gate.check(fromWebRequest(request).gateRequest)).toMatchObject({
      allowed: true,
    });
  });
});
