/**
 * The options of `jwtVerifier`, and what they come to.
 *
 * @module
 */
import { checkUrl } from '../../metadata/index.js';
import type { Clock, TokenCacheOptions } from '../index.js';
import type { ClaimRules } from './check-claims.js';
import { plainType } from './check-header.js';
import type { HeaderRules } from './check-header.js';
import { issuerKeys } from './issuer-keys.js';
import type { IssuerKeys, JwksSource } from './issuer-keys.js';

/** An issuer, and where its keys are. */
export interface JwtIssuer {
  /** Issuer identifier, compared exactly: no slash and no case is repaired. */
  readonly issuer: string;
  /**
   * URL of the JWKS, a JWKS, or a function that finds the key for a header, as jose has it.
   *
   * @default found through the issuer's metadata
   */
  readonly jwks?: JwksSource;
}

export interface JwtVerifierOptions extends Partial<JwtIssuer> {
  /** Several issuers in the place of one, each with keys of its own. */
  readonly issuers?: readonly (string | JwtIssuer)[];
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
  /**
   * Claims that must be there and not empty, beside `iss`, `aud` and `exp`.
   *
   * @default none; RFC 9068 s2.2 asks issuers for `sub`, `client_id`, `iat` and `jti`, and few obey
   */
  readonly requiredClaims?: readonly string[];
  /**
   * Bounds of the cache of verified tokens; `false` verifies every signature again.
   *
   * @default 10,000 tokens, 32 MiB
   */
  readonly cache?: TokenCacheOptions | false;
  /** @default the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Milliseconds since the epoch, for tests.
   *
   * @default Date.now
   */
  readonly clock?: Clock;
}

export interface JwtSettings extends HeaderRules, ClaimRules {
  readonly issuers: ReadonlyMap<unknown, IssuerKeys>;
  /** `undefined` for the gate's resource. */
  readonly audiences: readonly string[] | undefined;
  readonly algorithmNames: readonly string[];
  readonly cache: TokenCacheOptions | undefined;
  readonly clock: Clock;
}

const NAMES = new Set<keyof JwtVerifierOptions>([
  ...(['issuer', 'issuers', 'jwks', 'audience', 'additionalAudiences', 'algorithms'] as const),
  ...(['typ', 'clockTolerance', 'requiredClaims', 'cache', 'fetch', 'clock'] as const),
]);

const ASYMMETRIC: readonly string[] = [
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
];

/**
 * Checks, copies and freezes the options.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkJwtOptions(options: JwtVerifierOptions): JwtSettings {
  checkNames(options, NAMES, '');
  const { audience, clockTolerance = 30, typ = 'at+jwt', clock = Date.now } = options;
  if (!(clockTolerance >= 0 && clockTolerance <= 60)) fail('clockTolerance', '0 to 60 seconds');
  if (typeof clock !== 'function') fail('clock', 'a function');
  const algorithms = strings('algorithms', options.algorithms ?? ASYMMETRIC, 1);
  const foreign = algorithms.find((name) => !ASYMMETRIC.includes(name));
  if (foreign !== undefined) {
    const known = ASYMMETRIC.join(' ');
    throw new TypeError(`jwtVerifier.algorithms: ${foreign} is not one of ${known}`);
  }
  return Object.freeze({
    issuers: checkIssuers(options, clock),
    audiences: audience === undefined ? undefined : strings('audience', toList(audience), 1),
    additionalAudiences: new Set(strings('additionalAudiences', options.additionalAudiences ?? [])),
    algorithms: new Set(algorithms),
    algorithmNames: algorithms,
    types: checkTypes(typ),
    clockTolerance,
    requiredClaims: strings('requiredClaims', options.requiredClaims ?? []),
    cache: checkCache(options.cache),
    clock,
  });
}

function checkIssuers(options: JwtVerifierOptions, clock: Clock): Map<unknown, IssuerKeys> {
  const { issuer, issuers, jwks } = options;
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  if (typeof fetch !== 'function') fail('fetch', 'a function');
  if ((issuer === undefined) === (issuers === undefined)) fail('issuer', 'issuer or issuers');
  if (issuers !== undefined && !isNonEmptyList(issuers)) {
    fail('issuers', 'a list of at least one issuer');
  }
  // Keys belong to one issuer: another's would verify its tokens as well.
  if (issuers !== undefined && jwks !== undefined) fail('jwks', 'to stand in issuers');
  const byIssuer = new Map<unknown, IssuerKeys>();
  for (const one of issuers ?? [{ issuer: issuer as string, jwks }]) {
    const source: JwtIssuer = typeof one === 'string' ? { issuer: one } : one;
    checkNames(source, ISSUER_NAMES, 'issuers.');
    checkUrl(source.issuer, 'jwtVerifier.issuer');
    checkJwks(source.jwks);
    if (byIssuer.has(source.issuer)) fail('issuers', 'each issuer once', source.issuer);
    byIssuer.set(
      source.issuer,
      issuerKeys({ issuer: source.issuer, jwks: source.jwks, fetch, clock }),
    );
  }
  return byIssuer;
}

const ISSUER_NAMES = new Set<keyof JwtIssuer>(['issuer', 'jwks']);

function checkJwks(jwks: unknown): void {
  if (typeof jwks === 'string') checkUrl(jwks, 'jwtVerifier.jwks');
  else if (
    jwks !== undefined &&
    typeof jwks !== 'function' &&
    (typeof jwks !== 'object' || !jwks)
  ) {
    fail('jwks', 'a URL, a JWKS or a function');
  }
}

function checkTypes(typ: NonNullable<JwtVerifierOptions['typ']> | null): Set<string | undefined> {
  const list = toList(typ);
  if (list.length === 0 || !list.every((one) => one === null || typeof one === 'string')) {
    fail('typ', 'strings or null, at least one');
  }
  return new Set(list.map((name) => plainType(name ?? undefined)));
}

function checkCache(cache: JwtVerifierOptions['cache'] = {}): TokenCacheOptions | undefined {
  if (cache === false) return undefined;
  if (typeof cache !== 'object' || cache === null) fail('cache', 'bounds, or false');
  checkNames(cache, new Set<keyof TokenCacheOptions>(['maxEntries', 'maxBytes']), 'cache.');
  for (const name of ['maxEntries', 'maxBytes'] as const) {
    const bound = cache[name];
    if (bound !== undefined && !(Number.isSafeInteger(bound) && bound >= 2)) {
      fail(`cache.${name}`, 'a whole number of at least 2');
    }
  }
  return { ...cache };
}

function checkNames(options: object, names: ReadonlySet<string>, path: string): void {
  if (typeof options !== 'object' || options === null) fail(path || 'options', 'an object');
  for (const name of Object.keys(options)) {
    if (!names.has(name)) throw new TypeError(`jwtVerifier.${path}${name}: unknown option`);
  }
}

function strings(name: string, value: readonly string[], atLeast = 0): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [undefined];
  if (list.length < atLeast || !list.every((one) => typeof one === 'string' && one !== '')) {
    fail(name, atLeast > 0 ? 'at least one non-empty string' : 'non-empty strings');
  }
  return Object.freeze([...value]);
}

function isNonEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function toList<T extends string | null>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

function fail(name: string, expected: string, found?: string): never {
  const instead = found === undefined ? '' : `, not ${JSON.stringify(found)}`;
  throw new TypeError(`jwtVerifier.${name}: expected ${expected}${instead}`);
}
