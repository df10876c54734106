/**
 * Every way in which a proof can be wrong. Each row changes one thing of a proof that is accepted otherwise,
 * and names the error and the check that must find it.
 */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { memoryReplayStore } from '../../../src/token/dpop/index.js';
import type { ReplayStore } from '../../../src/token/dpop/index.js';
import {
  NOW,
  RESOURCE,
  challengeOf,
  createKey,
  keyOf,
  proofOf,
  publicJwk,
  requestOf,
  sha256,
  sign,
  startDpop,
} from '../../support/dpop.js';
import type { ProofKey, ProofParts } from '../../support/dpop.js';
import { base64url } from '../../support/signing.js';

const key = createKey();
const other = createKey();
const rsa = createKey('RS256');

/** The texts of the header lines; none for no header. */
type Make = (token: string, key: ProofKey) => readonly string[];

const changed =
  (parts: ProofParts): Make =>
  (token, one) => [proofOf(one, token, parts)];
const claim = (claims: Record<string, unknown>): Make => changed({ claims });
const header = (members: Record<string, unknown>): Make => changed({ header: members });
const text =
  (change: (proof: string) => string): Make =>
  (token, one) => [change(proofOf(one, token))];

function part(proof: string, index: number): string {
  return proof.split('.')[index] ?? '';
}

function withPart(proof: string, index: number, value: string): string {
  return proof.split('.').with(index, value).join('.');
}

function unsecured(alg: string, signature = ''): Make {
  return (token, one) => {
    const claims = part(proofOf(one, token), 1);
    const head = base64url(JSON.stringify({ typ: 'dpop+jwt', alg, jwk: one.jwk }));
    return [`${head}.${claims}.${signature}`];
  };
}

/** A proof with the public key as the secret of an HMAC. */
const keyAsSecret: Make = (token, one) => {
  const head = base64url(JSON.stringify({ typ: 'dpop+jwt', alg: 'HS256', jwk: one.jwk }));
  const input = `${head}.${part(proofOf(one, token), 1)}`;
  const mac = createHmac('sha256', JSON.stringify(one.jwk)).update(input).digest('base64url');
  return [`${input}.${mac}`];
};

const octets: Make = (token) => {
  const jwk = { kty: 'oct', k: base64url('k'.repeat(32)) };
  const head = base64url(JSON.stringify({ typ: 'dpop+jwt', alg: 'HS256', jwk }));
  const input = `${head}.${part(proofOf(key, token), 1)}`;
  return [`${input}.${createHmac('sha256', 'k'.repeat(32)).update(input).digest('base64url')}`];
};

/** The fifteen of the conformance scenario for servers (SEP-1932), and its further probes. */
const CONFORMANCE: readonly (readonly [name: string, check: string, make: Make])[] = [
  ['tampered signature', 'signature', text(tamper)],
  ['missing jti', 'jti', claim({ jti: undefined })],
  ['wrong typ', 'typ', header({ typ: 'jwt' })],
  ['htu mismatch', 'htu', claim({ htu: 'https://wrong.example.com/mcp' })],
  ['htm mismatch', 'htm', claim({ htm: 'GET' })],
  ['private key in jwk', 'jwk', header({ jwk: { ...key.jwk, d: 'AAAA' } })],
  ['wrong ath', 'ath', claim({ ath: 'not-the-right-hash' })],
  ['duplicate header', 'more than one', (token, one) => [proofOf(one, token), proofOf(one, token)]],
  ['missing htm', 'htm', claim({ htm: undefined })],
  ['missing htu', 'htu', claim({ htu: undefined })],
  ['missing iat', 'iat', claim({ iat: undefined })],
  ['missing jwk', 'jwk', header({ jwk: undefined })],
  ['ath absent', 'ath', claim({ ath: undefined })],
  ['not a JWT', 'not a JWT', () => ['this-is-not-a-jwt']],
  ['no header', 'no DPoP proof', () => []],
  ['stale iat', 'iat', claim({ iat: NOW - 303 })],
  ['future iat', 'iat', claim({ iat: NOW + 303 })],
  ['alg none', 'not a JWT', unsecured('none')],
  ['symmetric alg', 'alg', octets],
];

/** Mutations of each member, of the encoding, and confusions of keys. */
const MUTATIONS: readonly (readonly [name: string, check: string, make: Make])[] = [
  // Several, none, and other texts.
  ['an empty header', 'no DPoP proof', () => ['']],
  ['the same proof twice', 'more than one', (t, one) => Array<string>(2).fill(proofOf(one, t))],
  ['a comma behind it', 'more than one', text((proof) => `${proof},`)],
  ['two in one line', 'more than one', (t, one) => [`${proofOf(one, t)},${proofOf(one, t)}`]],
  ['a space behind it', 'not a JWT', text((proof) => `${proof} x`)],
  ['quotes around it', 'not a JWT', text((proof) => `"${proof}"`)],
  ['two parts', 'not a JWT', text((proof) => proof.split('.').slice(0, 2).join('.'))],
  ['four parts', 'not a JWT', text((proof) => `${proof}.AAAA`)],
  ['five parts, as a JWE has', 'not a JWT', text((proof) => `${proof}.AAAA.AAAA`)],
  ['an empty signature', 'not a JWT', text((proof) => withPart(proof, 2, ''))],
  ['padding', 'not a JWT', text((proof) => `${proof}=`)],
  ['base64 in the place of base64url', 'not a JWT', text((proof) => withPart(proof, 1, '+/+/'))],
  ['a signature with other unused bits', 'not a JWT', text(otherBits)],
  ['9000 characters', 'not a JWT', claim({ padding: 'x'.repeat(9000) })],
  ['the access token', 'not a JWT', (token) => [token]],
  ['a header that is no object', 'not a JWT', (_, one) => [sign(one, '[]', '{}')]],
  ['claims that are no object', 'not a JWT', (_, one) => [signedHead(one, '"x"')]],
  ['claims that are no JSON', 'not a JWT', (_, one) => [signedHead(one, '{')]],
  ['the JSON serialization', 'more than one', text(asJson)],
  // Header.
  ['no typ', 'typ', header({ typ: undefined })],
  ['typ of an access token', 'typ', header({ typ: 'at+jwt' })],
  ['typ in another case', 'typ', header({ typ: 'DPoP+JWT' })],
  ['typ with application/', 'typ', header({ typ: 'application/dpop+jwt' })],
  ['typ as a list', 'typ', header({ typ: ['dpop+jwt'] })],
  ['no alg', 'alg', header({ alg: undefined })],
  ['alg None', 'alg', header({ alg: 'None' })],
  ['alg none with a signature', 'alg', unsecured('none', 'AAAA')],
  ['alg in another case', 'alg', header({ alg: 'es256' })],
  ['alg as a list', 'alg', header({ alg: ['ES256'] })],
  ['alg of Object.prototype', 'alg', header({ alg: 'constructor' })],
  ['the public key as the secret', 'alg', keyAsSecret],
  ['an algorithm that is not advertised', 'alg', header({ alg: 'ES256K' })],
  ['crit', 'crit', header({ crit: ['x'], x: 1 })],
  ['an unencoded payload', 'crit', header({ crit: ['b64'], b64: false })],
  ['an empty crit', 'crit', header({ crit: [] })],
  ['jwk as a text', 'jwk', header({ jwk: JSON.stringify(key.jwk) })],
  ['jwk as a list', 'jwk', header({ jwk: [key.jwk] })],
  ['jwk null', 'jwk', header({ jwk: null })],
  ['jwk empty', 'jwk', header({ jwk: {} })],
  ['a key id alone', 'jwk', header({ jwk: undefined, kid: 'k1' })],
  ['an address of the key', 'jwk', header({ jwk: undefined, jku: 'https://evil.example/k' })],
  ['a certificate in its place', 'jwk', header({ jwk: undefined, x5c: ['MIIB'] })],
  ['a key of another type', 'jwk', header({ jwk: rsa.jwk })],
  ['a key of another curve', 'jwk', header({ jwk: { ...key.jwk, crv: 'P-384' } })],
  ['an algorithm of another type', 'jwk', header({ alg: 'RS256' })],
  ['an algorithm of another curve', 'jwk', header({ alg: 'ES384' })],
  ['an octet key', 'jwk', header({ jwk: { kty: 'oct', k: 'AAAA' } })],
  ['a public key with k', 'jwk', header({ jwk: { ...key.jwk, k: 'AAAA' } })],
  ['no x', 'jwk', header({ jwk: { ...key.jwk, x: undefined } })],
  ['no y', 'jwk', header({ jwk: { ...key.jwk, y: undefined } })],
  ['y as a number', 'jwk', header({ jwk: { ...key.jwk, y: 7 } })],
  ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'].map(
    (name) =>
      [
        `RSA with ${name}`,
        'jwk',
        (token: string) => [proofOf(rsa, token, { header: { jwk: { ...rsa.jwk, [name]: 'AA' } } })],
      ] as const,
  ),
  ['RSA with a long exponent', 'jwk', (token) => [rsaProof(token, { e: 'A'.repeat(12) })]],
  ['RSA with 16384 bits', 'jwk', (token) => [rsaProof(token, { n: 'A'.repeat(2731) })]],
  // Claims.
  ['jti empty', 'jti', claim({ jti: '' })],
  ['jti as a number', 'jti', claim({ jti: 7 })],
  ['jti null', 'jti', claim({ jti: null })],
  ['htm in another case', 'htm', claim({ htm: 'post' })],
  ['htm of an override', 'htm', claim({ htm: 'PUT' })],
  ['htm as a list', 'htm', claim({ htm: ['POST'] })],
  ['htm with a space', 'htm', claim({ htm: 'POST ' })],
  ['htu as a list', 'htu', claim({ htu: [RESOURCE] })],
  ['htu of a path below', 'htu', claim({ htu: `${RESOURCE}/x` })],
  ['htu of the origin', 'htu', claim({ htu: 'https://notes.example.com' })],
  ['htu over http', 'htu', claim({ htu: 'http://notes.example.com/mcp' })],
  ['htu with another port', 'htu', claim({ htu: 'https://notes.example.com:8443/mcp' })],
  ['htu with userinfo', 'htu', claim({ htu: 'https://a@notes.example.com/mcp' })],
  ['htu of a longer host', 'htu', claim({ htu: 'https://notes.example.com.evil/mcp' })],
  ['htu with a final dot in the host', 'htu', claim({ htu: 'https://notes.example.com./mcp' })],
  ['htu in another case of the path', 'htu', claim({ htu: 'https://notes.example.com/MCP' })],
  ['htu with an encoded slash', 'htu', claim({ htu: 'https://notes.example.com/%2Fmcp' })],
  ['htu with two slashes', 'htu', claim({ htu: 'https://notes.example.com//mcp' })],
  ['htu encoded twice', 'htu', claim({ htu: 'https://notes.example.com/%256dcp' })],
  ['htu half encoded', 'htu', claim({ htu: 'https://notes.example.com/%2%65/mcp' })],
  ['htu with a backslash', 'htu', claim({ htu: String.raw`https://notes.example.com\mcp` })],
  ['htu with a tab', 'htu', claim({ htu: 'https://notes.example.com/m\tcp' })],
  ['htu with spaces around', 'htu', claim({ htu: ` ${RESOURCE} ` })],
  ['htu without slashes', 'htu', claim({ htu: 'https:notes.example.com/mcp' })],
  ['htu with wide letters', 'htu', claim({ htu: 'https://ｎotes.example.com/mcp' })],
  ['htu with an encoded host', 'htu', claim({ htu: 'https://notes%2eexample.com/mcp' })],
  ['htu as a path', 'htu', claim({ htu: '/mcp' })],
  ['htu empty', 'htu', claim({ htu: '' })],
  ['iat as a text', 'iat', claim({ iat: String(NOW) })],
  ['iat in milliseconds', 'iat', claim({ iat: NOW * 1000 })],
  ['iat null', 'iat', claim({ iat: null })],
  ['iat infinite', 'iat', (token, one) => [rawClaims(token, one, '1e999')]],
  ['iat as a list', 'iat', claim({ iat: [NOW] })],
  ['iat just too old', 'iat', claim({ iat: NOW - 301 })],
  ['iat just too new', 'iat', claim({ iat: NOW + 301 })],
  ['its own end over', 'exp', claim({ exp: NOW - 60 })],
  ['its own end as a text', 'exp', claim({ exp: String(NOW + 60) })],
  ['its own beginning ahead', 'nbf', claim({ nbf: NOW + 60 })],
  ['ath of another token', 'ath', claim({ ath: sha256('other') })],
  ['ath empty', 'ath', claim({ ath: '' })],
  ['ath in hex', 'ath', (t, one) => [proofOf(one, t, { claims: { ath: hex(t) } })]],
  ['ath with padding', 'ath', (t, one) => [proofOf(one, t, { claims: { ath: `${sha256(t)}=` } })]],
  ['ath as a list', 'ath', (t, one) => [proofOf(one, t, { claims: { ath: [sha256(t)] } })]],
  // Signatures.
  ['signed by another key', 'signature', header({ jwk: other.jwk })],
  ['claims changed after signing', 'signature', text(claimsChanged)],
  ['the signature of another proof', 'signature', (t, one) => [swapped(t, one)]],
  ['a signature in DER', 'signature', text(asDer)],
  ['a signature of zeros', 'signature', text((p) => withPart(p, 2, base64url(Buffer.alloc(64))))],
  ['a point that is not on the curve', 'signature', header({ jwk: { ...key.jwk, y: key.jwk.x } })],
];

/** A store that says whether something was kept. */
function countingStore(): { readonly store: ReplayStore; inserted: number } {
  const memory = memoryReplayStore({ clock: () => NOW * 1000 });
  const counting = {
    inserted: 0,
    store: {
      insert(...args: Parameters<ReplayStore['insert']>) {
        counting.inserted += 1;
        return memory.insert(...args);
      },
    },
  };
  return counting;
}

type Row = (typeof CONFORMANCE)[number];

/** The rows that one of these checks must refuse. */
function refusedBy(...checks: readonly string[]): readonly Row[] {
  return [...CONFORMANCE, ...MUTATIONS].filter(([, check]) => checks.includes(check));
}

/** The rows of a group, and how many of them there are: a row that no group names is not tested. */
const GROUPS = {
  form: refusedBy('more than one', 'no DPoP proof', 'not a JWT'),
  header: refusedBy('typ', 'alg', 'crit', 'jwk'),
  claims: refusedBy('jti', 'htm', 'htu'),
  times: refusedBy('iat', 'exp', 'nbf'),
  hash: refusedBy('ath'),
  signature: refusedBy('signature'),
};

test.each(GROUPS.form)('form: %s: %s [DP-1, T105]', refuses);
test.each(GROUPS.header)('header: %s: %s [DP-2, T104]', refuses);
test.each(GROUPS.claims)('claims: %s: %s [DP-3, T102]', refuses);
test.each(GROUPS.times)('times: %s: %s [DP-4, T106]', refuses);
test.each(GROUPS.hash)('hash: %s: %s [DP-5, T105]', refuses);
test.each(GROUPS.signature)('signature: %s: %s [DP-2]', refuses);

async function refuses(name: string, check: string, make: Make): Promise<void> {
  const counting = countingStore();
  const service = startDpop({ replay: counting.store });
  const bound = name.startsWith('RSA') ? rsa : key;
  const token = service.token(bound);
  const proofs = make(token, bound);
  // The token is bound to whatever key the proof shows, so that the binding is not what fails.
  const cnf = { jkt: shownKey(proofs[0]) ?? bound.jkt };
  service.tokens.set(token, { ...service.tokens.get(token), cnf });
  const request = requestOf({ authorization: `DPoP ${token}`, proofs });
  const decision = await service.gate.check(request, 'notes:read');
  expect(decision).toMatchObject({ allowed: false, status: 401, reason: 'invalid_dpop_proof' });
  expect(challengeOf(decision)).toMatch(/^DPoP error="invalid_dpop_proof", scope="notes:read", /);
  expect(challengeOf(decision)).toContain(check);
  expect(counting.inserted).toBe(0);
  // The same sender is let in with a good proof: it was the change.
  expect(await service.send(bound, service.token(bound))).toMatchObject({ allowed: true });
}

test('the tables are as long as they should be', () => {
  expect(CONFORMANCE.length).toBeGreaterThanOrEqual(15);
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(60);
  const names = [...CONFORMANCE, ...MUTATIONS].map(([name]) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(Object.values(GROUPS).flat()).toHaveLength(names.length);
});

test('an RSA key below 2048 bits is refused, also if zeros lengthen its modulus [DP-2, T104]', async () => {
  const keys = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const weak = keyOf({ alg: 'RS256', hash: 'sha256', keys });
  const service = startDpop();
  expect(challengeOf(await service.send(weak, service.token(weak)))).toContain('jwk');
  const modulus = Buffer.from(publicJwk(keys.publicKey).n ?? '', 'base64url');
  const jwk = { ...weak.jwk, n: base64url(Buffer.concat([Buffer.alloc(128), modulus])) };
  const padded = { ...weak, jwk };
  const token = service.token(padded, { cnf: { jkt: sha256(thumbprintText(jwk)) } });
  const decision = await service.send(padded, token);
  expect(decision).toMatchObject({ status: 401, reason: 'invalid_dpop_proof' });
});

test('one that was accepted is not accepted again, within its window and by the same words [DP-8]', async () => {
  const service = startDpop();
  const token = service.token(key);
  const proofs = [proofOf(key, token)];
  const request = requestOf({ authorization: `DPoP ${token}`, proofs });
  expect(await service.gate.check(request, 'notes:read')).toMatchObject({ allowed: true });
  for (const seconds of [0, 1, 299]) {
    service.setTime(NOW + seconds);
    const again = await service.gate.check(request, 'notes:read');
    expect(challengeOf(again)).toMatch(/^DPoP error="invalid_dpop_proof".* jti"/);
  }
  service.setTime(NOW + 301);
  expect(challengeOf(await service.gate.check(request, 'notes:read'))).toContain('iat');
});

test('the bounds of the window belong to it [DP-4]', async () => {
  const service = startDpop();
  for (const iat of [NOW - 300, NOW + 300, NOW - 0.5]) {
    expect(await service.send(key, service.token(key), { claims: { iat } })).toMatchObject({
      allowed: true,
    });
  }
});

function tamper(proof: string): string {
  const signature = Buffer.from(part(proof, 2), 'base64url');
  signature.writeUInt8(signature.readUInt8(0) ^ 1, 0);
  return withPart(proof, 2, signature.toString('base64url'));
}

/** The last character of 64 bytes holds four unused bits. */
function otherBits(proof: string): string {
  const last = proof.at(-1) ?? '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return proof.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] ?? '');
}

function asJson(proof: string): string {
  const [protectedHeader, payload, signature] = proof.split('.');
  return JSON.stringify({ protected: protectedHeader, payload, signature });
}

function claimsChanged(proof: string): string {
  const claims = JSON.parse(Buffer.from(part(proof, 1), 'base64url').toString()) as object;
  return withPart(proof, 1, base64url(JSON.stringify({ ...claims, jti: 'another' })));
}

function swapped(token: string, one: ProofKey): string {
  return withPart(proofOf(one, token), 2, part(proofOf(one, token), 2));
}

function asDer(proof: string): string {
  const raw = Buffer.from(part(proof, 2), 'base64url');
  const integer = (bytes: Buffer): Buffer => {
    const positive = Buffer.concat([Buffer.from([0]), bytes]);
    return Buffer.concat([Buffer.from([2, positive.length]), positive]);
  };
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  return withPart(proof, 2, base64url(Buffer.concat([Buffer.from([0x30, body.length]), body])));
}

function signedHead(one: ProofKey, claims: string): string {
  return sign(one, { typ: 'dpop+jwt', alg: 'ES256', jwk: one.jwk }, claims);
}

function rawClaims(token: string, one: ProofKey, iat: string): string {
  const claims = { jti: 'j', htm: 'POST', htu: RESOURCE, ath: sha256(token) };
  return signedHead(one, `${JSON.stringify(claims).slice(0, -1)},"iat":${iat}}`);
}

function rsaProof(token: string, members: object): string {
  return proofOf(rsa, token, { header: { jwk: { ...rsa.jwk, ...members } } });
}

function hex(token: string): string {
  return Buffer.from(sha256(token), 'base64url').toString('hex');
}

function thumbprintText({ e, kty, n }: { e?: unknown; kty?: unknown; n?: unknown }): string {
  return JSON.stringify({ e, kty, n });
}

/** The thumbprint of the key in a proof, if it is a whole EC key. */
function shownKey(proof: string | undefined): string | undefined {
  try {
    const head = JSON.parse(Buffer.from(part(proof ?? '', 0), 'base64url').toString()) as {
      jwk?: Record<string, string>;
    };
    const { crv, kty, x, y } = head.jwk ?? {};
    return kty === 'EC' && x !== undefined && y !== undefined
      ? sha256(JSON.stringify({ crv, kty, x, y }))
      : undefined;
  } catch {
    return undefined;
  }
}
