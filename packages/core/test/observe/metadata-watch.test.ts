import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGate } from '../../src/index.js';
import { fromWebRequest } from '../../src/adapter.js';
import type { Gate, GateOptions, GateWarning } from '../../src/index.js';

const RESOURCE = 'https://notes.example.com/mcp';
const METADATA = 'https://notes.example.com/.well-known/oauth-protected-resource/mcp';
let now = 1_800_000_000_000;
const told: GateWarning[] = [];

function gateWith(options: Partial<GateOptions> = {}): Gate {
  return createGate({
    resource: RESOURCE,
    authorizationServers: ['https://idp.example.com'],
    verifier: (token) => (token === 'good' ? { scopes: ['a'] } : undefined),
    scopes: ['a', 'b'],
    clock: () => now,
    onWarning: (warning) => void told.push(warning),
    ...options,
  });
}

/** Asks without a token, now and after so many seconds. */
async function ask(gate: Gate, seconds: number, token?: string): Promise<void> {
  const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
  await gate.check(new Request(RESOURCE, { headers }), 'b');
  now += seconds * 1000;
}

const respond = (gate: Gate, url: string): unknown =>
  gate.metadata.respond(fromWebRequest(new Request(url)).gateRequest);

afterEach(() => {
  told.length = 0;
});

describe('the warning about unseen metadata', () => {
  test('never mounted: one warning, with the address and what to do', async () => {
    const gate = gateWith();
    for (const seconds of [0, 5, 5, 500]) await ask(gate, seconds);
    expect(told).toEqual([
      {
        code: 'metadata_unseen',
        message: `callers are sent to ${METADATA}, and no request for it came: is resourceMetadata(gate) mounted at the root, and does the proxy pass it on?`,
      },
    ]);
  });

  test.each([
    ['once', [60]],
    ['several times at once', [0, 0, 4]],
  ])('not said when a token is missing %s', async (_when, pauses) => {
    const gate = gateWith();
    for (const seconds of pauses) await ask(gate, seconds);
    expect(told).toEqual([]);
  });

  test.each(['good', 'bad'])('no warning for a %s token', async (token) => {
    const gate = gateWith();
    for (const seconds of [60, 60, 60]) await ask(gate, seconds, token);
    expect(told).toEqual([]);
  });

  test('requested: no warning, ever', async () => {
    const gate = gateWith();
    await ask(gate, 2);
    expect(respond(gate, METADATA)).toMatchObject({ status: 200 });
    for (const seconds of [3600, 3600]) await ask(gate, seconds);
    expect(told).toEqual([]);
  });

  test('mounted, and not requested for ten minutes: a warning about the proxy', async () => {
    const gate = gateWith();
    expect(respond(gate, RESOURCE)).toBeUndefined();
    for (const seconds of [60, 539]) await ask(gate, seconds);
    await ask(gate, 1);
    expect(told).toEqual([]);
    await ask(gate, 0);
    expect(told).toMatchObject([{ code: 'metadata_unseen' }]);
  });

  test('no warning without an authorization server', async () => {
    const gate = gateWith({ authorizationServers: [] });
    for (const seconds of [60, 60, 60]) await ask(gate, seconds);
    expect(told).toEqual([]);
  });

  test('gate.fetch serves it, so there is no warning', async () => {
    const gate = gateWith();
    const handler = gate.fetch(() => new Response('done'), 'b');
    for (const _time of [1, 2, 3]) {
      expect((await handler(new Request(RESOURCE))).status).toBe(401);
      now += 60_000;
    }
    expect(told).toEqual([]);
  });

  test('the default writes to console.warn', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const gate = gateWith({ onWarning: undefined as never });
    for (const seconds of [60, 60, 60]) await ask(gate, seconds);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^createGate: callers are sent to/),
    );
    warn.mockRestore();
  });

  test('a hook or a clock that throws or rejects changes no answer', async () => {
    const hook = gateWith({
      onWarning: () => {
        throw new Error('boom');
      },
    });
    const clock = gateWith({
      clock: () => {
        throw new Error('boom');
      },
    });
    const later = gateWith({ onWarning: (() => Promise.reject(new Error('boom'))) as never });
    const lateClock = gateWith({ clock: (() => Promise.reject(new Error('boom'))) as never });
    for (const gate of [hook, clock, later, lateClock]) {
      for (const _time of [1, 2]) {
        const decision = await gate.check(new Request(RESOURCE), 'b');
        expect(decision).toMatchObject({ allowed: false, status: 401 });
        now += 60_000;
      }
    }
    expect(() => gateWith({ onWarning: 'no' as never })).toThrow('onWarning: expected a function');
  });
});
