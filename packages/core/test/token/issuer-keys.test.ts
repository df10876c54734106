import type { ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createGate } from '../../src/index.js';
import type { Decision, Gate } from '../../src/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifierOptions } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const METADATA = '/.well-known/oauth-authorization-server';

let idp: TestIssuer;
let later: number;
const clock = (): number => Date.now() + later;
beforeEach(async () => {
  later = 0;
  idp = await startIssuer(RESOURCE);
});
afterEach(() => idp.close());

function gateWith(options: Partial<JwtVerifierOptions> = {}): Gate {
  const verifier = jwtVerifier({
    ...{ issuer: idp.issuer, allowInsecureLoopback: true, cache: false, clock },
    ...options,
  });
  return createGate({ resource: RESOURCE, verifier, clock, scopes: ['notes:read'] });
}

async function statusOf(token: string, gate: Gate): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const decision: Decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
  return decision.allowed ? 200 : decision.status;
}

interface NewKey {
  readonly jwk: JWK;
  token(): Promise<string>;
}

/** A key that the issuer does not publish yet. */
async function newKey(kid?: string): Promise<NewKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const header = { alg: 'ES256', typ: 'at+jwt', ...(kid !== undefined && { kid }) };
  return {
    jwk: { ...(await exportJWK(publicKey)), ...(kid !== undefined && { kid }) },
    token: () =>
      new SignJWT({ iss: idp.issuer, aud: RESOURCE, scope: 'notes:read' })
        .setProtectedHeader(header)
        .setExpirationTime('3h')
        .sign(privateKey),
  };
}

/** Lets the issuer publish these keys from now on. */
function publish(keys: readonly JWK[]): void {
  idp.answerWith((req, res) => {
    const metadata = { issuer: idp.issuer, jwks_uri: `${idp.issuer}/jwks` };
    res.end(JSON.stringify(req.url === '/jwks' ? { keys } : metadata));
  });
}

function breakDown(
  answer: (res: ServerResponse) => void = (res) => res.writeHead(500).end(),
): void {
  idp.answerWith((_req, res) => answer(res));
}

const fetches = (path = '/jwks'): number => idp.requests.filter((one) => one === path).length;
const lasting = (): Promise<string> => idp.token({ exp: Math.floor(Date.now() / 1000) + 10_800 });

describe('fetching', () => {
  test('100 cold callers share one discovery and one fetch [T81, JW-8]', async () => {
    const gate = gateWith();
    const tokens = await Promise.all(Array.from({ length: 100 }, () => idp.token()));
    const statuses = await Promise.all(tokens.map((token) => statusOf(token, gate)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(idp.requests).toEqual([METADATA, '/jwks']);
  });

  test('10,000 unknown key ids cost at most one fetch in 30 seconds [T80, JW-8]', async () => {
    const gate = gateWith();
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    const [, body = '', signature = ''] = (await idp.token()).split('.');
    const statuses = new Set<number>();
    for (let i = 1; i <= 10_000; i++) {
      later = i * 9;
      const header = JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: crypto.randomUUID() });
      const token = `${Buffer.from(header).toString('base64url')}.${body}.${signature}`;
      statuses.add(await statusOf(token, gate));
    }
    // Looked up, or cannot be looked up now.
    expect(statuses).toEqual(new Set([401, 503]));
    // 90 seconds went by: the first fetch, and one when each cooldown was over.
    expect(fetches()).toBeLessThanOrEqual(5);
    expect(fetches(METADATA)).toBe(1);
  });

  test('a failed fetch is shared and kept for five seconds, then tried again [T81, AH-14]', async () => {
    const gate = gateWith();
    breakDown();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => idp.token()));
    const statuses = await Promise.all(tokens.map((token) => statusOf(token, gate)));
    expect(new Set(statuses)).toEqual(new Set([503]));
    // Both places of an issuer without a path.
    expect(idp.requests.length).toBe(2);
    idp.answerWith(undefined);
    later = 4 * SECOND;
    expect(await statusOf(await idp.token(), gate)).toBe(503);
    expect(idp.requests.length).toBe(2);
    later = 5 * SECOND;
    expect(await statusOf(await idp.token(), gate)).toBe(200);
  });

  test('a fetch that never ends is given up, whatever `fetch` does [T81]', async () => {
    const signals: (AbortSignal | null | undefined)[] = [];
    const verifier = jwtVerifier({
      ...{ issuer: idp.issuer, allowInsecureLoopback: true, clock },
      fetch: (_url, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    const verifierTimeout = 10;
    const options = { resource: RESOURCE, verifier, verifierTimeout, scopes: ['notes:read'] };
    expect(await statusOf(await idp.token(), createGate(options))).toBe(503);
    expect(signals.length).toBe(1);
    expect(signals[0]).toBeInstanceOf(AbortSignal);
  });
});

test('keys are current from the moment of their fetch, and for less than ten minutes [JW-8, T84]', async () => {
  const start = Date.now();
  let now = start;
  const gate = gateWith({ clock: () => now });
  for (const [at, count] of [
    [0, 1],
    [0, 1],
    [10 * MINUTE - 1, 1],
    [10 * MINUTE, 2],
    [10 * MINUTE, 2],
  ] as const) {
    now = start + at;
    expect(await statusOf(await lasting(), gate)).toBe(200);
    expect([at, fetches()]).toEqual([at, count]);
  }
});

describe('rotation', () => {
  test('the next token of a new key is let in [JW-8, T84]', async () => {
    const gate = gateWith();
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    const next = await newKey('k2');
    publish([idp.publicJwk, next.jwk]);
    later = 30 * SECOND;
    expect(await statusOf(await next.token(), gate)).toBe(200);
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    expect(fetches()).toBe(2);
  });

  test('also where neither token nor key has an id [JW-8]', async () => {
    const [first, next] = [await newKey(), await newKey()];
    publish([first.jwk]);
    const gate = gateWith();
    expect(await statusOf(await first.token(), gate)).toBe(200);
    // A wrong signature is looked up at most every 30 seconds.
    expect(await statusOf(await next.token(), gate)).toBe(401);
    publish([first.jwk, next.jwk]);
    expect(await statusOf(await next.token(), gate)).toBe(401);
    later = 30 * SECOND;
    expect(await statusOf(await next.token(), gate)).toBe(200);
  });

  test('several keys with one id: any of them may have signed [T82]', async () => {
    const [first, next, foreign] = [await newKey('k'), await newKey('k'), await newKey('k')];
    publish([first.jwk, next.jwk]);
    const gate = gateWith();
    expect(await statusOf(await first.token(), gate)).toBe(200);
    expect(await statusOf(await next.token(), gate)).toBe(200);
    expect(await statusOf(await foreign.token(), gate)).toBe(401);
  });

  test('a key whose secret is published verifies nothing [T82]', async () => {
    const key = await newKey('k2');
    publish([{ ...key.jwk, d: key.jwk.x ?? '' }, idp.publicJwk]);
    const gate = gateWith();
    expect(await statusOf(await key.token(), gate)).toBe(401);
    expect(await statusOf(await idp.token(), gate)).toBe(200);
  });

  test('a removed key works for ten minutes at most [T84, JW-8]', async () => {
    const gate = gateWith({ cache: {} });
    const token = await lasting();
    expect(await statusOf(token, gate)).toBe(200);
    publish([(await newKey('k2')).jwk]);
    later = 10 * MINUTE - SECOND;
    expect(await statusOf(token, gate)).toBe(200);
    later = 10 * MINUTE;
    expect(await statusOf(token, gate)).toBe(401);
  });

  test('a new key that cannot be had now is no reason to call its token wrong [AH-14]', async () => {
    const gate = gateWith();
    expect(await statusOf(await idp.token(), gate)).toBe(200);
    breakDown();
    later = 30 * SECOND;
    const next = await newKey('k2');
    expect(await statusOf(await next.token(), gate)).toBe(503);
    // Nor is it right after the look that failed.
    for (const at of [30 * SECOND, 31 * SECOND, 34 * SECOND]) {
      later = at;
      expect(await statusOf(await next.token(), gate)).toBe(503);
    }
    expect(await statusOf(await idp.token(), gate)).toBe(200);
  });

  test('a clock that jumps does not make keys last longer [T92]', async () => {
    const gate = gateWith();
    const token = await lasting();
    expect(await statusOf(token, gate)).toBe(200);
    publish([(await newKey('k2')).jwk]);
    later = -60 * MINUTE;
    expect(await statusOf(token, gate)).toBe(401);
  });
});

describe('an issuer that is down', () => {
  test.each<readonly [how: string, answer: (res: ServerResponse) => void]>([
    ['500', (res) => res.writeHead(500).end()],
    ['429', (res) => res.writeHead(429).end()],
    ['404', (res) => res.writeHead(404).end()],
    ['a closed connection', (res) => res.destroy()],
    ['HTML', (res) => res.end('<html></html>')],
    ['no keys', (res) => res.end('{}')],
  ])('%s: known keys work for an hour, then it is 503 [T81, AH-14]', async (_how, answer) => {
    const gate = gateWith({ cache: {} });
    const token = await lasting();
    expect(await statusOf(token, gate)).toBe(200);
    breakDown(answer);
    for (const minutes of [10, 30, 59]) {
      later = minutes * MINUTE;
      expect(await statusOf(token, gate)).toBe(200);
      expect(await statusOf(await lasting(), gate)).toBe(200);
    }
    // One attempt each time, not one for every token.
    const attempts = idp.requests.length;
    for (let i = 0; i < 10; i++) expect(await statusOf(await lasting(), gate)).toBe(200);
    expect(idp.requests.length).toBe(attempts);
    later = 60 * MINUTE;
    expect(await statusOf(token, gate)).toBe(503);
    idp.answerWith(undefined);
    later += 5 * SECOND;
    expect(await statusOf(token, gate)).toBe(200);
  });

  test('one that hangs is waited for briefly while known keys will do [T81]', async () => {
    const gate = gateWith();
    const token = await lasting();
    expect(await statusOf(token, gate)).toBe(200);
    breakDown(() => undefined);
    later = 10 * MINUTE;
    const done: string[] = [];
    const another = await lasting();
    const waiting = statusOf(token, gate).finally(() => done.push('first'));
    // Those who come when somebody has waited long enough do not wait at all.
    later += 2 * SECOND;
    const second = statusOf(another, gate).finally(() => done.push('second'));
    expect(await Promise.all([waiting, second])).toEqual([200, 200]);
    expect(done).toEqual(['second', 'first']);
  });
});

test('an hour after the last fetch, a token waits as long as the first one did [T81, AH-14]', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const jwks = `${idp.issuer}/jwks`;
    const fetch = async (): Promise<Response> => {
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      return Response.json({ keys: [idp.publicJwk] });
    };
    const gate = gateWith({ jwks, fetch });
    const token = await lasting();
    for (const minutes of [0, 60]) {
      later = minutes * MINUTE;
      const status = statusOf(token, gate);
      await vi.advanceTimersByTimeAsync(2_500);
      expect(await status).toBe(200);
    }
  } finally {
    vi.useRealTimers();
  }
});

describe('discovery', () => {
  const asked = async (path: string, served: string): Promise<readonly string[]> => {
    const issuer = `${idp.issuer}${path}`;
    idp.answerWith((req, res) => {
      if (req.url === '/jwks') res.end(JSON.stringify({ keys: [idp.publicJwk] }));
      else if (req.url === served) {
        res.end(JSON.stringify({ issuer, jwks_uri: `${idp.issuer}/jwks` }));
      } else res.writeHead(404).end();
    });
    expect(await statusOf(await idp.token({ iss: issuer }), gateWith({ issuer }))).toBe(200);
    return idp.requests;
  };

  test.each([
    ['', '/.well-known/oauth-authorization-server'],
    ['', '/.well-known/openid-configuration'],
    ['/', '/.well-known/openid-configuration'],
    ['/t/1', '/.well-known/oauth-authorization-server/t/1'],
    ['/t/1', '/.well-known/openid-configuration/t/1'],
    ['/t/1', '/t/1/.well-known/openid-configuration'],
    ['/t/1/', '/t/1/.well-known/openid-configuration'],
  ])('issuer "%s" is found under %s [PR-13]', async (path, served) => {
    expect((await asked(path, served)).at(-2)).toBe(served);
  });

  test.each<readonly [what: string, metadata: () => unknown]>([
    ['another issuer', () => ({ issuer: 'https://x.example', jwks_uri: `${idp.issuer}/jwks` })],
    ['a slash more', () => ({ issuer: `${idp.issuer}/`, jwks_uri: `${idp.issuer}/jwks` })],
    ['no issuer', () => ({ jwks_uri: `${idp.issuer}/jwks` })],
    ['no jwks_uri', () => ({ issuer: idp.issuer })],
    ['http elsewhere', () => ({ issuer: idp.issuer, jwks_uri: 'http://idp.example/jwks' })],
    ['a file', () => ({ issuer: idp.issuer, jwks_uri: 'file:///etc/passwd' })],
    ['a list', () => [idp.issuer]],
    ['null', () => null],
  ])('metadata with %s is not believed: 503 [T83, PR-13]', async (_what, metadata) => {
    idp.answerWith((req, res) => {
      res.end(JSON.stringify(req.url === '/jwks' ? { keys: [idp.publicJwk] } : metadata()));
    });
    expect(await statusOf(await idp.token(), gateWith())).toBe(503);
    expect(fetches()).toBe(0);
  });

  test('metadata over https must not name keys on loopback [T83, T110]', async () => {
    const issuer = 'https://idp.example.com';
    const seen: string[] = [];
    const fetch = async (url: string): Promise<Response> => {
      seen.push(url);
      return Response.json({ issuer, jwks_uri: 'http://localhost:1/jwks' });
    };
    const gate = gateWith({ issuer, fetch });
    expect(await statusOf(await idp.token({ iss: issuer }), gate)).toBe(503);
    expect(seen.length).toBe(2);
  });

  test('http is for loopback, and only where the option says so [T82]', () => {
    const { issuer } = idp;
    const jwks = `${issuer}/jwks`;
    expect(() => jwtVerifier({ issuer })).toThrow(/issuer.*allowInsecureLoopback/);
    expect(() => jwtVerifier({ issuer: 'https://idp.example.com', jwks })).toThrow(/jwks/);
    expect(() =>
      jwtVerifier({ issuer: 'http://idp.example.com', allowInsecureLoopback: true }),
    ).toThrow(/https/);
    // Nothing is fetched where the keys are given.
    expect(() => jwtVerifier({ issuer, jwks: { keys: [] } })).not.toThrow();
  });
});
