/**
 * Builds providers that use `jwtVerifier`.
 *
 * @module
 */
import type { Provider, ProviderHint, TokenView } from '../gate/index.js';
import { checkKind } from '../options.js';
import { defineScopes, scopesFromClaims } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import {
  EXPECTATIONS,
  IS_REVOKED,
  checkedIdentify,
  clockToleranceOf,
  expectationsOf,
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
import type { JwtVerifierOptions, JwtWarning } from '../token/jwt/index.js';
import { ownMember } from '../values.js';

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
   * Whether the verified claims are those of an access token for this resource. The function checks claims that
   * the verifier does not check, and the audience if the verifier accepts any audience.
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
    // Members in the result of the application's `identify` replace those that the provider itself read.
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
    // A `jwtVerifier` returns the same function for every token.
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
 * Returns options of `jwtVerifier` for tokens that may lack an audience. Until the date in them, the verifier
 * accepts any audience, so `isAccessToken` must check it instead. The verifier's warnings about audiences are left
 * out, and all others are passed on.
 *
 * @throws {@link TypeError} if `onWarning` is no function
 */
export function uncheckedAudience(
  provider: string,
  { onWarning = warnOnConsole }: Pick<JwtVerifierOptions, 'onWarning'>,
): Required<Pick<JwtVerifierOptions, 'audience' | 'onWarning'>> {
  checkKind(onWarning, `${provider}.onWarning`, 'a function');
  return {
    audience: { mode: 'observe', until: '9999-12-31T00:00:00Z' },
    onWarning: (warning) => {
      if (!ABOUT_AUDIENCE.has(warning.code)) onWarning(warning);
    },
  };
}

const ABOUT_AUDIENCE: ReadonlySet<JwtWarning['code']> = new Set<JwtWarning['code']>([
  'audience_observed',
  'audience_mismatch',
]);

/** Warns as `jwtVerifier` does without the option. */
function warnOnConsole({ message }: JwtWarning): void {
  console.warn(`jwtVerifier: ${message}`);
}

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
