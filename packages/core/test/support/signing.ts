/**
 * Tokens signed with node:crypto, which shares no code with the verifier, for every algorithm.
 *
 * @module
 */
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject, SignKeyObjectInput } from 'node:crypto';
import { expect } from 'vitest';
import { jwtVerifier } from '../../src/token/jwt/index.js';

export const ISSUER = 'https://idp.example.com';
const RESOURCE = 'https://notes.example.com/mcp';
export const CLAIMS = {
  ...{ iss: ISSUER, aud: RESOURCE, sub: 'ray', scope: 'notes:read' },
  // A getter: test files share this module for as long as their process runs.
  get exp(): number {
    return Math.floor(Date.now() / 1000) + 600;
  },
};

export interface Algorithm {
  readonly alg: string;
  readonly hash: string | null;
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly options?: Omit<SignKeyObjectInput, 'key'>;
  /** Order of the curve's group. */
  readonly order?: bigint;
}

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const raw = { dsaEncoding: 'ieee-p1363' } as const;
export const pss = (saltLength: number) => ({
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength,
});

export const ALGORITHMS: readonly Algorithm[] = [
  {
    ...{ alg: 'ES256', hash: 'sha256', keys: ec('P-256'), options: raw },
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  {
    ...{ alg: 'ES384', hash: 'sha384', keys: ec('P-384'), options: raw },
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  {
    ...{ alg: 'ES512', hash: 'sha512', keys: ec('P-521'), options: raw },
    order:
      2n ** 521n - 657877501894328237357444332315020117536923257219387276263472201219398408051703n,
  },
  { alg: 'EdDSA', hash: null, keys: generateKeyPairSync('ed25519') },
  { alg: 'Ed25519', hash: null, keys: generateKeyPairSync('ed25519') },
  { alg: 'RS256', hash: 'sha256', keys: rsa },
  { alg: 'RS384', hash: 'sha384', keys: rsa },
  { alg: 'RS512', hash: 'sha512', keys: rsa },
  { alg: 'PS256', hash: 'sha256', keys: rsa, options: pss(32) },
  { alg: 'PS384', hash: 'sha384', keys: rsa, options: pss(48) },
  { alg: 'PS512', hash: 'sha512', keys: rsa, options: pss(64) },
];

export const base64url = (value: string | Uint8Array): string =>
  Buffer.from(value).toString('base64url');

export function inputOf(
  alg: unknown,
  header: object = {},
  claims: object | string = CLAIMS,
): string {
  const payload = typeof claims === 'string' ? claims : JSON.stringify(claims);
  return `${base64url(JSON.stringify({ alg, typ: 'at+jwt', kid: 'k1', ...header }))}.${base64url(payload)}`;
}

export function signed(
  { hash, keys, options = {} }: Omit<Algorithm, 'alg'>,
  input: string,
  changed: object = {},
): Buffer {
  return sign(hash, Buffer.from(input), { key: keys.privateKey, ...options, ...changed });
}

/** Through the verifier's own API, with the key published for its algorithm, or for any. */
function verifierFor({ alg, keys }: Algorithm, anyAlgorithm = false) {
  const jwk = keys.publicKey.export({ format: 'jwk' });
  const key = { ...jwk, kid: 'k1', use: 'sig', ...(!anyAlgorithm && { alg }) };
  const verifier = jwtVerifier({ issuer: ISSUER, jwks: { keys: [key as never] } });
  const context = { resource: RESOURCE, signal: new AbortController().signal };
  return async (token: string): Promise<boolean> => (await verifier(token, context)) !== undefined;
}

/** The published key's verifier, once for its algorithm and once for any, and a good signature. */
export function subjectOf(algorithm: Algorithm) {
  const input = inputOf(algorithm.alg);
  const good = signed(algorithm, input);
  const accepts = verifierFor(algorithm);
  const lax = verifierFor(algorithm, true);
  const withSignature = (signature: Uint8Array): string => `${input}.${base64url(signature)}`;
  const refusesAll = async (tokens: readonly string[]): Promise<void> => {
    for (const token of tokens) {
      expect(await accepts(token), token).toBe(false);
      expect(await lax(token), token).toBe(false);
    }
    // The key and the claims are good: it was the signature.
    expect(await accepts(withSignature(good))).toBe(true);
  };
  return { input, good, accepts, lax, withSignature, refusesAll };
}
