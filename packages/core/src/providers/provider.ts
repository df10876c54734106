/**
 * What the providers of this folder are built with.
 *
 * @module
 */
import type { Provider, ProviderHint, TokenView } from '../gate/index.js';
import { checkKind } from '../options.js';
import { defineScopes, scopesFromClaims } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { EXPECTATIONS, checkedIdentify, clockToleranceOf, expectationsOf } from '../token/index.js';
import type { ActorKind, Claims, VerifiedToken, Verifier } from '../token/index.js';
import { jwtVerifier } from '../token/jwt/index.js';
import type { JwtVerifierOptions } from '../token/jwt/index.js';
import { ownMember } from '../values.js';

/** What every provider takes besides its own options, as `jwtVerifier` has it. */
export type CommonOptions = Pick<
  JwtVerifierOptions,
  | 'algorithms'
  | 'cache'
  | 'clock'
  | 'clockTolerance'
  | 'exclusiveAudience'
  | 'fetch'
  | 'identify'
  | 'onWarning'
  | 'requiredClaims'
>;

const COMMON: ReadonlySet<string> = new Set<keyof CommonOptions>([
  ...(['algorithms', 'cache', 'clock', 'clockTolerance', 'exclusiveAudience'] as const),
  ...(['fetch', 'identify', 'onWarning', 'requiredClaims'] as const),
]);

/** A provider; its tokens can be revoked in this process, as `jwtVerifier` does it. */
export interface JwtProvider extends Provider {
  readonly verifier: Verifier & {
    revoke(predicate: (claims: Claims) => boolean): () => void;
  };
}

/** What a verified token is beyond what its claims say by themselves. */
export interface Reading {
  readonly scopes?: readonly string[];
  readonly subject?: string;
  readonly clientId?: string;
  /** Where `subject` and client alone do not say it. */
  readonly kind?: ActorKind;
}

export interface JwtProviderParts {
  readonly name: string;
  readonly jwt: JwtVerifierOptions;
  readonly authorizationServers?: readonly string[];
  /**
   * Whether verified claims are those of an access token for this resource: what the provider says
   * in other places than `typ` and `aud`.
   */
  readonly isAccessToken: (claims: Claims, resource: string) => boolean;
  /** Where claims mean something else than their names say. */
  readonly read?: (claims: Claims) => Reading | undefined;
  readonly requestAs?: (scope: string) => string;
  readonly hints: readonly ProviderHint[];
}

/** Builds a provider over `jwtVerifier`: what it lets in is looked at once more, as claims. */
export function jwtProvider(parts: JwtProviderParts): JwtProvider {
  const { name, jwt, isAccessToken, read, requestAs, hints } = parts;
  const inner = jwtVerifier(jwt);
  const identify = checkedIdentify(jwt.identify);
  const check = (verified: VerifiedToken | null | undefined, resource: string): typeof verified => {
    if (verified === undefined || verified === null) return undefined;
    const claims = (ownMember(verified, 'claims') ?? {}) as Claims;
    if (!isAccessToken(claims, resource)) return undefined;
    const reading = read?.(claims);
    if (reading === undefined) return verified;
    // What the application says goes before what the provider's tokens mean in general.
    const identity = identify?.(claims);
    return { ...reading, ...identity, scopes: reading.scopes ?? scopesOf(claims), claims };
  };
  const verify: Verifier = (token, context) => {
    const verified = inner(token, context);
    return verified instanceof Promise
      ? verified.then((answer) => check(answer, context.resource))
      : check(verified, context.resource);
  };
  const verifier = Object.assign(verify, {
    audiences: inner.audiences ?? [],
    clockTolerance: clockToleranceOf(inner),
    revoke: (predicate: (claims: Claims) => boolean) => inner.revoke(predicate),
    [EXPECTATIONS]: expectationsOf(inner),
  });
  return Object.freeze({
    ...{ name, verifier: Object.freeze(verifier), hints: Object.freeze([...hints]) },
    authorizationServers: Object.freeze([...(parts.authorizationServers ?? issuersOf(jwt))]),
    ...(requestAs !== undefined && {
      nameScopes: (scopes: ScopeCatalogue) => withRequestNames(scopes, requestAs),
    }),
  });
}

/** Entries that have a request name of their own keep it. */
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
 * Takes the common options out of a provider's.
 *
 * @throws {@link TypeError} for an option that is neither the provider's nor common
 */
export function commonOptions(
  provider: string,
  options: object,
  names: readonly string[],
): CommonOptions {
  const rest = Object.entries(options).filter(([name]) => !names.includes(name));
  for (const [name] of rest) {
    if (!COMMON.has(name)) throw new TypeError(`${provider}.${name}: unknown option`);
  }
  return Object.fromEntries(rest.filter(([, value]) => value !== undefined)) as CommonOptions;
}

/** @throws {@link TypeError} when it is neither `true` nor `false`: a string from the environment is neither */
export function flag(path: string, value: boolean): boolean {
  checkKind(value, path, 'a boolean');
  return value;
}

/** @throws {@link TypeError} when it is no text of this form */
export function text(path: string, value: unknown, form: RegExp, expected: string): string {
  if (typeof value === 'string' && form.test(value)) return value;
  throw new TypeError(`${path}: expected ${expected}`);
}

/** @throws {@link TypeError} when it is no list of at least one text of this form */
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

export const HOST: RegExp = /^[a-z0-9.-]+(?::\d+)?$/i;
export const ID: RegExp = /^[\w.:/-]+$/;

/** A hint about JWTs. */
export function hint(
  applies: (claims: Claims, header: Claims) => boolean,
  says: string,
): ProviderHint {
  return {
    applies: (token: TokenView) => token.form === 'jwt' && applies(token.claims, token.header),
    says,
  };
}

/** A hint about tokens that are no JWT. */
export function opaqueHint(applies: (text: string) => boolean, says: string): ProviderHint {
  return { applies: (token: TokenView) => token.form === 'opaque' && applies(token.text), says };
}

/** The claim if it is a text, else `undefined`. */
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
