/**
 * Access tokens for tests.
 *
 * @module
 */
import { CompactSign, base64url } from 'jose';
import type { CompactJWSHeaderParameters, CryptoKey } from 'jose';

/** The parts of an issuer that its tokens need. */
interface TokenIssuer {
  readonly issuer: string;
  readonly resource: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** The claims and the header of a token. `null` leaves out a claim that tokens have by default. */
export interface MintOptions {
  /** @default none: the token has no `scope` */
  readonly scopes?: readonly string[];
  /** For a client without a user, pass the value of `clientId` (RFC 9068 s2.2). @default 'test-user' */
  readonly subject?: string | null;
  /** @default 'test-client' */
  readonly clientId?: string | null;
  /** @default the issuer's `resource` */
  readonly audience?: string | readonly string[] | null;
  /** Seconds. For an expired token, less than minus the verifier's `clockTolerance`, such as -60. @default 300 */
  readonly expiresIn?: number;
  /** Further claims, which also replace those of the options above; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Further header members, which also replace `alg`, `typ` and `kid`. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** The claims of RFC 9068 s2.2, with the options' changes. */
export function claimsOf(
  { issuer, resource, clock }: TokenIssuer,
  options: MintOptions,
): Record<string, unknown> {
  const { scopes, subject = 'test-user', clientId = 'test-client', expiresIn = 300 } = options;
  const now = Math.floor(clock() / 1000);
  const claims = {
    iss: issuer,
    aud: options.audience === undefined ? resource : options.audience,
    sub: subject,
    client_id: clientId,
    iat: now,
    exp: now + expiresIn,
    jti: crypto.randomUUID(),
    scope: scopes?.join(' ') ?? null,
  };
  const named = Object.entries(claims).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(named), ...options.claims };
}

/** Signs any bytes. It accepts every extension that the header lists in `crit`. */
export function signCompact(
  header: Readonly<Record<string, unknown>>,
  payload: Uint8Array,
  key: CryptoKey | Uint8Array,
): Promise<string> {
  const names = Array.isArray(header['crit']) ? (header['crit'] as readonly string[]) : [];
  const crit = Object.fromEntries(names.map((name) => [name, true]));
  return new CompactSign(payload)
    .setProtectedHeader(header as CompactJWSHeaderParameters)
    .sign(key, { crit });
}

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** JSON as one part of a JWT. */
export function toPart(value: unknown): string {
  return base64url.encode(encodeJson(value));
}
