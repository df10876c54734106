/** What an application gives to `dpop()` goes wrong in every way. The outcome is always a refusal. */
import { describe, expect, test } from 'vitest';
import type { ReplayStore } from '../../../src/token/dpop/index.js';
import { createKey, startDpop } from '../../support/dpop.js';

const key = createKey();

const FAULTS: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('fault');
  },
  'throws nothing': () => {
    // oxlint-disable-next-line no-throw-literal -- a fault that applications do produce
    throw undefined;
  },
  rejects: () => Promise.reject(new Error('fault')),
  hangs: () => new Promise(() => {}),
  'is slow': () => new Promise((resolve) => setTimeout(resolve, 300, 'stored')),
  'returns undefined': () => undefined,
  'returns null': () => null,
  'returns true': () => true,
  'returns OK': () => 'OK',
  'returns 1': () => 1,
  'returns {}': () => ({}),
  'returns a list': () => ['stored'],
  'returns a String': () => new String('stored'),
  'resolves to true': async () => true,
  'resolves to another text': async () => 'STORED',
  'returns a thenable that throws': () => ({
    // oxlint-disable-next-line unicorn/no-thenable -- a fault
    then() {
      throw new Error('fault');
    },
  }),
};

describe('a replay store that', () => {
  test.each(Object.entries(FAULTS))('%s: 503, and it is told [T90, T91]', async (_, fault) => {
    const service = startDpop({ replay: { insert: fault as ReplayStore['insert'] } });
    const decision = await service.send(key, service.token(key));
    expect(decision).toMatchObject({ allowed: false, status: 503 });
    expect(service.errors).toHaveLength(1);
  });

  test('fails: tokens that are not bound go on [T90]', async () => {
    const service = startDpop({ replay: { insert: () => Promise.reject(new Error('down')) } });
    service.tokens.set('plain', { scope: 'notes:read' });
    const sent = { authorization: 'Bearer plain' };
    expect(await service.send(key, 'plain', sent)).toMatchObject({ allowed: true });
  });
});

describe('a function for the URL that', () => {
  const { 'is slow': _slow, ...faults } = FAULTS;
  test.each(Object.entries(faults))('%s: refused [T04, T102]', async (_, fault) => {
    const service = startDpop({ url: fault as () => string });
    expect(await service.send(key, service.token(key))).toMatchObject({ allowed: false });
  });
});

test.each([
  [
    'throws',
    () => {
      throw new Error('fault');
    },
  ],
  ['returns NaN', () => Number.NaN],
  ['returns a text', () => '1790000000000'],
])('a clock that %s: refused [T92]', async (_, clock) => {
  const service = startDpop({}, { clock: clock as () => number });
  expect(await service.send(key, service.token(key))).toMatchObject({
    allowed: false,
    status: 503,
  });
});

test('headers that cannot be read: refused', async () => {
  const service = startDpop();
  const token = service.token(key);
  const get = (name: string): string | null => {
    if (name === 'dpop') throw new Error('fault');
    return name === 'authorization' ? `DPoP ${token}` : null;
  };
  const request = { method: 'POST', url: '/mcp', headers: { get } };
  expect(await service.gate.check(request, 'notes:read')).toMatchObject({ allowed: false });
});

test('a polluted prototype completes no proof, no key and no binding [T09]', async () => {
  const service = startDpop();
  const bound = service.token(key);
  const plain = service.token(key, { cnf: undefined });
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  const polluted: Record<string, unknown> = {
    ...{ typ: 'dpop+jwt', jti: 'j', htm: 'POST', htu: 'https://notes.example.com/mcp' },
    ...{ jwk: key.jwk, jkt: key.jkt, cnf: { jkt: key.jkt }, alg: 'ES256', nonce: 'n' },
  };
  const outcomes = [];
  for (const [name, value] of Object.entries(polluted)) {
    Object.defineProperty(prototype, name, { value, configurable: true });
    try {
      const part = { header: { [name]: undefined }, claims: { [name]: undefined } };
      // A member that is left out of what it belongs to; the others are not there anyway.
      if (['typ', 'jti', 'htm', 'htu', 'jwk', 'alg'].includes(name)) {
        outcomes.push(await service.send(key, bound, part));
      }
      outcomes.push(await service.send(key, plain));
    } finally {
      delete prototype[name];
    }
  }
  expect(outcomes.filter(({ allowed }) => allowed)).toEqual([]);
});
