/**
 * Builds providers that use `jwtVerifier`, and checks their options.
 *
 * @module
 */
import type { Provider, ProviderHint, TokenView } from '../gate/index.js';
import { checkKind, expect, unknownOption } from '../options.js';
import { defineScopes, scopesFromClaims } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import {
  EXPECTATIONS,
  IS_REVOKED,
  checkAddress,
  checkName,
  checkedIdentify,
  clockToleranceOf,
  expectationsOf,
  readAddresses,
  revocationTestOf,
  statementsOf,
} from '../token/index.js';
import type {
  ActorKind,
  Claims,
  VerifiedToken,
  Verifier,
  VerifierContext,
} from '../token/index.js';
import { jwtVerifier } from '../token/jwt/index.js';
import type { JwtVerifierOptions } from '../token/jwt/index.js';
import { ownMember } from '../values.js';

/**
 * The options of `jwtVerifier` that every provider takes, too. `jwks` takes the place of the keys that the
 * provider would fetch.
 */
export type CommonOptions = Pick<
  JwtVerifierOptions,
  | 'algorithms'
  | 'allowInsecureHosts'
  | 'allowInsecureLoopback'
  | 'cache'
  | 'clock'
  | 'clockTolerance'
  | 'exclusiveAudience'
  | 'fetch'
  | 'identify'
  | 'internalUrl'
  | 'jwks'
  | 'onWarning'
  | 'requiredClaims'
>;

const COMMON: ReadonlySet<string> = new Set<keyof CommonOptions>([
  ...(['algorithms', 'cache', 'clock', 'clockTolerance', 'exclusiveAudience'] as const),
  ...(['fetch', 'identify', 'onWarning', 'requiredClaims'] as const),
  ...(['allowInsecureHosts', 'allowInsecureLoopback', 'internalUrl', 'jwks'] as const),
]);

/** A provider whose tokens can be revoked in this process, as with `jwtVerifier`. */
export interface JwtProvider extends Provider {
  readonly verifier: Verifier & {
    revoke(predicate: (claims: Claims) => boolean): () => void;
  };
}

/** The facts of a verified token that its standard claims do not contain. */
export interface Reading {
  readonly scopes?: readonly string[];
  readonly subject?: string;
  readonly clientId?: string;
  /** The kind of the caller; needed if a comparison of `subject` and client does not determine it. */
  readonly kind?: ActorKind;
}

export interface JwtProviderParts {
  readonly name: string;
  readonly jwt: JwtVerifierOptions;
  readonly authorizationServers?: readonly string[];
  /**
   * Whether the verified claims are those of an access token for this resource. It checks claims that the
   * verifier does not check, and the audience if the verifier accepts any.
   */
  readonly isAccessToken: (claims: Claims, resource: string) => boolean;
  /** Reads claims whose meaning differs from that of their standard names. */
  readonly read?: (claims: Claims) => Reading | undefined;
  readonly requestAs?: (scope: string) => string;
  readonly hints: readonly ProviderHint[];
}

/**
 * Makes a provider that uses `jwtVerifier`. If the verifier accepts a token, the provider also checks and
 * reads the token's claims.
 */
export function jwtProvider(parts: JwtProviderParts): JwtProvider {
  const { name, jwt, isAccessToken, read, requestAs, hints } = parts;
  const inner = jwtVerifier(jwt);
  const identify = checkedIdentify(jwt.identify);
  const check = (
    verified: VerifiedToken | null | undefined,
    { resource, explain }: VerifierContext,
  ): typeof verified => {
    if (verified === undefined || verified === null) return undefined;
    const claims = (ownMember(verified, 'claims') ?? {}) as Claims;
    if (!isAccessToken(claims, resource)) {
      explain?.({ detail: 'claims' });
      return undefined;
    }
    const reading = read?.(claims);
    if (reading === undefined) return verified;
    // The result of the application's `identify` replaces what the provider itself read.
    const identity = identify?.(claims);
    return { ...reading, ...identity, scopes: reading.scopes ?? scopesOf(claims), claims };
  };
  const verify: Verifier = (token, context) => {
    const verified = inner(token, context);
    return verified instanceof Promise
      ? verified.then((answer) => check(answer, context))
      : check(verified, context);
  };
  const verifier = Object.assign(verify, {
    audiences: inner.audiences ?? [],
    issuers: inner.issuers ?? [],
    clockTolerance: clockToleranceOf(inner),
    revoke: (predicate: (claims: Claims) => boolean) => inner.revoke(predicate),
    // One of JWTs gives the same answer for every token.
    [IS_REVOKED]: revocationTestOf(inner, ''),
    [EXPECTATIONS]: expectationsOf(inner),
    ...statementsOf(inner),
  });
  return Object.freeze({
    ...{ name, verifier: Object.freeze(verifier), hints: Object.freeze([...hints]) },
    authorizationServers: Object.freeze([...(parts.authorizationServers ?? issuersOf(jwt))]),
    ...(requestAs !== undefined && {
      nameScopes: (scopes: ScopeCatalogue) => withRequestNames(scopes, requestAs),
    }),
  });
}

/** Returns the catalogue with request names. Entries that already have a request name keep it. */
function withRequestNames(
  catalogue: ScopeCatalogue,
  requestAs: (scope: string) => string,
): ScopeCatalogue {
  return defineScopes(
    Object.fromEntries(
      catalogue.names.map((name) => [name, { requestAs: requestAs(name), ...catalogue.get(name) }]),
    ),
  );
}

function issuersOf({ issuer, issuers = [] }: JwtVerifierOptions): readonly string[] {
  if (issuer !== undefined) return [issuer];
  return issuers.map((one) => (typeof one === 'string' ? one : one.issuer));
}

/**
 * Returns those options of a provider that are for `jwtVerifier`: the common ones and those in `passed`.
 *
 * @param own - the options that the provider reads itself
 * @throws {@link TypeError} for any other option
 */
export function verifierOptions<T extends CommonOptions, Passed extends keyof T = never>(
  provider: string,
  options: T,
  own: readonly Exclude<keyof T, keyof CommonOptions>[],
  passed: readonly Passed[] = [],
): CommonOptions & Pick<T, Passed> {
  const known = new Set<PropertyKey>([...COMMON, ...passed]);
  const ownNames = new Set<PropertyKey>(own);
  const taken = Object.entries(options).filter(([name]) => !ownNames.has(name));
  for (const [name] of taken) {
    const isKnown = known.has(name);
    expect(isKnown, `${provider}.${name}`, unknownOption(name, [...known, ...own].map(String)));
  }
  const present = taken.filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as CommonOptions & Pick<T, Passed>;
}

/**
 * Options of `jwtVerifier` for tokens that may lack an audience. Until the date in them, the verifier accepts
 * any audience without a warning. `isAccessToken` must check the audience instead.
 */
export const UNCHECKED_AUDIENCE: Pick<JwtVerifierOptions, 'audience' | 'onWarning'> = {
  audience: { mode: 'observe', until: '9999-12-31T00:00:00Z' },
  onWarning: () => undefined,
};

/**
 * Returns the value.
 *
 * @throws {@link TypeError} unless the value is a boolean: a string such as `'false'` from the environment
 * is refused
 */
export function flag(path: string, value: boolean): boolean {
  checkKind(value, path, 'a boolean');
  return value;
}

/**
 * Returns the value.
 *
 * @throws {@link TypeError} unless the value is a text that matches `form`
 */
export function text(path: string, value: unknown, form: RegExp, expected: string): string {
  if (typeof value === 'string' && form.test(value)) return value;
  throw new TypeError(`${path}: expected ${expected}`);
}

/**
 * Returns a frozen copy of the list.
 *
 * @throws {@link TypeError} unless the value is a list of at least one text, and each text matches `form`
 */
export function texts(
  path: string,
  value: unknown,
  form: RegExp,
  expected: string,
): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new TypeError(`${path}: expected a list of at least one: ${expected}`);
  }
  return Object.freeze(value.map((one, index) => text(`${path}[${index}]`, one, form, expected)));
}

const HOST: RegExp = /^(?:http:\/\/)?[a-z0-9.-]+(?::\d+)?$/i;

/**
 * Returns the origin of a provider's domain. A stand-in for development may be given with its scheme,
 * `http://localhost:4000`.
 *
 * @throws {@link TypeError} unless the value is a host, and for one by http that the options do not allow
 */
export function originOf(
  path: string,
  value: unknown,
  options: CommonOptions,
  expected: string,
): string {
  const domain = text(path, value, HOST, expected);
  const isInsecure = domain.startsWith('http://');
  return isInsecure ? issuerUrl(path, domain, options) : `https://${domain}`;
}

/**
 * Returns the URL of an issuer. The verifier checks it, too, but does not know the provider's option.
 *
 * @throws {@link TypeError} unless the URL uses https, or http as the options allow
 */
export function issuerUrl(path: string, url: string, options: CommonOptions): string {
  const isFetched = options.jwks === undefined && options.internalUrl === undefined;
  const addresses = readAddresses(options, path.replace(/\..*/, ''));
  (isFetched ? checkAddress : checkName)(url, path, addresses);
  return url;
}

export const ID: RegExp = /^[\w.:/-]+$/;

/** Makes a hint that is given for a refused JWT if `applies` returns `true`. */
export function hint(
  applies: (claims: Claims, header: Claims) => boolean,
  says: string,
): ProviderHint {
  return {
    applies: (token: TokenView) => token.form === 'jwt' && applies(token.claims, token.header),
    says,
  };
}

/** Makes a hint that is given for a refused opaque token if `applies` returns `true`. */
export function opaqueHint(applies: (text: string) => boolean, says: string): ProviderHint {
  return { applies: (token: TokenView) => token.form === 'opaque' && applies(token.text), says };
}

/** Returns the claim if it is a non-empty text, else `undefined`. */
export function textClaim(claims: Claims, name: string): string | undefined {
  const value = ownMember(claims, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function listClaim(claims: Claims, name: string): readonly unknown[] {
  const value = ownMember(claims, name);
  return Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
}

export function scopesOf(claims: Claims, names?: readonly string[]): readonly string[] {
  return scopesFromClaims(claims, names === undefined ? undefined : { claims: names });
}
