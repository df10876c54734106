/**
 * Proofs signed with node:crypto, which shares no code with the gate, and a gate that accepts them.
 *
 * @module
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { Decision, Gate, GateOptions, GateRequest, Verifier } from '../../src/index.js';
import { createGate } from '../../src/index.js';
import type { DpopOptions } from '../../src/token/dpop/index.js';
import { dpop, memoryReplayStore } from '../../src/token/dpop/index.js';
import { ALGORITHMS, base64url, signed } from './signing.js';
import type { Algorithm } from './signing.js';

export const RESOURCE = 'https://notes.example.com/mcp';
/** The time of all tests, in seconds since the epoch. */
export const NOW = 1_790_000_000;

export interface ProofKey {
  readonly algorithm: Algorithm;
  readonly jwk: JsonWebKey;
  readonly jkt: string;
}

/** A key of its own for each call. */
export function createKey(alg = 'ES256'): ProofKey {
  const found = ALGORITHMS.find((one) => one.alg === alg);
  if (found === undefined) throw new Error(`no algorithm ${alg}`);
  const isEc = alg === 'ES256';
  const keys = isEc ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : found.keys;
  return keyOf({ ...found, keys });
}

export function keyOf(algorithm: Algorithm): ProofKey {
  const jwk = publicJwk(algorithm.keys.publicKey);
  return { algorithm, jwk, jkt: thumbprint(jwk) };
}

export function publicJwk(key: KeyObject): JsonWebKey {
  return key.export({ format: 'jwk' });
}

/** RFC 7638, by hand. */
export function thumbprint({ kty, crv, x, y, n, e }: JsonWebKey): string {
  const members =
    kty === 'RSA' ? { e, kty, n } : kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y };
  return sha256(JSON.stringify(members));
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

export interface ProofParts {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
}

/** A good proof for `POST` to the resource, with changed members; `undefined` leaves one out. */
export function proofOf(key: ProofKey, token: string, { header, claims }: ProofParts = {}): string {
  return sign(
    key,
    { typ: 'dpop+jwt', alg: key.algorithm.alg, jwk: key.jwk, ...header },
    {
      ...{ jti: crypto.randomUUID(), htm: 'POST', htu: RESOURCE, iat: NOW, ath: sha256(token) },
      ...claims,
    },
  );
}

/** Signs any header and claims, or texts in their place. */
export function sign(key: ProofKey, header: unknown, claims: unknown): string {
  const part = (value: unknown): string =>
    base64url(typeof value === 'string' ? value : JSON.stringify(value));
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${base64url(signed(key.algorithm, input))}`;
}

export interface SentRequest {
  readonly method?: string;
  readonly url?: string;
  readonly authorization?: string | null;
  /** Lines of the header; several are joined as Node and `Headers` join them. */
  readonly proofs?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export function requestOf(sent: SentRequest): GateRequest {
  const { method = 'POST', url = '/mcp', authorization = null, proofs = [], headers = {} } = sent;
  return {
    method,
    url,
    headers: {
      get(name) {
        if (name === 'authorization') return authorization;
        if (name === 'dpop') return proofs.length === 0 ? null : proofs.join(', ');
        return headers[name] ?? null;
      },
    },
  };
}

export interface TestDpop {
  readonly gate: Gate<'notes:read' | 'notes:write'>;
  readonly errors: unknown[];
  /** The claims of each token. */
  readonly tokens: Map<string, Record<string, unknown>>;
  /** Makes a token, bound to the key unless other claims are given. */
  token(key: ProofKey, claims?: Record<string, unknown>): string;
  /** Sends a good request, but for what is given. */
  send(key: ProofKey, token: string, sent?: SentRequest & ProofParts): Promise<Decision>;
  setTime(seconds: number): void;
}

/** A gate over tokens that are looked up. The time stands still. */
export function startDpop(
  options: Partial<DpopOptions> = {},
  gateOptions: Partial<GateOptions<'notes:read' | 'notes:write'>> = {},
): TestDpop {
  let now = NOW;
  const clock = (): number => now * 1000;
  const tokens = new Map<string, Record<string, unknown>>();
  const errors: unknown[] = [];
  const verifier: Verifier = (token) => {
    const claims = tokens.get(token);
    return claims === undefined ? undefined : { claims };
  };
  const gate = createGate({
    ...{ resource: RESOURCE, authorizationServers: ['https://idp.example.com'], verifier, clock },
    scopes: ['notes:read', 'notes:write'],
    initialScopes: ['notes:read'],
    dpop: dpop({ replay: memoryReplayStore({ clock }), ...options }),
    onError: (error) => errors.push(error),
    ...gateOptions,
  });
  return {
    gate,
    errors,
    tokens,
    token(key, claims = {}) {
      const token = `token-${tokens.size}`;
      tokens.set(token, {
        ...{ aud: RESOURCE, sub: 'ray', client_id: 'c1', scope: 'notes:read' },
        ...{ cnf: { jkt: key.jkt } },
        ...claims,
      });
      return token;
    },
    send(key, token, { header = {}, claims = {}, ...sent } = {}) {
      const proofs = [proofOf(key, token, { header, claims })];
      const request = requestOf({ authorization: `DPoP ${token}`, proofs, ...sent });
      return gate.check(request, 'notes:read');
    },
    setTime(seconds) {
      now = seconds;
    },
  };
}

export function challengeOf(decision: Decision): string | undefined {
  return decision.headers.find(([name]) => name === 'WWW-Authenticate')?.[1];
}

export function headerOf(decision: Decision, name: string): string | undefined {
  return decision.headers.find(([one]) => one === name)?.[1];
}
