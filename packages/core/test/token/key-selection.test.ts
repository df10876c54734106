/** Which keys a token is tried against, and what keys that cannot be used do to others. */
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { errors } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGate } from '../../src/index.js';
import type { Gate, GateOptions } from '../../src/index.js';
import { Turns } from '../../src/token/jwt/turns.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifierOptions, JwtWarning } from '../../src/token/jwt/index.js';
import { CLAIMS, ISSUER, base64url, ec, inputOf, rsa, signed } from '../support/signing.js';

const RESOURCE = 'https://notes.example.com/mcp';

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
type Members = Record<string, unknown>;

const pairs = (count: number, curve = 'P-256'): readonly Pair[] =>
  Array.from({ length: count }, () => ec(curve));
const jwkOf = ({ publicKey }: Pair, members: Members = {}): Members => ({
  ...publicKey.export({ format: 'jwk' }),
  ...members,
});
const KINDS = {
  ES256: { hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  ES512: { hash: 'sha512', options: { dsaEncoding: 'ieee-p1363' } },
  RS256: { hash: 'sha256', options: {} },
  EdDSA: { hash: null, options: {} },
} as const;

/** A token of its own each time; without `kid` unless the header has one. */
function tokenOf(keys: Pair, header: object = {}, alg: keyof typeof KINDS = 'ES256'): string {
  const input = inputOf(
    alg,
    { kid: undefined, ...header },
    { ...CLAIMS, jti: crypto.randomUUID() },
  );
  return `${input}.${base64url(signed({ ...KINDS[alg], keys }, input))}`;
}

function gateWith(
  keys: readonly Members[],
  options: Partial<JwtVerifierOptions> = {},
  gateOptions: Partial<GateOptions> = {},
): Gate {
  const jwks = { keys } as never;
  const verifier = jwtVerifier({ issuer: ISSUER, jwks, cache: false, ...options });
  return createGate({
    ...{ resource: RESOURCE, verifier, scopes: ['notes:read'] },
    onError: () => undefined,
    ...gateOptions,
  });
}

/** A gate that fetches the keys which are published when it asks. */
function publishing(
  keys: () => readonly Members[],
  options: Partial<JwtVerifierOptions> = {},
): Gate {
  return gateWith([], {
    ...{ jwks: 'https://idp.example.com/jwks', onWarning: () => undefined, ...options },
    fetch: async () => Response.json({ keys: keys() }),
  });
}

async function statusOf(token: string, gate: Gate): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
  return decision.allowed ? 200 : decision.status;
}

/** Counts real verifications: all of them, and the most at once. */
function watchVerifications(): { readonly all: () => number; readonly most: () => number } {
  const verify = crypto.subtle.verify.bind(crypto.subtle);
  let [all, now, most] = [0, 0, 0];
  vi.spyOn(crypto.subtle, 'verify').mockImplementation((...parameters) => {
    all += 1;
    now += 1;
    most = Math.max(most, now);
    return verify(...parameters).finally(() => {
      now -= 1;
    });
  });
  return { all: () => all, most: () => most };
}
const countVerifications = (): (() => number) => watchVerifications().all;
afterEach(() => vi.restoreAllMocks());

const [good, other] = pairs(2) as [Pair, Pair];
const xy = jwkOf(good) as { x: string; y: string };
const short = generateKeyPairSync('rsa', { modulusLength: 1024 });

/** Keys that fit a token by what they say of themselves, and can verify nothing. */
const UNUSABLE: readonly (readonly [
  what: string,
  alg: 'ES256' | 'RS256' | 'EdDSA',
  key: Members,
])[] = [
  ['key_ops of both halves', 'ES256', jwkOf(good, { key_ops: ['verify', 'sign'] })],
  ['key_ops said twice', 'ES256', jwkOf(good, { key_ops: ['verify', 'verify'] })],
  ['key_ops with something else', 'ES256', jwkOf(good, { key_ops: ['verify', 7] })],
  ['a point off its curve', 'ES256', jwkOf(good, { x: xy.y, y: xy.x })],
  ['a point of zeros', 'ES256', jwkOf(good, { x: 'A'.repeat(43), y: 'A'.repeat(43) })],
  ['a short coordinate', 'ES256', jwkOf(good, { x: 'AA' })],
  ['no coordinate', 'ES256', jwkOf(good, { x: undefined })],
  ['a coordinate that is a number', 'ES256', jwkOf(good, { y: 7 })],
  ['an ext that is none', 'ES256', jwkOf(good, { ext: 'yes' })],
  ['a member of another type', 'ES256', jwkOf(good, { oth: 1 })],
  ['RSA of 1024 bits', 'RS256', jwkOf(short)],
  ['RSA without a modulus', 'RS256', { kty: 'RSA', e: 'AQAB' }],
  ['RSA with a tiny modulus', 'RS256', { kty: 'RSA', n: 'AQAB', e: 'AQAB' }],
  ['Ed25519 too short', 'EdDSA', { kty: 'OKP', crv: 'Ed25519', x: 'AA' }],
  ['Ed25519 without its x', 'EdDSA', { kty: 'OKP', crv: 'Ed25519' }],
];

describe.each(UNUSABLE)('%s', (_what, alg, unusable) => {
  const ed = generateKeyPairSync('ed25519');
  const signer: Pair = { ES256: other, RS256: rsa, EdDSA: ed }[alg];
  const foreign: Pair = {
    ES256: good,
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    EdDSA: generateKeyPairSync('ed25519'),
  }[alg];

  test('beside a good key: tokens without a kid are verified with the good one [JW-8, T185]', async () => {
    for (const keys of [
      [{ ...unusable, kid: 'bad' }, jwkOf(signer)],
      [jwkOf(signer), unusable],
      [unusable, unusable, unusable, unusable, unusable, jwkOf(signer)],
    ]) {
      const gate = gateWith(keys, { onWarning: () => undefined });
      expect(await statusOf(tokenOf(signer, {}, alg), gate)).toBe(200);
      expect(await statusOf(tokenOf(foreign, {}, alg), gate)).toBe(401);
    }
  });

  test('alone, or named by the token: 401, and never a 503 [JW-8, T185]', async () => {
    const named = gateWith([{ ...unusable, kid: 'bad' }, jwkOf(signer, { kid: 'good' })], {
      onWarning: () => undefined,
    });
    for (let i = 0; i < 2; i++) {
      expect(await statusOf(tokenOf(foreign, { kid: 'bad' }, alg), named)).toBe(401);
      expect(await statusOf(tokenOf(signer, { kid: 'good' }, alg), named)).toBe(200);
    }
    const alone = gateWith([unusable], { onWarning: () => undefined });
    expect(await statusOf(tokenOf(foreign, {}, alg), alone)).toBe(401);
  });

  test('is reported once [T185]', async () => {
    const warnings: JwtWarning[] = [];
    const gate = gateWith([{ ...unusable, kid: 'bad\n' }, jwkOf(signer)], {
      onWarning: (warning) => warnings.push(warning),
    });
    for (let i = 0; i < 3; i++) expect(await statusOf(tokenOf(signer, {}, alg), gate)).toBe(200);
    expect(warnings).toMatchObject([{ code: 'key_unusable' }]);
    expect(warnings[0]?.message).toBe(
      `${ISSUER}: the key "bad\\n" cannot be used for ${alg} and is passed over`,
    );
  });

  test.each<readonly [kid: unknown]>([[undefined], [7]])(
    'is reported without an id, where its id is %j [T185]',
    async (kid) => {
      const warnings: JwtWarning[] = [];
      const onWarning = (warning: JwtWarning): void => void warnings.push(warning);
      const gate = gateWith([{ ...unusable, kid }, jwkOf(signer)], { onWarning });
      expect(await statusOf(tokenOf(signer, {}, alg), gate)).toBe(200);
      const message = `${ISSUER}: a key without an id cannot be used for ${alg} and is passed over`;
      expect(warnings).toEqual([{ code: 'key_unusable', message }]);
    },
  );
});

describe('a key that is meant for something else', () => {
  test.each<readonly [what: string, members: Members, warned: readonly string[]]>([
    ['another alg', { alg: 'ES384' }, ['no_usable_key']],
    ['encryption', { use: 'enc' }, ['no_usable_key']],
    ['signing only', { key_ops: ['sign'] }, ['no_usable_key']],
    ['a use that is none', { use: 7 }, ['no_usable_key']],
    ['another curve', { crv: 'P-384' }, []],
    ['a secret among its members', { d: 'AA' }, ['no_usable_key']],
    ['a shared secret among them', { k: 'AA' }, ['no_usable_key']],
    ['a secret of the newest kind among them', { priv: 'AA' }, ['no_usable_key']],
  ])(
    '%s: it verifies nothing, and costs no signature [JW-4, T60, T82]',
    async (_what, members, warned) => {
      const verifications = countVerifications();
      const warnings: JwtWarning[] = [];
      const gate = gateWith([jwkOf(good, { ...members, kid: 'k' })], {
        onWarning: (warning) => warnings.push(warning),
      });
      expect(await statusOf(tokenOf(good), gate)).toBe(401);
      expect(await statusOf(tokenOf(good, { kid: 'k' }), gate)).toBe(401);
      expect(verifications()).toBe(0);
      // Without any other key, nobody gets in, which is said once.
      expect(warnings.map(({ code }) => code)).toEqual(warned);
    },
  );

  test('is not worth a warning beside one that can be used [JW-4]', async () => {
    const onWarning = vi.fn<(warning: JwtWarning) => void>();
    const keys = [jwkOf(good, { use: 'enc', kid: 'k' }), jwkOf(other, { kid: 'l' })];
    const gate = gateWith(keys, { onWarning });
    expect(await statusOf(tokenOf(good, { kid: 'k' }), gate)).toBe(401);
    expect(await statusOf(tokenOf(good, { kid: 'm' }), gate)).toBe(401);
    expect(onWarning).not.toHaveBeenCalled();
  });

  test.each<readonly [what: string, keys: readonly Members[], alg: 'ES256' | 'RS256']>([
    ['nothing', [], 'ES256'],
    ['secrets alone', [{ kty: 'oct', k: 'c2VjcmV0', kid: 'k' }], 'ES256'],
    ['keys for other algorithms than the accepted one', [jwkOf(good, { kid: 'k' })], 'RS256'],
  ])(
    'in a set of %s: that is said once, whatever the tokens name [JW-8]',
    async (_what, keys, alg) => {
      const warnings: JwtWarning[] = [];
      const onWarning = (warning: JwtWarning): void => void warnings.push(warning);
      const gate = gateWith(keys, { algorithms: [alg], onWarning });
      for (const kid of ['k', undefined, 'l']) {
        const token = tokenOf(alg === 'RS256' ? rsa : good, { kid }, alg);
        expect(await statusOf(token, gate)).toBe(401);
      }
      const message = `${ISSUER}: no published key is a public one, for signatures and for an accepted algorithm, so every token is refused: see jwks and algorithms`;
      expect(warnings).toEqual([{ code: 'no_usable_key', message }]);
    },
  );

  test('use, alg and key_ops that allow verifying are accepted [JW-4]', async () => {
    const members = { use: 'sig', alg: 'ES256', key_ops: ['verify'], ext: true, kid: 'k' };
    const gate = gateWith([jwkOf(good, members)]);
    expect(await statusOf(tokenOf(good, { kid: 'k' }), gate)).toBe(200);
    expect(await statusOf(tokenOf(good), gate)).toBe(200);
  });
});

test('members that mean nothing for the type of a key are ignored [JW-4]', async () => {
  const keys: Pair = rsa;
  const gate = gateWith([jwkOf(keys, { crv: 'P-256', 'x-of-ours': 1 })]);
  expect(await statusOf(tokenOf(keys, {}, 'RS256'), gate)).toBe(200);
});

test('a document that is no JWKS, or too long, is refused in these words [T82]', async () => {
  const hundred = [...pairs(1), ...Array.from({ length: 99 }, () => good)];
  expect(await statusOf(tokenOf(good), gateWith(hundred.map((pair) => jwkOf(pair))))).toBe(200);
  const reported: unknown[] = [];
  for (const document of [{}, { keys: Array.from({ length: 101 }, () => ({})) }]) {
    const verifier = jwtVerifier({
      ...{ issuer: ISSUER, jwks: 'https://idp.example.com/jwks' },
      fetch: async () => Response.json(document),
    });
    const onError = (error: unknown): void => void reported.push(error);
    const options = { resource: RESOURCE, verifier, scopes: ['notes:read'], onError };
    expect(await statusOf(tokenOf(good), createGate(options))).toBe(503);
  }
  expect(reported.map((error) => /the JWKS.*/.exec(String(error))?.[0])).toEqual([
    'the JWKS has no list of keys',
    'the JWKS has more than 100 keys',
  ]);
});

test('the id of a post-quantum key is known, although no algorithm here uses it [JW-8]', async () => {
  let later = 0;
  const clock = (): number => Date.now() + later;
  const ofKind = { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' };
  const keys = [
    jwkOf(good, { kid: 'k' }),
    { ...ofKind, kid: 'pq' },
    { ...ofKind, kid: 'leaked', priv: 'AA' },
    { kty: 'of the future', kid: 'odd' },
  ];
  const gate = publishing(() => keys, { clock });
  expect(await statusOf(tokenOf(good, { kid: 'k' }), gate)).toBe(200);
  // A wrong signature uses the look up; after it, ids that are not known cannot be told from new ones.
  expect(await statusOf(tokenOf(other, { kid: 'k' }), gate)).toBe(401);
  later = 10_000;
  expect(await statusOf(tokenOf(other, { kid: 'pq' }), gate)).toBe(401);
  for (const kid of ['leaked', 'odd', 'new'])
    expect(await statusOf(tokenOf(other, { kid }), gate)).toBe(503);
});

describe('tokens without a kid', () => {
  const many = pairs(10);
  const keys = many.map((pair, index) => jwkOf(pair, { kid: `k${index}` }));

  test.each([1, 2, 4, 5, 10])(
    'a bad one, %i keys: four signatures at most [JW-8, T183]',
    async (n) => {
      const verifications = countVerifications();
      const warnings: JwtWarning[] = [];
      const gate = gateWith(keys.slice(0, n), { onWarning: (warning) => warnings.push(warning) });
      for (let i = 1; i <= 3; i++) {
        expect(await statusOf(tokenOf(other), gate)).toBe(401);
        expect(verifications()).toBe(i * Math.min(n, 4));
      }
      const message = `${ISSUER}: more than 4 keys may have signed a token that names none (kid); only 4 were tried`;
      expect(warnings).toEqual(n > 4 ? [{ code: 'keys_not_tried', message }] : []);
    },
  );

  test('keys that verified last are tried first [JW-8, T183]', async () => {
    const warnings: JwtWarning[] = [];
    const gate = gateWith(keys, { onWarning: (warning) => warnings.push(warning) });
    const last = many[9] as Pair;
    expect(await statusOf(tokenOf(last), gate)).toBe(401);
    expect(warnings).toMatchObject([{ code: 'keys_not_tried' }]);
    // A token that names its key says which one is in use.
    expect(await statusOf(tokenOf(last, { kid: 'k9' }), gate)).toBe(200);
    const verifications = countVerifications();
    expect(await statusOf(tokenOf(last), gate)).toBe(200);
    expect(verifications()).toBe(1);
    // Each of the four that verified last stays within reach, whatever order they came in.
    for (const index of [3, 7, 5]) {
      const token = tokenOf(many[index] as Pair, { kid: `k${index}` });
      expect(await statusOf(token, gate)).toBe(200);
    }
    for (const index of [9, 3, 7, 5, 9, 7]) {
      expect(await statusOf(tokenOf(many[index] as Pair), gate)).toBe(200);
    }
    expect(await statusOf(tokenOf(many[8] as Pair), gate)).toBe(401);
    expect(warnings.length).toBe(1);
  });

  test('also when the issuer publishes further keys [JW-8, T183, T185]', async () => {
    let published = keys;
    let later = 0;
    const clock = (): number => Date.now() + later;
    const gate = publishing(() => published, { clock });
    const last = many[9] as Pair;
    expect(await statusOf(tokenOf(last, { kid: 'k9' }), gate)).toBe(200);
    published = [...pairs(5).map((pair) => jwkOf(pair)), ...keys];
    later = 600_000;
    // `exp` is 600 s ahead; the clock difference forgives the rest.
    expect(await statusOf(tokenOf(last), gate)).toBe(200);
  });

  test.each<readonly [what: string, verified: readonly number[]]>([
    ['the last one', [9]],
    ['the last one, several times', [9, 9, 9, 9]],
    ['the first one', [0]],
    ['the first one, several times', [0, 0, 0]],
    ['three of them', [9, 0, 4]],
  ])(
    'of the earlier keys those that verified stay in front, and no others: %s [JW-8, T183]',
    async (_what, verified) => {
      let published = keys;
      let later = 0;
      const clock = (): number => Date.now() + later;
      const gate = publishing(() => published, { clock });
      const at = (index: number): Pair => many[index] as Pair;
      for (const index of verified) {
        expect(await statusOf(tokenOf(at(index), { kid: `k${index}` }), gate)).toBe(200);
      }
      // A key that was tried in vain has verified nothing.
      expect(await statusOf(tokenOf(other), gate)).toBe(401);
      const fresh = pairs(5);
      published = [...fresh.map((pair) => jwkOf(pair)), ...keys];
      later = 600_000;
      const proven = new Set(verified);
      for (const index of proven) expect(await statusOf(tokenOf(at(index)), gate)).toBe(200);
      // What is left of the four tries is for the keys that come first in the new document.
      const reached = 4 - proven.size;
      expect(await statusOf(tokenOf(fresh[reached] as Pair), gate)).toBe(401);
      for (let index = reached - 1; index >= 0; index--) {
        expect(await statusOf(tokenOf(fresh[index] as Pair), gate)).toBe(200);
      }
    },
  );

  test('a key that did not verify a token is not tried again in a newer document [T183]', async () => {
    let published = [jwkOf(good)];
    const gate = publishing(() => published);
    expect(await statusOf(tokenOf(good), gate)).toBe(200);
    published = [jwkOf(good), jwkOf(many[0] as Pair)];
    const verifications = countVerifications();
    expect(await statusOf(tokenOf(other), gate)).toBe(401);
    expect(verifications()).toBe(2);
  });

  test("a function's several keys, of which one cannot verify: 503, since the token may be good [AH-14]", async () => {
    const keysOf = async function* (): AsyncGenerator<unknown> {
      yield new Uint8Array(32);
    };
    const several = Object.assign(new errors.JWKSMultipleMatchingKeys(), {
      [Symbol.asyncIterator]: keysOf,
    });
    const gate = gateWith([], { jwks: () => Promise.reject(several) });
    expect(await statusOf(tokenOf(good), gate)).toBe(503);
  });

  test('several keys of one kid: four signatures at most as well [JW-8, T183]', async () => {
    const verifications = countVerifications();
    const gate = gateWith(
      many.map((pair) => jwkOf(pair, { kid: 'same' })),
      { onWarning: () => undefined },
    );
    expect(await statusOf(tokenOf(other, { kid: 'same' }), gate)).toBe(401);
    expect(verifications()).toBe(4);
    expect(await statusOf(tokenOf(many[3] as Pair, { kid: 'same' }), gate)).toBe(200);
  });

  test("a function's several keys: four signatures at most as well [T183]", async () => {
    const { createLocalJWKSet } = await import('jose');
    const verifications = countVerifications();
    const warnings: JwtWarning[] = [];
    const gate = gateWith([], {
      jwks: createLocalJWKSet({ keys: keys as never }),
      onWarning: (warning) => warnings.push(warning),
    });
    expect(await statusOf(tokenOf(other), gate)).toBe(401);
    expect(verifications()).toBe(4);
    expect(warnings).toMatchObject([{ code: 'keys_not_tried' }]);
    expect(await statusOf(tokenOf(many[3] as Pair), gate)).toBe(200);
  });

  test('1,000 bad ones at once: all are 401, and good tokens are served meanwhile [T183]', async () => {
    // A slow machine must not make a turn come too late.
    vi.spyOn(performance, 'now').mockReturnValue(0);
    const gate = gateWith(keys, { onWarning: () => undefined }, { verifierTimeout: 60_000 });
    const bad = Array.from({ length: 1_000 }, () => tokenOf(other));
    const first = many[0] as Pair;
    const named = tokenOf(first, { kid: 'k0' });
    const unnamed = tokenOf(first);
    const verifications = watchVerifications();
    const done: string[] = [];
    const flood = Promise.all(bad.map((token) => statusOf(token, gate))).then((statuses) => {
      done.push('flood');
      return statuses;
    });
    const served = [
      statusOf(unnamed, gate).finally(() => done.push('good, without kid')),
      statusOf(named, gate).finally(() => done.push('good, with kid')),
    ];
    expect(await Promise.all(served)).toEqual([200, 200]);
    expect(new Set(await flood)).toEqual(new Set([401]));
    // The one that names its key waits for nobody, the other for one signature of each.
    expect(done).toEqual(['good, with kid', 'good, without kid', 'flood']);
    expect(verifications.all()).toBe(4_002);
    // Four of those without a kid, and the one with it.
    expect(verifications.most()).toBeLessThanOrEqual(5);
  }, 60_000);
});

test('the first try of a token comes before the further ones of those that came earlier [T183]', async () => {
  const many = pairs(4);
  const gate = gateWith(many.map((pair) => jwkOf(pair)));
  const bad = Array.from({ length: 200 }, () => tokenOf(other));
  const token = tokenOf(many[0] as Pair);
  const verifications = countVerifications();
  const flood = bad.map((one) => statusOf(one, gate));
  while (verifications() < 204) await new Promise((resolve) => setImmediate(resolve));
  expect(await statusOf(token, gate)).toBe(200);
  // Three further tries are left for each of the 200: most of them come after it.
  expect(verifications()).toBeLessThan(400);
  expect(new Set(await Promise.all(flood))).toEqual(new Set([401]));
  expect(verifications()).toBe(801);
});

describe('turns', () => {
  const TOO_MANY = new Error('too many tokens wait for verification');
  const options = { atOnce: 2, waiting: 2, maxWait: 60_000 };

  test('a bounded number runs, the others wait in their order, and none beyond the bound [T183]', async () => {
    const turns = new Turns(options);
    const started: number[] = [];
    const ends: (() => void)[] = [];
    const run = (index: number): Promise<void> =>
      turns.run(index === 3 ? 'first' : 'further', () => {
        started.push(index);
        return new Promise((resolve) => ends.push(resolve));
      });
    const all = [0, 1, 2, 3].map(run);
    await expect(run(4)).rejects.toEqual(TOO_MANY);
    expect(started).toEqual([0, 1]);
    ends.shift()?.();
    await all[0];
    expect(started).toEqual([0, 1, 3]);
    all.push(run(5));
    while (ends.length > 0) {
      ends.shift()?.();
      await new Promise((resolve) => setTimeout(resolve));
    }
    await Promise.all(all);
    expect(started).toEqual([0, 1, 3, 2, 5]);
  });

  test('the next work starts after one that failed [T183]', async () => {
    const turns = new Turns({ ...options, atOnce: 1 });
    const fail = (): Promise<never> => turns.run('first', () => Promise.reject(new Error('x')));
    const next = turns.run('further', async () => 1);
    expect(await Promise.allSettled([fail(), fail(), next])).toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
      { status: 'fulfilled', value: 1 },
    ]);
    expect(await turns.run('first', async () => 2)).toBe(2);
  });

  test('work that waited too long is not started [T183]', async () => {
    const turns = new Turns({ ...options, atOnce: 1, maxWait: 10 });
    const begun: string[] = [];
    const slow = turns.run('first', () => new Promise((resolve) => setTimeout(resolve, 50)));
    const late = turns.run('first', async () => begun.push('late'));
    await Promise.all([slow, expect(late).rejects.toEqual(TOO_MANY)]);
    expect(begun).toEqual([]);
    expect(await turns.run('further', async () => 'next')).toBe('next');
  });

  test('work that waited exactly as long as it may is started [T183]', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const turns = new Turns({ ...options, atOnce: 1, maxWait: 10 });
    let end: () => void = () => undefined;
    const slow = turns.run('first', () => new Promise<void>((resolve) => (end = resolve)));
    const waiting = turns.run('first', async () => 'begun');
    now.mockReturnValue(10);
    end();
    await slow;
    expect(await waiting).toBe('begun');
  });
});
