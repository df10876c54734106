/** No token, and no part of one, in anything the library returns, throws, logs or tells. */
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGate } from '../../src/index.js';
import type { Decision, Verifier } from '../../src/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifierOptions } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';
import { mintTokens } from '../support/tokens.js';

const RESOURCE = 'https://notes.example.com/mcp';

/** How much of a token counts as a part of it. */
const WINDOW = 12;

/** The first piece of a token found in the texts, or `undefined`. */
function pieceIn(token: string, texts: readonly string[]): string | undefined {
  // Headers are the same for all tokens of an issuer; a short token is one piece.
  const secret = token.includes('.') ? token.slice(token.indexOf('.') + 1) : token;
  for (let i = 0; i === 0 || i + WINDOW <= secret.length; i++) {
    const piece = secret.slice(i, i + WINDOW);
    if (texts.some((text) => text.includes(piece))) return piece;
  }
  return undefined;
}

/** Every way in which a value gets into a log or onto the wire. */
function textsOf(value: unknown): string[] {
  const deep = { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity } as const;
  const texts = [
    inspect(value, { ...deep, showHidden: true }),
    inspect(value, deep),
    String(value),
  ];
  texts.push(JSON.stringify(value) ?? '');
  if (typeof value === 'object' && value !== null) {
    texts.push(JSON.stringify({ ...value }), inspect(structure(value), deep));
  }
  if (value instanceof Error) texts.push(value.stack ?? '', ...textsOf(value.cause));
  return texts;
}

/** Own members of any kind, which `inspect` may shorten. */
function structure(value: object): unknown[] {
  return Reflect.ownKeys(value).map((key) => [
    String(key),
    Object.getOwnPropertyDescriptor(value, key)?.value as unknown,
  ]);
}

let idp: TestIssuer;
let other: TestIssuer;
let tokens: string[];
beforeAll(async () => {
  [idp, other] = await Promise.all([startIssuer(RESOURCE), startIssuer(RESOURCE)]);
  const minted = await mintTokens({ issuer: idp, other, dead: other });
  tokens = [...Object.values(minted), 'opaque-token-of-some-length', `${minted.reader}x`];
});
afterAll(() => Promise.all([idp.close(), other.close()]));
afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs all tokens through a gate and collects whatever comes out of it. */
async function outputsOf(
  verifier: Verifier,
): Promise<{ outputs: unknown[]; decisions: Decision[] }> {
  const outputs: unknown[] = [verifier];
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, name).mockImplementation(
      (...args) => void outputs.push(...(args as unknown[])),
    );
  }
  const gate = createGate({
    ...{ resource: RESOURCE, verifier, scopes: ['notes:read'], authorizationServers: [idp.issuer] },
    onError: (error, context) => outputs.push(error, context),
  });
  const decisions: Decision[] = [];
  for (const token of [...tokens, ...tokens]) {
    const headers = new Headers({ authorization: `Bearer ${token}` });
    const decision = await gate.decide({ method: 'GET', url: '/mcp', headers }, 'notes:read');
    decisions.push(decision);
    outputs.push(decision);
    if (decision.allowed) {
      outputs.push(decision.auth, Object.values(decision.auth ?? {}), decision.auth?.bindingKey);
    } else {
      const response = decision.toResponse();
      outputs.push([...response.headers], await response.text());
    }
  }
  outputs.push(gate, verifier);
  return { outputs, decisions };
}

function leakIn(outputs: readonly unknown[]): string | undefined {
  const texts = [...new Set(outputs.flatMap(textsOf))];
  return tokens.map((token) => pieceIn(token, texts)).find((piece) => piece !== undefined);
}

const make = (options: Partial<JwtVerifierOptions> = {}): Verifier =>
  jwtVerifier({ issuer: idp.issuer, jwks: { keys: [idp.publicJwk] }, ...options });

describe('no part of a token leaks', () => {
  test.each<readonly [what: string, verifier: () => Verifier]>([
    ['a verifier that lets in and refuses', () => make()],
    ['one without a cache', () => make({ cache: false })],
    [
      'one that observes the audience, on the console',
      () => {
        vi.spyOn(console, 'warn').mockReturnValue();
        return make({ audience: { mode: 'observe', until: new Date(Date.now() + 60_000) } });
      },
    ],
    [
      'one whose issuer is down',
      () => make({ jwks: `${other.issuer}/none`, allowInsecureLoopback: true }),
    ],
    ['one whose keys fail', () => make({ jwks: () => Promise.reject(new Error('no key')) })],
    ['one whose key is none', () => make({ jwks: () => Promise.resolve({ kty: 'EC' } as never) })],
    ['one whose key is for something else', () => make({ jwks: () => new Uint8Array(7) as never })],
    ['one without a clock', () => make({ clock: () => Number.NaN })],
    [
      'one that was told to revoke',
      () => {
        const verifier = jwtVerifier({ issuer: idp.issuer, jwks: { keys: [idp.publicJwk] } });
        verifier.revoke(() => {
          throw new Error('predicate');
        });
        return verifier;
      },
    ],
    ['one that returns nonsense', () => () => ({ scopes: 'x' }) as never],
  ])('%s [T44, T72]', async (_what, verifier) => {
    const { outputs } = await outputsOf(verifier());
    expect(outputs.length).toBeGreaterThan(tokens.length);
    expect(leakIn(outputs)).toBeUndefined();
  });

  test('the search covers accepted and refused tokens', async () => {
    const { decisions } = await outputsOf(make());
    expect(decisions.some(({ allowed }) => allowed)).toBe(true);
    expect(new Set(decisions.map((one) => (one.allowed ? 200 : one.status)))).toEqual(
      new Set([200, 401, 403]),
    );
    // `auth.token` is there for who asks for it by name.
    const allowed = decisions.find((decision) => decision.allowed);
    expect(tokens).toContain(allowed?.allowed && allowed.auth?.token);
  });
});

describe('the search finds a planted leak', () => {
  const part = (): string => tokens[0]?.slice(-30) ?? '';
  test.each<readonly [where: string, plant: () => unknown]>([
    ['a text', () => `token ${part()}`],
    ['a part of some length', () => part().slice(3, 3 + WINDOW)],
    ['a member', () => ({ a: [{ b: part() }] })],
    ['a key of a map', () => new Map([[part(), 1]])],
    ['a member that is not enumerable', () => Object.defineProperty({}, 'x', { value: part() })],
    ['a member named by a symbol', () => ({ [Symbol('x')]: part() })],
    ['a message', () => new Error(part())],
    ['a stack', () => Object.assign(new Error('x'), { stack: part() })],
    ['a cause', () => new Error('x', { cause: new Error('y', { cause: part() }) })],
    ['a member of an error', () => Object.assign(new Error('x'), { payload: { t: part() } })],
    ['what JSON.stringify calls', () => ({ toJSON: () => part() })],
    ['what String calls', () => ({ toString: () => part() })],
    ['a header', () => [...new Headers({ 'www-authenticate': `Bearer x="${part()}"` })]],
  ])('in %s', (_where, plant) => {
    expect(leakIn([plant()])).toBeDefined();
    expect(leakIn([[plant()], { plant: plant() }])).toBeDefined();
  });
});
