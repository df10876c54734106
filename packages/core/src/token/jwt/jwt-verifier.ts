/**
 * Verifies JWT access tokens (RFC 9068) over jose.
 *
 * @module
 */
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { JWTHeaderParameters, JWTPayload, JWTVerifyGetKey } from 'jose';
import { checkUrl } from '../../metadata/index.js';
import { InvalidTokenError } from '../../errors.js';
import { isSameResource } from '../index.js';
import type { Verifier, VerifierContext } from '../index.js';
import { issuerKeys } from './issuer-keys.js';
import type { JwksSource } from './issuer-keys.js';

export interface JwtVerifierOptions {
  /** Issuer identifier, compared exactly: no slash and no case is repaired. */
  readonly issuer: string;
  /**
   * Audiences that a token may name.
   *
   * @default the gate's `resource`
   */
  readonly audience?: string | readonly string[];
  /**
   * Audiences a token may name beside an accepted one. Without it such a token is refused: the
   * other service could replay it here, and the reverse.
   */
  readonly additionalAudiences?: readonly string[];
  /** @default the asymmetric algorithms of JWS that jose verifies; `none` and HMAC never */
  readonly algorithms?: readonly string[];
  /**
   * Accepted `typ` of the token's header, without `application/`; `null` stands for an absent one.
   * Widening it admits ID tokens of an issuer that gives them the same audience.
   *
   * @default 'at+jwt'
   */
  readonly typ?: string | null | readonly (string | null)[];
  /**
   * Seconds of clock difference to forgive, at most 60.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
  /** URL of the JWKS, or a JWKS. @default found through the issuer's metadata */
  readonly jwks?: string | JwksSource;
  /** @default the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

const ASYMMETRIC: readonly string[] = [
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
];

/** Longer tokens are refused unread. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/**
 * Makes a verifier for JWT access tokens.
 *
 * Checks, before the signature and again on what was verified: three parts and at most 16 KiB, `alg`
 * asymmetric and allowed, no `crit`, `typ`, `iss` exactly, `aud`, `exp` present and finite, `nbf`;
 * then the signature with the issuer's own keys. Key material in the token (`jwk`, `jku`, `x5u`,
 * `x5c`) is ignored. Encrypted and nested tokens are refused.
 *
 * Does not check scopes (the gate does), nor revocation: a JWT is good until `exp`.
 *
 * @throws {@link TypeError} naming the option, at construction
 * @group Verifiers
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068#section-4 RFC 9068 s4}
 */
export function jwtVerifier(options: JwtVerifierOptions): Verifier {
  const settings = checkOptions(options);
  const verify = async (
    token: string,
    context: VerifierContext,
  ): Promise<{ claims: JWTPayload }> => {
    const audiences = settings.audiences ?? [context.resource];
    checkShape(token, settings);
    checkClaims(
      readable(() => decodeJwt(token)),
      audiences,
      settings,
    );
    const claims = await verifySignature(token, settings);
    checkClaims(claims, audiences, settings);
    return { claims };
  };
  return Object.assign(verify, { audiences: settings.audiences ?? [] });
}

interface Settings {
  readonly issuer: string;
  readonly audiences: readonly string[] | undefined;
  readonly additionalAudiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly types: ReadonlySet<string | null>;
  readonly clockTolerance: number;
  readonly keys: JWTVerifyGetKey;
}

function checkShape(token: string, settings: Settings): void {
  require(token.length <= MAX_TOKEN_LENGTH, 'token too long');
  require(token.split('.', 4).length === 3, 'not three parts');
  const header: Partial<JWTHeaderParameters> = readable(() => decodeProtectedHeader(token));
  require(settings.algorithms.includes(header.alg as string), 'alg');
  require(header.crit === undefined, 'crit');
  const typ = header.typ;
  const plain = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : null;
  require(typ === undefined || typeof typ === 'string', 'typ');
  require(settings.types.has(plain), 'typ');
}

/** Seconds past which a time is taken for milliseconds: the year 5138. */
const IMPLAUSIBLE = 1e11;

function checkClaims(claims: JWTPayload, audiences: readonly string[], settings: Settings): void {
  require(claims.iss === settings.issuer, 'iss');
  const aud: readonly unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  const accepted = (one: unknown): boolean => audiences.some((name) => isSameResource(one, name));
  require(aud.some(accepted), 'aud');
  require(aud.every(
    (one) => accepted(one) || settings.additionalAudiences.includes(one as string),
  ), 'a further aud');
  const now = Date.now() / 1000;
  const { exp, nbf, typ } = claims;
  require(Number.isFinite(exp) && (exp as number) < IMPLAUSIBLE, 'exp');
  require((exp as number) + settings.clockTolerance > now, 'exp');
  require(nbf === undefined ||
    (Number.isFinite(nbf) && nbf - settings.clockTolerance <= now), 'nbf');
  // Some providers mark their other tokens in the payload only.
  require(!['id', 'refresh', 'offline', 'logout'].includes(String(typ).toLowerCase()), 'typ claim');
}

async function verifySignature(token: string, settings: Settings): Promise<JWTPayload> {
  const options = {
    algorithms: [...settings.algorithms],
    clockTolerance: settings.clockTolerance,
    issuer: settings.issuer,
  };
  try {
    return (await jwtVerify(token, settings.keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // No `kid`, and several keys fit: any of them may have signed.
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** jose's decoders throw a `TypeError` on what is no JWT: the token's fault, not a caller's. */
function readable<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new InvalidTokenError('the token was refused: not a JWT', { cause });
  }
}

/** The message is for logs; no part of the token goes into it. */
function require(condition: boolean, what: string): asserts condition {
  if (!condition) throw new InvalidTokenError(`the token was refused: ${what}`);
}

const OPTIONS = new Set<keyof JwtVerifierOptions>([
  ...(['issuer', 'audience', 'additionalAudiences', 'algorithms'] as const),
  ...(['typ', 'clockTolerance', 'jwks', 'fetch'] as const),
]);

function checkOptions(options: JwtVerifierOptions): Settings {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name as keyof JwtVerifierOptions)) {
      throw new TypeError(`jwtVerifier.${name}: unknown option`);
    }
  }
  const { issuer, jwks, clockTolerance = 30, typ = 'at+jwt' } = options;
  checkUrl(issuer, 'jwtVerifier.issuer');
  if (typeof jwks === 'string') checkUrl(jwks, 'jwtVerifier.jwks');
  if (!(clockTolerance >= 0 && clockTolerance <= 60)) {
    throw new TypeError('jwtVerifier.clockTolerance: expected 0 to 60 seconds');
  }
  const algorithms = options.algorithms ?? ASYMMETRIC;
  const foreign = algorithms.find((name) => !ASYMMETRIC.includes(name));
  if (foreign !== undefined || algorithms.length === 0) {
    throw new TypeError(
      `jwtVerifier.algorithms: ${foreign ?? 'none'} is not one of ${ASYMMETRIC.join(' ')}`,
    );
  }
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    issuer,
    audiences: options.audience === undefined ? undefined : nonEmpty('audience', options.audience),
    additionalAudiences: Object.freeze([...(options.additionalAudiences ?? [])]),
    algorithms: Object.freeze([...algorithms]),
    types: new Set(toList(typ).map((name) => name?.toLowerCase() ?? null)),
    clockTolerance,
    keys: issuerKeys({ issuer, jwks, fetch }),
  };
}

function nonEmpty(name: string, value: string | readonly string[]): readonly string[] {
  const list = toList(value);
  if (list.length === 0 || list.some((one) => typeof one !== 'string' || one === '')) {
    throw new TypeError(`jwtVerifier.${name}: expected at least one non-empty string`);
  }
  return Object.freeze([...list]);
}

function toList<T extends string | null>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
