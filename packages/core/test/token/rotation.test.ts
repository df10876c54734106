/** Keys that change: under their id, under a new one, within the cooldown and after it. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGate } from '../../src/index.js';
import type { Gate } from '../../src/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifierOptions } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const SECOND = 1000;

let idp: TestIssuer;
let later: number;
let errors: unknown[];
const clock = (): number => Date.now() + later;
beforeEach(async () => {
  later = 0;
  errors = [];
  idp = await startIssuer(RESOURCE);
});
afterEach(() => idp.close());

function gateWith(options: Partial<JwtVerifierOptions> = {}): Gate {
  const verifier = jwtVerifier({
    ...{ issuer: idp.issuer, allowInsecureLoopback: true, cache: false, clock },
    ...options,
  });
  return createGate({
    ...{ resource: RESOURCE, verifier, clock, scopes: ['notes:read'] },
    onError: (error) => errors.push(error),
  });
}

async function answerOf(token: string, gate: Gate) {
  const headers = { authorization: `Bearer ${token}` };
  return gate.check(new Request(RESOURCE, { headers }), 'notes:read');
}

async function statusOf(token: string, gate: Gate): Promise<number> {
  const decision = await answerOf(token, gate);
  return decision.allowed ? 200 : decision.status;
}

interface Key {
  readonly jwk: JWK;
  token(header?: object): Promise<string>;
}

async function keyNamed(kid?: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const named = kid !== undefined && { kid };
  return {
    jwk: { ...(await exportJWK(publicKey)), ...named },
    token: (header = {}) =>
      new SignJWT({ iss: idp.issuer, aud: RESOURCE, scope: 'notes:read', jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...named, ...header })
        .setExpirationTime('3h')
        .sign(privateKey),
  };
}

function publish(...keys: readonly Key[]): void {
  idp.answerWith((req, res) => {
    const metadata = { issuer: idp.issuer, jwks_uri: `${idp.issuer}/jwks` };
    const jwks = { keys: keys.map(({ jwk }) => jwk) };
    res.end(JSON.stringify(req.url === '/jwks' ? jwks : metadata));
  });
}

const fetches = (): number => idp.requests.filter((path) => path === '/jwks').length;

describe('another key', () => {
  /** Old and new key, and whether a token says which one it means. */
  const kinds: readonly (readonly [
    what: string,
    old: string | undefined,
    next: string | undefined,
  ])[] = [
    ['under the same kid', 'k', 'k'],
    ['under a new kid', 'k', 'k2'],
    ['without a kid', undefined, undefined],
    ['with a kid, where there was none', undefined, 'k2'],
    ['without a kid, where there was one', 'k', undefined],
  ];
  /** Seconds after the first fetch; at once is the "within 30 s". */
  const times = [0, 1, 10, 29, 31, 400];

  describe.each(kinds)('%s', (_what, oldKid, newKid) => {
    test.each(times)(
      '%i s after the first fetch: its first token is let in [JW-8, T84, T185]',
      async (at) => {
        const [old, next] = [await keyNamed(oldKid), await keyNamed(newKid)];
        publish(old);
        const gate = gateWith();
        expect(await statusOf(await old.token(), gate)).toBe(200);
        publish(next);
        later = at * SECOND;
        expect(await statusOf(await next.token(), gate)).toBe(200);
        // The old one is gone, whether or not its place was taken.
        expect(await statusOf(await old.token(), gate)).toBe(401);
        expect(fetches()).toBe(2);
      },
    );

    test('right after somebody else used the look up: at most 30 s later [JW-8, T80, T185]', async () => {
      const [old, next] = [await keyNamed(oldKid), await keyNamed(newKid)];
      publish(old);
      const gate = gateWith();
      expect(await statusOf(await old.token(), gate)).toBe(200);
      const foreign = await keyNamed(oldKid);
      expect(await statusOf(await foreign.token(), gate)).toBe(401);
      publish(next);
      later = 10 * SECOND;
      // A key that is not known may be new; one that is known says that the signature is wrong.
      const status = newKid !== undefined && newKid !== oldKid ? 503 : 401;
      expect(await statusOf(await next.token(), gate)).toBe(status);
      expect(fetches()).toBe(2);
      later = 30 * SECOND;
      expect(await statusOf(await next.token(), gate)).toBe(200);
      expect(fetches()).toBe(3);
    });
  });

  test('a token that was remembered does not outlive a key that lost its place [JW-8, T84]', async () => {
    const [old, next] = [await keyNamed('k'), await keyNamed('k')];
    publish(old);
    const gate = gateWith({ cache: {} });
    const token = await old.token();
    expect(await statusOf(token, gate)).toBe(200);
    publish(next);
    expect(await statusOf(token, gate)).toBe(200);
    expect(await statusOf(await next.token(), gate)).toBe(200);
    expect(await statusOf(token, gate)).toBe(401);
  });

  test('a hundred first tokens at once share one look up [JW-8, T81]', async () => {
    const [old, next] = [await keyNamed('k'), await keyNamed('k')];
    publish(old);
    const gate = gateWith();
    expect(await statusOf(await old.token(), gate)).toBe(200);
    publish(next);
    const tokens = await Promise.all(Array.from({ length: 100 }, () => next.token()));
    const statuses = await Promise.all(tokens.map((token) => statusOf(token, gate)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(fetches()).toBe(2);
  });
});

describe('an id that no key has', () => {
  test('was looked up: 401, also when it comes again within the cooldown [JW-8, T185]', async () => {
    const gate = gateWith();
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    for (const at of [0, 4, 10, 29]) {
      later = at * SECOND;
      expect(await statusOf(await idp.token({}, { kid: 'gone' }), gate)).toBe(401);
    }
    expect(fetches()).toBe(2);
    later = 31 * SECOND;
    expect(await statusOf(await idp.token({}, { kid: 'gone' }), gate)).toBe(401);
    expect(fetches()).toBe(3);
  });

  test('another one right after a look is answered by it; later it cannot be told: 503 [JW-8, AH-14, T185]', async () => {
    const gate = gateWith();
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    expect(await statusOf(await idp.token({}, { kid: 'a' }), gate)).toBe(401);
    later = 4 * SECOND;
    expect(await statusOf(await idp.token({}, { kid: 'b' }), gate)).toBe(401);
    later = 6 * SECOND;
    const decision = await answerOf(await idp.token({}, { kid: 'c' }), gate);
    expect(decision).toMatchObject({ allowed: false, status: 503 });
    const names = decision.headers.map(([name]) => name.toLowerCase());
    expect(names).toContain('retry-after');
    expect(names).not.toContain('www-authenticate');
    expect(String(errors)).toMatch(/an unknown key id is not looked up more than every 30 seconds/);
    // Those that were looked up are known to be nobody's for as long.
    expect(await statusOf(await idp.token({}, { kid: 'b' }), gate)).toBe(401);
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    expect(fetches()).toBe(2);
  });

  test('the memory of them is bounded, by number and by length [T80, T88]', async () => {
    const gate = gateWith();
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    const long = 'x'.repeat(201);
    for (const kid of [long, ...Array.from({ length: 101 }, (_, index) => `u${index}`)]) {
      expect(await statusOf(await idp.token({}, { kid }), gate)).toBe(401);
    }
    later = 6 * SECOND;
    expect(await statusOf(await idp.token({}, { kid: long }), gate)).toBe(503);
    expect(await statusOf(await idp.token({}, { kid: 'u0' }), gate)).toBe(503);
    expect(await statusOf(await idp.token({}, { kid: 'u1' }), gate)).toBe(401);
    expect(await statusOf(await idp.token({}, { kid: 'u100' }), gate)).toBe(401);
  });

  test('keys that are given cannot be newer: 401 [JW-8]', async () => {
    const gate = gateWith({ jwks: { keys: [idp.publicJwk] } });
    for (const kid of ['a', 'b', 'a']) {
      expect(await statusOf(await idp.token({}, { kid }), gate)).toBe(401);
    }
    expect(idp.requests).toEqual([]);
  });
});

describe('wrong signatures', () => {
  test('are 401 while the issuer does not answer, or hangs [JW-8, T81, T185]', async () => {
    for (const hangs of [false, true]) {
      idp.answerWith(undefined);
      later += 100 * SECOND;
      const gate = gateWith();
      expect(await statusOf(await idp.token({ exp: 1e10 }), gate)).toBe(200);
      idp.answerWith((_req, res) => (hangs ? undefined : res.writeHead(500).end()));
      const foreign = await keyNamed('k1');
      for (let i = 0; i < 2; i++) expect(await statusOf(await foreign.token(), gate)).toBe(401);
      expect(await statusOf(await idp.token({ exp: 1e10 }), gate)).toBe(200);
    }
    expect(errors).toEqual([]);
  }, 60_000);
});
