/**
 * Tokens that an attacker can make of one good token without the issuer's key: other algorithms, other
 * keys, other texts.
 *
 * @module
 */
import { base64url, exportSPKI } from 'jose';
import { encodeJson, signCompact, toPart } from '../mint.js';
import type { Attack, AttackParts } from './attack.js';

export const FORGERIES: readonly Attack[] = [
  ...['none', 'None', 'NONE', 'nOnE'].map(unsigned),
  {
    ...{ name: 'alg none with a signature', ids: ['JW-4', 'T60'] },
    why: 'alg none is no algorithm, whatever stands behind the dot (RFC 8725 s3.2)',
    make: ({ good, header }) => `${toPart({ ...header, alg: 'none' })}.${tail(good)}`,
  },
  hmac('HS256 with the public key as PEM', async ({ publicKey, foreign }) =>
    new TextEncoder().encode(await exportSPKI((publicKey ?? foreign).publicKey)),
  ),
  hmac('HS256 with the public key as JWK', ({ publicKey, foreign }) =>
    encodeJson((publicKey ?? foreign).publicJwk),
  ),
  byForeignKey('another key, the same kid', ['JW-2', 'JW-4', 'T64'], () => ({})),
  byForeignKey('another key, no kid', ['JW-4', 'T61'], () => ({ kid: undefined })),
  byForeignKey('another key, its own kid', ['JW-8', 'T61'], ({ foreign }) => ({
    kid: foreign.kid,
  })),
  byForeignKey('a key in the token', ['JW-7', 'T61'], ({ foreign }) => ({
    jwk: foreign.publicJwk,
    kid: undefined,
  })),
  byForeignKey('keys at a URL in the token', ['JW-7', 'T61'], () => ({
    jku: 'https://attacker.test/jwks',
  })),
  byForeignKey('a certificate in the token', ['JW-7', 'T61'], () => ({
    x5u: 'https://attacker.test/cert',
    x5c: ['AAAA'],
  })),
  byForeignKey('a kid that is a path', ['JW-7', 'JW-8', 'T61'], () => ({
    kid: '../../../../dev/null',
  })),
  text(
    'more scopes',
    ['JW-4', 'AH-15'],
    'the payload is not what was signed (RFC 7515 s5.2)',
    ({ good, claims }) => replace(good, 1, toPart({ ...claims, scope: 'admin root *' })),
  ),
  text(
    'a longer life',
    ['JW-4', 'JW-5'],
    'the payload is not what was signed (RFC 7515 s5.2)',
    ({ good, claims }) => replace(good, 1, toPart({ ...claims, exp: 9_999_999_999 })),
  ),
  text('another header', ['JW-4'], 'the header is signed too (RFC 7515 s5.1)', ({ good, header }) =>
    replace(good, 0, toPart({ ...header, extra: 1 })),
  ),
  text('a changed signature', ['JW-4'], 'the signature does not hold', ({ good }) => {
    const signature = good.slice(good.lastIndexOf('.') + 1);
    return replace(good, 2, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`);
  }),
  text('no signature', ['JW-4', 'T60'], 'the signature is empty', ({ good }) =>
    replace(good, 2, ''),
  ),
  text('a signature of zeros', ['JW-4'], 'r and s are 0 (CVE-2022-21449)', ({ good }) =>
    replace(good, 2, base64url.encode(new Uint8Array(64))),
  ),
  text('half a signature', ['JW-4'], 'the signature is too short', ({ good }) =>
    good.slice(0, good.lastIndexOf('.') + 20),
  ),
  text('two parts', ['JW-10', 'T68'], 'a JWS has three parts (RFC 7515 s7.1)', ({ good }) =>
    good.slice(0, good.lastIndexOf('.')),
  ),
  text(
    'four parts',
    ['JW-10', 'T68'],
    'a JWS has three parts (RFC 7515 s7.1)',
    ({ good }) => `${good}.a`,
  ),
  text(
    'five parts',
    ['JW-11', 'T62'],
    'looks like an encrypted token (RFC 7516 s3.1)',
    ({ good }) => `${good}.a.b`,
  ),
  text('many dots', ['JW-10', 'T68'], 'a JWS has three parts (RFC 7515 s7.1)', () =>
    '.'.repeat(2000),
  ),
  text(
    'padded base64',
    ['T70'],
    'base64url in a JWS has no padding (RFC 7515 s2)',
    ({ good }) => `${good}==`,
  ),
  text(
    'a header that is not JSON',
    ['JW-10', 'T62'],
    'the header is no JSON (RFC 7515 s5.2)',
    ({ good }) => replace(good, 0, base64url.encode('alg=ES256')),
  ),
  ...plainTexts(),
];

function plainTexts(): readonly Attack[] {
  const why = 'no token of any issuer';
  return ['garbage', 'undefined', 'null', '0', '~'.repeat(64)].map((token) => ({
    name: token.startsWith('~') ? 'only tildes' : `the text ${token}`,
    ids: ['AH-8'],
    why,
    make: () => token,
  }));
}

function unsigned(alg: string): Attack {
  return {
    ...{ name: `alg ${alg}`, ids: ['JW-4', 'T60'] },
    why: 'alg none is refused in every spelling (RFC 8725 s3.2)',
    make: ({ header, claims }) => `${toPart({ ...header, alg })}.${toPart(claims)}.`,
  };
}

function hmac(
  name: string,
  secret: (parts: AttackParts) => Uint8Array | Promise<Uint8Array>,
): Attack {
  return {
    ...{ name, ids: ['JW-4', 'T60'] },
    why: 'a public key is no secret: algorithms come from a list (RFC 8725 s2.1, s3.1)',
    make: async (parts) =>
      signCompact({ ...parts.header, alg: 'HS256' }, encodeJson(parts.claims), await secret(parts)),
  };
}

function byForeignKey(
  name: string,
  ids: readonly string[],
  change: (parts: AttackParts) => object,
): Attack {
  return {
    ...{ name, ids },
    why: "keys are the issuer's own, never the token's (RFC 8725 s3.10)",
    make: (parts) => {
      const alg = parts.foreign.publicJwk.alg;
      const header = JSON.parse(
        JSON.stringify({ ...parts.header, alg, ...change(parts) }),
      ) as object;
      return signCompact({ ...header }, encodeJson(parts.claims), parts.foreign.privateKey);
    },
  };
}

function text(
  name: string,
  ids: readonly string[],
  why: string,
  make: (parts: AttackParts) => string,
): Attack {
  return { name, ids, why, make };
}

/** Returns the payload and the signature. */
function tail(token: string): string {
  return token.slice(token.indexOf('.') + 1);
}

function replace(token: string, index: number, part: string): string {
  return token
    .split('.')
    .map((old, at) => (at === index ? part : old))
    .join('.');
}
