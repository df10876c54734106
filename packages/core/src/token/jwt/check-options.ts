/**
 * Checks the options of `jwtVerifier`, and says what they come to.
 *
 * @module
 */
import { checkUrl } from '../../metadata/index.js';
import { checkedIdentify } from '../index.js';
import type { Clock, Identify, TokenCacheOptions, VerifierExpectations } from '../index.js';
import type { AudienceRules } from './check-audience.js';
import type { ClaimRules } from './check-claims.js';
import { plainType } from './check-header.js';
import type { HeaderRules } from './check-header.js';
import { issuerKeys } from './issuer-keys.js';
import type { IssuerKeys } from './issuer-keys.js';
import type { JwtIssuer, JwtVerifierOptions, JwtWarning, ObservedAudience } from './options.js';

export interface JwtSettings extends HeaderRules, ClaimRules, AudienceRules {
  readonly issuers: ReadonlyMap<unknown, IssuerKeys>;
  readonly cache: TokenCacheOptions | undefined;
  readonly identify: Identify | undefined;
  readonly warn: (warning: JwtWarning) => void;
  readonly clock: Clock;
}

const NAMES = new Set<keyof JwtVerifierOptions>([
  ...(['issuer', 'issuers', 'jwks', 'audience', 'additionalAudiences', 'algorithms'] as const),
  ...(['typ', 'clockTolerance', 'requiredClaims', 'cache', 'fetch', 'clock'] as const),
  ...(['allowInsecureLoopback', 'onWarning', 'identify'] as const),
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
  const { clockTolerance = 30, typ = 'at+jwt', clock = Date.now, onWarning } = options;
  if (!(clockTolerance >= 0 && clockTolerance <= 60)) fail('clockTolerance', '0 to 60 seconds');
  for (const name of ['clock', 'fetch', 'onWarning', 'identify'] as const) {
    const given: unknown = options[name];
    if (given !== undefined && typeof given !== 'function') fail(name, 'a function');
  }
  const algorithms = strings('algorithms', options.algorithms ?? ASYMMETRIC, 1);
  const foreign = algorithms.find((name) => !ASYMMETRIC.includes(name));
  if (foreign !== undefined) {
    const known = ASYMMETRIC.join(' ');
    throw new TypeError(`jwtVerifier.algorithms: ${foreign} is not one of ${known}`);
  }
  return Object.freeze({
    issuers: checkIssuers(options, clock),
    ...checkAudiences(options.audience),
    additionalAudiences: new Set(strings('additionalAudiences', options.additionalAudiences ?? [])),
    algorithms: new Set(algorithms),
    types: checkTypes(typ),
    clockTolerance,
    requiredClaims: strings('requiredClaims', options.requiredClaims ?? []),
    cache: checkCache(options.cache),
    warn: onWarning ?? ((warning) => console.warn(`jwtVerifier: ${warning.message}`)),
    identify: checkedIdentify(options.identify),
    clock,
  });
}

/** What explains a refusal to a developer. */
export function expectationsFrom(settings: JwtSettings): VerifierExpectations {
  const { audiences, requiredClaims, clockTolerance, observedUntil, clock } = settings;
  return Object.freeze({
    ...{ audiences, requiredClaims, clockTolerance, observedUntil, clock },
    issuers: [...settings.issuers.keys()].map(String),
    additionalAudiences: [...settings.additionalAudiences].map(String),
    types: [...settings.types],
    algorithms: [...settings.algorithms].map(String),
  });
}

function checkIssuers(options: JwtVerifierOptions, clock: Clock): Map<unknown, IssuerKeys> {
  const { issuer, issuers, jwks, allowInsecureLoopback: insecure = false } = options;
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  if (typeof insecure !== 'boolean') fail('allowInsecureLoopback', 'true or false');
  if ((issuer === undefined) === (issuers === undefined)) fail('issuer', 'issuer or issuers');
  if (issuers !== undefined && !(Array.isArray(issuers) && issuers.length > 0)) {
    fail('issuers', 'a list of at least one issuer');
  }
  // Keys belong to one issuer: another's would verify its tokens as well.
  if (issuers !== undefined && jwks !== undefined) fail('jwks', 'to stand in issuers');
  const byIssuer = new Map<unknown, IssuerKeys>();
  for (const one of issuers ?? [{ issuer: issuer as string, jwks }]) {
    const source = checkIssuer(typeof one === 'string' ? { issuer: one } : one, insecure);
    if (byIssuer.has(source.issuer)) fail('issuers', `${source.issuer} only once`);
    byIssuer.set(source.issuer, issuerKeys({ ...source, fetch, clock }));
  }
  return byIssuer;
}

const ISSUER_NAMES = new Set<keyof JwtIssuer>(['issuer', 'jwks']);

function checkIssuer(source: JwtIssuer, insecure: boolean): JwtIssuer {
  checkNames(source, ISSUER_NAMES, 'issuers.');
  const { issuer, jwks } = source;
  const urls: [name: string, url: URL][] = [];
  const url = checkUrl(issuer, 'jwtVerifier.issuer');
  if (jwks === undefined) urls.push(['issuer', url]);
  else if (typeof jwks === 'string') urls.push(['jwks', checkUrl(jwks, 'jwtVerifier.jwks')]);
  else if (typeof jwks !== 'function' && (typeof jwks !== 'object' || jwks === null)) {
    fail('jwks', 'a URL, a JWKS or a function');
  }
  for (const [name, { protocol, href }] of urls) {
    if (protocol !== 'https:' && !insecure) {
      fail(name, `https, or allowInsecureLoopback beside ${href} in development`);
    }
  }
  return source;
}

function checkAudiences(
  audience: JwtVerifierOptions['audience'],
): Pick<AudienceRules, 'audiences' | 'observedUntil'> {
  if (audience === undefined) return { audiences: undefined, observedUntil: -Infinity };
  if (typeof audience === 'string' || Array.isArray(audience)) {
    return { audiences: strings('audience', toList(audience), 1), observedUntil: -Infinity };
  }
  checkNames(audience, new Set(['mode', 'until', 'accepted']), 'audience.');
  const { mode, until, accepted } = audience as ObservedAudience;
  if (mode !== 'observe') fail('audience.mode', "'observe'");
  const observedUntil = new Date(until).getTime();
  if (!Number.isFinite(observedUntil)) fail('audience.until', 'a date');
  return {
    audiences:
      accepted === undefined ? undefined : strings('audience.accepted', toList(accepted), 1),
    observedUntil,
  };
}

function checkTypes(typ: string | null | readonly (string | null)[]): Set<string | undefined> {
  const list = toList(typ);
  if (list.length === 0 || !list.every((one) => one === null || typeof one === 'string')) {
    fail('typ', 'strings or null, at least one');
  }
  return new Set(list.map((name) => plainType(name ?? undefined)));
}

function checkCache(cache: JwtVerifierOptions['cache'] = {}): TokenCacheOptions | undefined {
  if (cache === false) return undefined;
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
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`jwtVerifier.${path}: expected an object`.replace(/\.:/, ':'));
  }
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

function toList<T extends string | null>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

function fail(name: string, expected: string): never {
  throw new TypeError(`jwtVerifier.${name}: expected ${expected}`);
}
