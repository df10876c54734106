import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryRevocations } from '../../src/token/revocations/index.js';
import type { RevocableToken, Revocation } from '../../src/index.js';

const NOW = 1_800_000_000;

const token = (members: Partial<RevocableToken> & { iat?: unknown; jti?: unknown } = {}) => {
  const { iat = NOW - 100, jti = 'j', ...others } = members;
  return {
    ...{ issuer: 'https://idp.example.com', subject: 'ray', clientId: 'c' },
    bindingKey: '["https://idp.example.com","c","ray"]',
    claims: { iat, jti },
    ...others,
  };
};

function listAt(clock = { now: NOW }, options: { maxEntries?: number } = {}) {
  return memoryRevocations({ ...options, clock: () => clock.now * 1000 });
}

const until = NOW + 3600;

describe('which tokens a revocation fits', () => {
  test.each<readonly [fits: boolean, Revocation, Partial<RevocableToken> & { iat?: unknown }]>([
    [true, { subject: 'ray' }, {}],
    [false, { subject: 'ra' }, {}],
    [false, { subject: 'ray' }, { subject: undefined }],
    [true, { clientId: 'c' }, {}],
    [true, { jti: 'j' }, {}],
    [true, { bindingKey: '["https://idp.example.com","c","ray"]' }, {}],
    [false, { bindingKey: 'x' }, { bindingKey: undefined }],
    [true, { issuer: 'https://idp.example.com' }, {}],
    [true, { issuer: 'https://idp.example.com', subject: 'ray' }, {}],
    [false, { issuer: 'https://idp.example.com/', subject: 'ray' }, {}],
    [false, { subject: 'ray', clientId: 'd' }, {}],
    [true, { subject: 'ray', clientId: 'c', jti: 'j' }, {}],
    // An introspection answer without `iss`: the verifier knows the issuer.
    [true, { issuer: 'https://idp.example.com', subject: 'ray' }, { issuer: undefined }],
    [false, { issuer: 'https://other.example.com', subject: 'ray' }, { issuer: undefined }],
    [false, { issuer: 'x' }, { issuer: undefined, bindingKey: undefined }],
    [false, { issuer: 'x' }, { issuer: undefined, bindingKey: 'no JSON' }],
    [true, { issuedBefore: NOW }, {}],
    [true, { subject: 'ray', issuedBefore: NOW }, { iat: NOW - 1 }],
    [false, { subject: 'ray', issuedBefore: NOW }, { iat: NOW }],
    [false, { issuedBefore: 0 }, { iat: 0 }],
    // A token that does not say when it was issued, or not in seconds, may have been issued before.
    [true, { subject: 'ray', issuedBefore: NOW }, { claims: {} }],
    [true, { subject: 'ray', issuedBefore: NOW }, { iat: `${NOW + 5}` }],
    [true, { subject: 'ray', issuedBefore: NOW }, { iat: (NOW + 5) * 1000 }],
    [true, { subject: 'ray', issuedBefore: NOW }, { iat: NaN }],
    [false, { jti: '1' }, { claims: { jti: 1 } }],
    // The same text over other members is another revocation.
    [false, { subject: 'c', clientId: 'ray' }, {}],
    [false, { issuer: 'a1:b', subject: 'c' }, { issuer: 'a', subject: 'b1:c' }],
  ])('%s: %o, %o', (isRevoked, revocation, members) => {
    const list = listAt();
    void list.revoke(revocation, { until });
    expect(list.isRevoked(token(members))).toBe(isRevoked);
  });

  test('members of a polluted prototype do not count', () => {
    const all: object = Object.prototype;
    Object.defineProperty(all, 'jti', { value: 'j', configurable: true });
    try {
      const list = listAt();
      void list.revoke({ jti: 'j' }, { until });
      expect(list.isRevoked(token({ claims: {} }))).toBe(false);
      // A narrower revocation would let tokens pass that are revoked.
      void list.revoke({ subject: 'ray' }, { until });
      expect(list.isRevoked(token({ claims: {} }))).toBe(true);
      expect(() => void list.revoke({}, { until })).toThrow('revoke: expected at least one member');
    } finally {
      delete (all as { jti?: unknown }).jti;
    }
  });

  test('as a comparison with each revocation would say', () => {
    const text = fc.constantFrom('a', 'b', 'c', '1:a');
    const revocation = fc.record(
      {
        ...{ issuer: text, subject: text, clientId: text, jti: text, bindingKey: text },
        issuedBefore: fc.integer({ min: NOW - 3, max: NOW + 3 }),
      },
      { requiredKeys: [] },
    );
    const given = fc.record({
      revocation: revocation.filter((one) => Object.keys(one).length > 0),
      until: fc.integer({ min: NOW - 64, max: NOW + 4 }),
    });
    const tokens = fc.record({
      ...{ issuer: text, subject: text, clientId: text, bindingKey: text },
      claims: fc.record({ jti: text, iat: fc.integer({ min: NOW - 4, max: NOW + 4 }) }),
    });
    fc.assert(
      fc.property(
        fc.array(given),
        fc.array(tokens),
        fc.integer({ max: 70, min: 0 }),
        (all, some, later) => {
          const clock = { now: NOW };
          const list = listAt(clock);
          for (const one of all) void list.revoke(one.revocation, { until: one.until });
          clock.now += later;
          for (const one of some) {
            const expected = all.some(
              (other) => other.until + 60 > clock.now && fits(other.revocation, one),
            );
            expect(list.isRevoked(one)).toBe(expected);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** The naive comparison. */
function fits({ issuedBefore, ...names }: Revocation, one: RevocableToken): boolean {
  const { jti, iat } = one.claims as { jti: string; iat: number };
  const facts: Record<string, unknown> = { ...one, jti };
  return (
    Object.entries(names).every(([name, value]) => facts[name] === value) &&
    (issuedBefore === undefined || iat < issuedBefore)
  );
}

describe('how long a revocation holds', () => {
  test('60 seconds longer than told: a verifier may accept an expired token that long [T92]', () => {
    const clock = { now: NOW };
    const list = listAt(clock);
    void list.revoke({ jti: 'j' }, { until: NOW + 10 });
    clock.now = NOW + 69.9;
    expect(list.isRevoked(token())).toBe(true);
    clock.now = NOW + 70;
    expect(list.isRevoked(token())).toBe(false);
  });

  test('a shorter one does not end a longer one, in either order', () => {
    for (const ends of [
      [NOW + 10, NOW + 1000],
      [NOW + 1000, NOW + 10],
    ]) {
      const clock = { now: NOW };
      const list = listAt(clock);
      for (const end of ends) void list.revoke({ subject: 'ray' }, { until: end });
      clock.now = NOW + 500;
      expect(list.isRevoked(token())).toBe(true);
    }
  });

  test('of two that overlap, each holds as far as it goes', () => {
    const clock = { now: NOW };
    const list = listAt(clock);
    void list.revoke({ subject: 'ray' }, { until: NOW + 10 });
    void list.revoke({ subject: 'ray', issuedBefore: NOW - 50 }, { until: NOW + 1000 });
    expect(list.isRevoked(token({ iat: NOW }))).toBe(true);
    clock.now = NOW + 500;
    expect(list.isRevoked(token({ iat: NOW }))).toBe(false);
    expect(list.isRevoked(token({ iat: NOW - 60 }))).toBe(true);
  });
});

describe('bounds', () => {
  test('full: refused, and nothing is forgotten', () => {
    const list = listAt({ now: NOW }, { maxEntries: 3 });
    for (const jti of ['a', 'b', 'c']) void list.revoke({ jti }, { until });
    expect(() => void list.revoke({ jti: 'd' }, { until })).toThrow(RangeError);
    // What is known already needs no room, and neither does what takes the place of another.
    void list.revoke({ jti: 'a' }, { until });
    void list.revoke({ jti: 'a' }, { until: until + 1 });
    for (const jti of ['a', 'b', 'c']) expect(list.isRevoked(token({ jti }))).toBe(true);
    expect(list.isRevoked(token({ jti: 'd' }))).toBe(false);
  });

  test('those that ended give their room away', () => {
    const clock = { now: NOW };
    const list = listAt(clock, { maxEntries: 3 });
    for (const jti of ['a', 'b']) void list.revoke({ jti }, { until: NOW + 1 });
    void list.revoke({ subject: 'ray' }, { until });
    clock.now = NOW + 61;
    for (const jti of ['c', 'd']) void list.revoke({ jti }, { until });
    expect(() => void list.revoke({ jti: 'e' }, { until })).toThrow(/3 revocations/);
    expect(list.isRevoked(token())).toBe(true);
  });

  test('a user who logs out a hundred thousand times takes one place', () => {
    const list = listAt({ now: NOW }, { maxEntries: 2 });
    for (let time = 0; time < 100_000; time++) {
      void list.revoke({ subject: 'ray', issuedBefore: time }, { until: NOW + time });
    }
    void list.revoke({ subject: 'eve' }, { until });
    expect(list.isRevoked(token({ iat: 99_998 }))).toBe(true);
    expect(list.isRevoked(token({ iat: 99_999 }))).toBe(false);
  });
});

describe('refused at once, so that no revocation is one in name only', () => {
  test.each<readonly [message: string, revocation: unknown, end: unknown]>([
    ['revoke: expected at least one member', {}, until],
    ['revoke: expected at least one member', { subject: undefined }, until],
    ['revoke: expected an object', undefined, until],
    ['revoke.subject: expected a non-empty string', { subject: '' }, until],
    ['revoke.subject: expected a string', { subject: 5 }, until],
    ['revoke.sub: unknown option', { sub: 'ray' }, until],
    ['revoke.issuedBefore: expected', { issuedBefore: NOW * 1000 }, until],
    ['revoke.issuedBefore: expected', { issuedBefore: new Date() }, until],
    ['revoke.until: expected', { subject: 'ray' }, undefined],
    ['revoke.until: expected', { subject: 'ray' }, until * 1000],
    ['revoke.until: expected', { subject: 'ray' }, Infinity],
    ['revoke.until: expected', { subject: 'ray' }, NaN],
    ['revoke.until: expected', { subject: 'ray' }, `${until}`],
  ])('%s: %o', (message, revocation, end) => {
    const list = listAt();
    const revoke = (): unknown => list.revoke(revocation as never, { until: end } as never);
    expect(revoke).toThrow(TypeError);
    expect(revoke).toThrow(message);
  });

  test('no second argument', () => {
    const revoke = (): unknown => (listAt().revoke as (one: unknown) => unknown)({ jti: 'j' });
    expect(revoke).toThrow('revoke.until');
  });
});

describe('listeners', () => {
  test('hear of each new revocation once, until they are removed', () => {
    const list = listAt();
    const heard: Revocation[] = [];
    const listener = (one: Revocation): unknown => heard.push(one);
    const stop = list.onRevoked(listener);
    const stopSecond = list.onRevoked(listener);
    stopSecond();
    stopSecond();
    void list.revoke({ subject: 'ray' }, { until });
    void list.revoke({ subject: 'ray' }, { until });
    stop();
    void list.revoke({ subject: 'eve' }, { until });
    expect(heard).toEqual([{ subject: 'ray' }]);
    expect(Object.isFrozen(heard[0])).toBe(true);
  });

  test('one that throws changes nothing', () => {
    const list = listAt();
    list.onRevoked(() => {
      throw new Error('fault');
    });
    void list.revoke({ subject: 'ray' }, { until });
    expect(list.isRevoked(token())).toBe(true);
  });
});

test.each(['a', 0, 1.5, 1_000_001, null])('maxEntries %o is refused', (maxEntries) => {
  expect(() => memoryRevocations({ maxEntries } as never)).toThrow('memoryRevocations.maxEntries');
});
