import { Buffer } from 'node:buffer';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair, importJWK } from 'jose';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGate } from '../../src/index.js';
import type { Decision, ErrorContext } from '../../src/index.js';
import { jwtVerifier as strictVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifierOptions } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

/** The test issuers listen on loopback. */
const jwtVerifier = (options: JwtVerifierOptions) =>
  strictVerifier({ allowInsecureLoopback: true, ...options });

const RESOURCE = 'https://notes.example.com/mcp';

let idp: TestIssuer;
beforeAll(async () => {
  idp = await startIssuer(RESOURCE);
});
afterAll(() => idp.close());

function gateWith(options: Partial<JwtVerifierOptions> = {}, errors: ErrorContext[] = []) {
  return createGate({
    resource: RESOURCE,
    authorizationServers: [idp.issuer],
    verifier: jwtVerifier({ issuer: idp.issuer, ...options }),
    scopes: ['notes:read'],
    onError: (_error, context) => errors.push(context),
  });
}

function check(token: string, gate = gateWith()): Promise<Decision> {
  const headers = { authorization: `Bearer ${token}` };
  return gate.check(new Request(RESOURCE, { headers }), 'notes:read');
}

function encode(part: object | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

const now = (): number => Math.floor(Date.now() / 1000);

test('a good token is accepted, with its claims [JW-1, JW-2, JW-3, JW-4, JW-5]', async () => {
  const decision = await check(await idp.token());
  expect(decision).toMatchObject({
    allowed: true,
    auth: { subject: 'ray', clientId: 'c1', issuer: idp.issuer, scopes: ['notes:read'] },
  });
});

describe('claims that make a token invalid', () => {
  const cases: readonly [why: string, claims: () => JWTPayload][] = [
    ['another issuer [JW-2, T64]', () => ({ iss: 'https://evil.example.com' })],
    ['an issuer with a slash more [JW-2, T64]', () => ({ iss: `${idp.issuer}/` })],
    ['no issuer [JW-2, T64]', () => ({ iss: undefined as never })],
    ['another audience [JW-3, T65]', () => ({ aud: 'https://other.example.com/mcp' })],
    ['an audience that begins alike [JW-3, T65]', () => ({ aud: `${RESOURCE}/x` })],
    ['an audience with a slash more [JW-3, T65]', () => ({ aud: `${RESOURCE}/` })],
    ['no audience [JW-3, T65]', () => ({ aud: undefined as never })],
    ['an empty list of audiences [JW-3, T65]', () => ({ aud: [] })],
    ['an audience that is no string [JW-3, T65]', () => ({ aud: { 0: RESOURCE } as never })],
    ['a further audience that is no string [JW-3, T65]', () => ({ aud: [RESOURCE, 7] as never })],
    ['no expiry [JW-5, T63]', () => ({ exp: undefined as never })],
    ['an expiry past the tolerance [JW-5, JW-10, T63]', () => ({ exp: now() - 31 })],
    ['an expiry as text [JW-10, T63]', () => ({ exp: String(now() + 300) as never })],
    ['a negative expiry [T63]', () => ({ exp: -1 })],
    ['an expiry in milliseconds [T63]', () => ({ exp: Date.now() })],
    ['not valid yet [JW-5, T63]', () => ({ nbf: now() + 120 })],
    ['a start as text [JW-10, T63]', () => ({ nbf: '0' as never })],
    ['a key binding that nothing checks [T67]', () => ({ cnf: { jkt: 'x' } })],
    ['a certificate binding that nothing checks [T67]', () => ({ cnf: { 'x5t#S256': 'x' } })],
    ['an odd binding [T67]', () => ({ cnf: null })],
    ['a refresh token by its payload [T66]', () => ({ typ: 'Refresh' })],
    ['an ID token by its payload [T66]', () => ({ typ: 'ID' })],
  ];
  test.each(cases)('%s', async (_why, claims) => {
    const decision = await check(await idp.token(claims()));
    expect(decision).toMatchObject({ allowed: false, status: 401, reason: 'invalid_token' });
  });
});

describe('claims that stay valid', () => {
  const cases: readonly [why: string, claims: () => JWTPayload][] = [
    ['the audience in a list [JW-3]', () => ({ aud: [RESOURCE] })],
    ['the audience among others [JW-3]', () => ({ aud: ['https://other.example.com', RESOURCE] })],
    ['an expiry within the tolerance [JW-5]', () => ({ exp: now() - 20 })],
    ['a start within the tolerance [JW-5]', () => ({ nbf: now() + 20 })],
    ['more scopes than needed [SC-7]', () => ({ scope: 'a notes:read b' })],
  ];
  test.each(cases)('%s', async (_why, claims) => {
    expect(await check(await idp.token(claims()))).toMatchObject({ allowed: true });
  });
});

describe('headers and signatures', () => {
  const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };
  const refused = async (token: string): Promise<void> => {
    const decision = await check(token);
    expect(decision).toMatchObject({ allowed: false, status: 401, reason: 'invalid_token' });
  };
  const payload = (): object => ({
    ...{ iss: idp.issuer, aud: RESOURCE, sub: 'ray', scope: 'notes:read' },
    ...{ iat: now(), exp: now() + 300 },
  });

  test('`none`, in every spelling [JW-4, T60]', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', undefined, null, 0, ['ES256']]) {
      await refused(`${encode({ ...header, alg })}.${encode(payload())}.`);
    }
  });

  test('HMAC with the public key as its secret [JW-4, T60]', async () => {
    const jwk = idp.publicJwk;
    const spki = await exportSPKI((await importJWK(jwk, 'ES256')) as CryptoKey);
    for (const secret of [spki, JSON.stringify(jwk), jwk.x as string]) {
      const token = await new SignJWT(payload() as JWTPayload)
        .setProtectedHeader({ ...header, alg: 'HS256' })
        .sign(new TextEncoder().encode(secret));
      await refused(token);
    }
  });

  test("another key's signature, its key offered in the header [JW-7, T61]", async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const seen = idp.requests.length;
    const headers: object[] = [
      {},
      { jwk },
      { jku: `${idp.issuer}/evil-jwks` },
      { x5u: `${idp.issuer}/evil-cert` },
      { kid: '../../k1' },
      { kid: undefined },
    ];
    for (const extra of headers) {
      const token = await new SignJWT(payload() as JWTPayload)
        .setProtectedHeader({ ...header, ...extra })
        .sign(privateKey);
      await refused(token);
    }
    // Nothing is ever fetched because a token says so.
    expect(idp.requests.slice(seen).filter((path) => path.includes('evil'))).toEqual([]);
  });

  test('an ID token and other types, unless told otherwise [JW-1, T66]', async () => {
    for (const typ of ['JWT', 'id_token+jwt', 'dpop+jwt', 'logout+jwt', undefined, 'jwt at+jwt']) {
      await refused(await idp.token({}, { typ }));
    }
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) {
      expect(await check(await idp.token({}, { typ }))).toMatchObject({ allowed: true });
    }
    const lenient = gateWith({ typ: ['at+jwt', 'JWT', null] });
    for (const typ of ['JWT', undefined, 'at+jwt']) {
      expect(await check(await idp.token({}, { typ }), lenient)).toMatchObject({ allowed: true });
    }
    expect(await check(await idp.token({}, { typ: 'dpop+jwt' }), lenient)).toMatchObject({
      allowed: false,
    });
  });

  test('critical extensions, other shapes, damaged signatures [JW-7, JW-11, T62, T68]', async () => {
    const token = await idp.token();
    const [head = '', body = '', signature = ''] = token.split('.');
    const critical = encode({ ...header, crit: ['exp'], exp: 1 });
    const unencoded = encode({ ...header, crit: ['b64'], b64: false });
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const tokens = [
      `${critical}.${body}.${signature}`,
      `${unencoded}.${body}.${signature}`,
      `${head}.${body}`,
      `${head}.${body}.${signature}.`,
      `${head}.${body}.${signature}.${body}.${signature}`,
      `${head}.${body}.${flipped}`,
      `${head}.${body}.`,
      `${head}.${encode({ ...payload(), scope: 'admin' })}.${signature}`,
      `.${body}.${signature}`,
      `${encode('not json')}.${body}.${signature}`,
      `${encode('null')}.${body}.${signature}`,
      `${head}.${encode('[]')}.${signature}`,
      'x',
      '..',
      '.'.repeat(10_000),
    ];
    for (const one of tokens) await refused(one);
  });

  test('a token that is too long is refused without parsing [T68, JW-10]', async () => {
    const token = await idp.token({ filler: 'x'.repeat(15_000) });
    const gate = gateWith();
    // Over the cap of the header, and over the cap of the verifier by itself.
    expect(await check(token, gate)).toMatchObject({ allowed: false, status: 400 });
    const verifier = jwtVerifier({ issuer: idp.issuer });
    const { signal } = new AbortController();
    expect(verifier(token, { resource: RESOURCE, signal })).toBeUndefined();
    expect(await verifier(await idp.token(), { resource: RESOURCE, signal })).toBeDefined();
  });
});

describe('scopes of a valid token', () => {
  const cases: readonly [claim: string, claims: JWTPayload, allowed: boolean][] = [
    ['a missing claim [T03]', { scope: undefined }, false],
    ['an empty claim [T03]', { scope: '' }, false],
    ['null [T03]', { scope: null }, false],
    ['a number [T03, SC-8]', { scope: 1 }, false],
    ['true [T03, SC-8]', { scope: true }, false],
    ['an object [T03, SC-8]', { scope: { 'notes:read': true } }, false],
    ['a list with a foreign element [T03, SC-8]', { scope: ['notes:read', 1] }, false],
    ['another case [SC-1]', { scope: 'Notes:Read' }, false],
    ['a tab between [T06, SC-1]', { scope: 'a\tnotes:read' }, false],
    ['a comma between [T06, SC-1]', { scope: 'a,notes:read' }, false],
    ['a wildcard [T08]', { scope: 'notes:*' }, false],
    ['a prefix [T08]', { scope: 'notes' }, false],
    ['an empty `scope` beside a full `scp` [T12]', { scope: '', scp: 'notes:read' }, false],
    ['a null `scope` beside a full `scp` [T12]', { scope: null, scp: 'notes:read' }, false],
    ['roles only [T12]', { scope: undefined, roles: ['notes:read'] }, false],
    ['permissions only [T12]', { scope: undefined, permissions: ['notes:read'] }, false],
    ['a list [SC-8]', { scope: ['notes:read'] }, true],
    ['`scp` as a list [SC-8]', { scope: undefined, scp: ['notes:read'] }, true],
    ['`scp` as text [SC-8]', { scope: undefined, scp: 'notes:read' }, true],
    ['runs of spaces [SC-1]', { scope: '  a   notes:read ' }, true],
  ];
  test.each(cases)('%s', async (_claim, claims, allowed) => {
    const decision = await check(await idp.token(claims));
    expect(decision.allowed).toBe(allowed);
    if (!decision.allowed) {
      expect(decision).toMatchObject({ status: 403, reason: 'insufficient_scope' });
    }
  });
});

describe('keys', () => {
  test('an outage is a 503 without a challenge, is reported, and ends [AH-14, T81]', async () => {
    const other = await startIssuer(RESOURCE);
    try {
      const errors: ErrorContext[] = [];
      let later = 0;
      const clock = (): number => Date.now() + later;
      const gate = createGate({
        resource: RESOURCE,
        verifier: jwtVerifier({ issuer: other.issuer, jwks: `${other.issuer}/jwks`, clock }),
        scopes: ['notes:read'],
        onError: (_error, context) => errors.push(context),
      });
      other.answerWith((_req, res) => {
        res.statusCode = 500;
        res.end('oops');
      });
      const decision = await check(await other.token(), gate);
      expect(decision).toMatchObject({ allowed: false, status: 503 });
      const names = decision.headers.map(([name]) => name.toLowerCase());
      expect(names).toContain('retry-after');
      expect(names).not.toContain('www-authenticate');
      expect(errors).toEqual([{ reason: 'verifier_unavailable' }]);
      other.answerWith(undefined);
      // A failure is not tried again at once: a flood of tokens must not become one of requests.
      expect(await check(await other.token(), gate)).toMatchObject({ status: 503 });
      expect(other.requests).toEqual(['/jwks']);
      later = 5_000;
      expect(await check(await other.token(), gate)).toMatchObject({ allowed: true });
    } finally {
      await other.close();
    }
  });

  test('metadata of another issuer is not used [T83, PR-13]', async () => {
    const other = await startIssuer(RESOURCE);
    try {
      other.answerWith((_req, res) => {
        res.end(JSON.stringify({ issuer: `${other.issuer}/x`, jwks_uri: `${idp.issuer}/jwks` }));
      });
      const verifier = jwtVerifier({ issuer: other.issuer });
      const gate = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] });
      expect(await check(await other.token(), gate)).toMatchObject({ status: 503 });
    } finally {
      await other.close();
    }
  });

  test('huge, redirected, foreign and secret key sets [T82]', async () => {
    const answers: ((res: import('node:http').ServerResponse) => void)[] = [
      (res) => res.end('<html></html>'),
      (res) => res.end(JSON.stringify({ keys: 'none' })),
      (res) => res.end(`{"keys":[${'{},'.repeat(100)}{}]}`),
      (res) => res.end(`{"filler":"${'x'.repeat(300_000)}","keys":[]}`),
      (res) => res.writeHead(302, { location: `${idp.issuer}/jwks` }).end(),
      (res) => res.writeHead(404).end(),
    ];
    for (const answer of answers) {
      const other = await startIssuer(RESOURCE);
      other.answerWith((_req, res) => answer(res));
      const verifier = jwtVerifier({ issuer: idp.issuer, jwks: `${other.issuer}/jwks` });
      const gate = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] });
      expect(await check(await idp.token(), gate)).toMatchObject({ allowed: false, status: 503 });
      await other.close();
    }
    // A secret key among the keys verifies nothing.
    const secret = new TextEncoder().encode('x'.repeat(32));
    const k = Buffer.from(secret).toString('base64url');
    const jwks = { keys: [{ kty: 'oct', k, kid: 'k1', alg: 'ES256' }] };
    const gate = gateWith({ jwks });
    expect(await check(await idp.token(), gate)).toMatchObject({ allowed: false, status: 401 });
  });

  test('many unknown key ids cost one fetch; cold callers share one [JW-8, T80, T81]', async () => {
    const other = await startIssuer(RESOURCE);
    try {
      const verifier = jwtVerifier({ issuer: other.issuer });
      const gate = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] });
      const good = await other.token();
      const cold = await Promise.all(Array.from({ length: 100 }, () => check(good, gate)));
      expect(cold.every((decision) => decision.allowed)).toBe(true);
      expect(other.requests).toEqual(['/.well-known/oauth-authorization-server', '/jwks']);
      for (let i = 0; i < 50; i++) {
        const decision = await check(await other.token({}, { kid: `k${i + 2}` }), gate);
        expect(decision).toMatchObject({ status: 401 });
      }
      // The first of them was looked up, and spoke for those that came right after.
      expect(other.requests.slice(2)).toEqual(['/jwks']);
    } finally {
      await other.close();
    }
  });
});

describe('tokens without a key id', () => {
  test('each of several keys may have signed, and no foreign one [JW-8, T61]', async () => {
    const pairs = await Promise.all(
      [1, 2, 3].map(() => generateKeyPair('ES256', { extractable: true })),
    );
    const [first, second, foreign] = pairs as [Pair, Pair, Pair];
    const keys = await Promise.all(
      [first, second].map(async ({ publicKey }, index) => ({
        ...(await exportJWK(publicKey)),
        ...{ alg: 'ES256', kid: `k${index}` },
      })),
    );
    const gate = gateWith({ jwks: { keys } });
    const sign = ({ privateKey }: Pair, claims: JWTPayload = {}): Promise<string> =>
      new SignJWT({ aud: RESOURCE, scope: 'notes:read', exp: now() + 300, ...claims })
        .setIssuer(idp.issuer)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
        .sign(privateKey);
    expect(await check(await sign(first), gate)).toMatchObject({ allowed: true });
    expect(await check(await sign(second), gate)).toMatchObject({ allowed: true });
    expect(await check(await sign(foreign), gate)).toMatchObject({ allowed: false, status: 401 });
  });
});

test('an issuer without valid metadata is an outage [AH-14, T82]', async () => {
  for (const answer of ['{}', 'null', '[]', '"x"', '{"issuer":1}']) {
    const other = await startIssuer(RESOURCE);
    const errors: unknown[] = [];
    const gate = createGate({
      resource: RESOURCE,
      verifier: jwtVerifier({ issuer: other.issuer }),
      scopes: ['notes:read'],
      onError: (error) => errors.push(error),
    });
    other.answerWith((_req, res) => {
      if (answer === '{}') res.statusCode = 404;
      res.end(answer);
    });
    expect(await check(await other.token(), gate)).toMatchObject({ status: 503 });
    // The failure is kept for a while: no flood of tokens becomes one of requests.
    const seen = other.requests.length;
    expect(await check(await other.token(), gate)).toMatchObject({ status: 503 });
    expect(other.requests.length).toBe(seen);
    expect(errors).toHaveLength(2);
    await other.close();
  }
});

test('metadata that names keys elsewhere on plain http is not followed [T83]', async () => {
  const other = await startIssuer(RESOURCE);
  other.answerWith((_req, res) => {
    const metadata = { issuer: other.issuer, jwks_uri: 'http://keys.example.com/jwks' };
    res.end(JSON.stringify(metadata));
  });
  const verifier = jwtVerifier({ issuer: other.issuer });
  const gate = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] });
  expect(await check(await other.token(), gate)).toMatchObject({ status: 503 });
  await other.close();
});

test('the audience can be configured, and further ones can be restricted [JW-3, T65]', async () => {
  const api = gateWith({ audience: 'api://notes' });
  expect(await check(await idp.token({ aud: 'api://notes' }), api)).toMatchObject({
    allowed: true,
  });
  const both = gateWith({ exclusiveAudience: ['https://idp.example.com/userinfo'] });
  const aud = [RESOURCE, 'https://idp.example.com/userinfo'];
  expect(await check(await idp.token({ aud }), both)).toMatchObject({ allowed: true });
  const only = await idp.token({ aud: 'https://idp.example.com/userinfo' });
  expect(await check(only, both)).toMatchObject({ allowed: false, status: 401 });
});

test('an empty path and a slash are the same audience [JW-3, PR-3]', async () => {
  const verifier = jwtVerifier({ issuer: idp.issuer });
  for (const [resource, aud] of [
    ['https://notes.example.com', 'https://notes.example.com/'],
    ['https://notes.example.com/', 'https://notes.example.com'],
  ] as const) {
    const gate = createGate({ resource, verifier, scopes: ['notes:read'] });
    expect(await check(await idp.token({ aud }), gate)).toMatchObject({ allowed: true });
  }
});
