import { Buffer } from 'node:buffer';
import {
  EncryptJWT,
  SignJWT,
  createLocalJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  jwtVerify,
} from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { createGate } from '../../src/index.js';
import type { Decision, Verifier } from '../../src/index.js';

const RESOURCE = 'https://notes.example.com/mcp';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let own: Pair;
let foreign: Pair;
let rsa: Pair;
beforeAll(async () => {
  own = await generateKeyPair('ES256', { extractable: true });
  foreign = await generateKeyPair('ES256');
  rsa = await generateKeyPair('RS256');
});

const now = (): number => Math.floor(Date.now() / 1000);
const claims = (): object => ({ aud: RESOURCE, scope: 'a', exp: now() + 300 });

function sign(members: object = {}, pair = own, header: object = {}): Promise<string> {
  return new SignJWT({ ...claims(), ...members })
    .setProtectedHeader({ alg: 'ES256', kid: 'k', ...header })
    .sign(pair.privateKey);
}

function check(verifier: Verifier, token: string): Promise<Decision> {
  const gate = createGate({ resource: RESOURCE, verifier, scopes: ['a'] });
  const headers = { authorization: `Bearer ${token}` };
  return gate.check(new Request(RESOURCE, { headers }), 'a');
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('token => jwtVerify(token, key)', () => {
  const bad: readonly (readonly [what: string, make: () => Promise<string>])[] = [
    ['expired', () => sign({ exp: now() - 61 })],
    ['not valid yet', () => sign({ nbf: now() + 300 })],
    ['an expiry as text', async () => raw(own, { ...claims(), exp: 'x' })],
    ['another audience', () => sign({ aud: 'https://other.example.com' })],
    ["another key's", () => sign({}, foreign)],
    ['damaged', async () => `${(await sign()).slice(0, -4)}AAAA`],
    ['a critical extension', () => raw(own, claims(), { crit: ['x'], x: 1 })],
    ['no JSON inside', async () => raw(own, [])],
    ['no JWT', async () => 'garbage'],
    ['two parts', async () => 'a.b'],
    ['three empty parts', async () => '..'],
    ['alg none', async () => `${encode({ alg: 'none' })}.${encode(claims())}.`],
    [
      'encrypted',
      () =>
        new EncryptJWT({})
          .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
          .encrypt(new Uint8Array(32)),
    ],
  ];
  test.each(bad)('is a 401 for one that is %s [AH-14, JW-5]', async (_what, make) => {
    const token = await make();
    const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k' }] });
    for (const verifier of [
      (one: string) => jwtVerify(one, own.publicKey, { algorithms: ['ES256'] }),
      (one: string) => jwtVerify(one, jwks, { algorithms: ['ES256'] }),
    ]) {
      expect(await check(verifier, await sign())).toMatchObject({ allowed: true });
      expect(await check(verifier, token)).toMatchObject({ allowed: false, status: 401 });
    }
  });

  test('is a 401 for an algorithm that is not allowed, or whose key is unknown [AH-14, JW-4]', async () => {
    const token = await sign({}, rsa, { alg: 'RS256' });
    const jwks = createLocalJWKSet({ keys: [await exportJWK(own.publicKey)] });
    const hmac = await new SignJWT({ ...claims() })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new Uint8Array(32));
    for (const one of [token, hmac]) {
      const strict: Verifier = (given) =>
        jwtVerify(given, own.publicKey, { algorithms: ['ES256'] });
      expect(await check(strict, one)).toMatchObject({ allowed: false, status: 401 });
      expect(await check((given) => jwtVerify(given, jwks), one)).toMatchObject({ status: 401 });
    }
  });
});

test.each(Object.entries(errors))(
  'jose’s %s: the token is at fault, or nobody knows [AH-14]',
  async (name, JoseError) => {
    /** What jose says of keys, of where they come from, and of nothing in particular. */
    const cannotTell = new Set([
      ...['JOSEError', 'JWKInvalid', 'JWKSInvalid', 'JWKSMultipleMatchingKeys', 'JWKSTimeout'],
    ]);
    const thrown = new (JoseError as new (message: string, payload: object) => Error)('x', {});
    const verifier: Verifier = () => Promise.reject(thrown);
    const status = cannotTell.has(name) ? 503 : 401;
    expect(await check(verifier, 't')).toMatchObject({ allowed: false, status });
  },
);

/** A JWS over any payload: what SignJWT would not make. */
async function raw(pair: Pair, payload: unknown, header: object = {}): Promise<string> {
  const input = `${encode({ alg: 'ES256', kid: 'k', ...header })}.${encode(payload)}`;
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const bytes = new TextEncoder().encode(input);
  const signature = await crypto.subtle.sign(algorithm, pair.privateKey as CryptoKey, bytes);
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}
