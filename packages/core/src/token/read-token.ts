/**
 * Reads the answer of a verifier.
 *
 * @module
 */
import { isScopeToken, scopesFromClaims } from '../scope/index.js';
import { freeze, isObject, ownMember } from '../values.js';
import { readActors } from './actors.js';
import { IDENTIFIERS, isTextList } from './registered-claims.js';
import type { Claims, Identity, TokenFacts } from './types.js';
import type { ActorKind, VerifiedToken } from './verifier.js';

/** The facts of a token, and values that must still be checked. */
export interface TokenReading {
  readonly facts: TokenFacts;
  /** All times in the answer at which the token expires: none may have passed. */
  readonly expiries: readonly unknown[];
  readonly notBefore: unknown;
  /** The identifiers in the answer, such as `iss` and `sub`: each must be a string or absent. */
  readonly texts: readonly unknown[];
  /** All audience values of the answer: each must name an accepted audience, except until `observedUntil`. */
  readonly audiences: readonly unknown[];
  /**
   * The time until which another audience is accepted, in seconds since the epoch; only
   * {@link freezeToken} sets it.
   */
  readonly observedUntil: number;
  /** The key or certificate to which the token is bound: any value but `undefined` binds it. */
  readonly confirmation: unknown;
}

/**
 * Reads a verifier's answer. It checks only the shape of the answer. The members beside `claims` or `payload`
 * count in every shape, so that nothing that a verifier says about a token is lost.
 *
 * @throws {@link TypeError} if the answer has none of the documented shapes
 */
export function readToken(verified: unknown): TokenReading {
  const known = FrozenToken.readingOf(verified);
  if (known !== undefined) return known;
  const scopes = ownMember(verified, 'scopes');
  const payload = ownMember(verified, 'payload');
  const claims = ownMember(verified, 'claims') ?? payload ?? (scopes && NOTHING);
  if (
    isObject(claims) &&
    !Array.isArray(claims) &&
    // Of two sets of claims, one would not be checked.
    (payload === undefined || payload === claims) &&
    (scopes === undefined || isTextList(scopes))
  ) {
    return readClaims(claims, verified, scopes?.filter(isScopeToken));
  }
  throw new TypeError('the verifier must return { claims }, { payload } or { scopes: [...] }');
}

/** The facts that a verifier knows about its tokens in addition to their claims. */
export interface FreezeTokenOptions {
  /** The time until which other audiences are accepted, in milliseconds since the epoch. */
  readonly observedUntil?: number | undefined;
  /** The issuer for binding keys if the claims name none. */
  readonly issuer?: string | undefined;
  /** The scopes, if they are in other claims than the standard ones. */
  readonly scopes?: readonly string[] | undefined;
  /**
   * Returns who acts, and when a token without `exp` expires, in seconds since the epoch. The identity must
   * be checked already, as by `checkedIdentify`.
   */
  readonly identify?:
    | ((claims: Claims) => (Identity & { readonly expiresAt?: number }) | undefined)
    | undefined;
}

/**
 * Makes a verified token of claims that no other code holds: freezes them, and reads them once, when
 * they are first used, so that the token can be returned many times. Answers of the application's
 * verifiers are read every time, since the same object may have other contents the next time.
 */
export function freezeToken(claims: Claims, options: FreezeTokenOptions = NOTHING): VerifiedToken {
  return new FrozenToken(freeze(claims), options);
}

/** A verified token. Its private member proves that this module created it. */
class FrozenToken {
  readonly claims: Claims;
  readonly #options: FreezeTokenOptions;
  #reading: TokenReading | undefined;

  constructor(claims: Claims, options: FreezeTokenOptions) {
    this.claims = claims;
    this.#options = options;
    Object.freeze(this);
  }

  static readingOf(verified: unknown): TokenReading | undefined {
    if (!isObject(verified) || !(#reading in verified)) return undefined;
    return (verified.#reading ??= verified.#read());
  }

  #read(): TokenReading {
    const { scopes, identify } = this.#options;
    return readClaims(this.claims, identify?.(this.claims), scopes, this.#options);
  }
}

const NOTHING = Object.freeze({});

/**
 * @param beside - the members beside the claims: `subject`, `clientId` and `kind` override the claims,
 * `expiresAt`, `audience` and `resource` (of an `AuthInfo`) are checked in addition to `exp` and `aud`, and `cnf`
 * counts if the claims have none
 * @param frozen - the options of a frozen token
 */
function readClaims(
  claims: Claims,
  beside: unknown = NOTHING,
  given: readonly string[] = scopesFromClaims(claims),
  frozen?: FreezeTokenOptions,
): TokenReading {
  const scopes = new Set(given);
  // Leniency: `expiresAt: null`, as databases have it, says nothing.
  const expiresAt = ownMember(beside, 'expiresAt') ?? undefined;
  const expiries = [ownMember(claims, 'exp'), expiresAt].filter(isStated);
  // The `AuthInfo` of the MCP SDK has a `URL` here, which must be compared as text.
  const resource = ownMember(beside, 'resource') as URL | undefined;
  const audiences = [
    ownMember(claims, 'aud'),
    ownMember(beside, 'audience'),
    resource && String(resource),
  ].filter(isStated);
  const names = IDENTIFIERS.map((name) => ownMember(claims, name));
  const texts = [...names, ownMember(beside, 'subject'), ownMember(beside, 'clientId')];
  const clientId = text(ownMember(beside, 'clientId')) ?? clientIdOf(claims) ?? '';
  const subject = text(ownMember(beside, 'subject')) ?? text(ownMember(claims, 'sub'));
  const issuer = text(ownMember(claims, 'iss'));
  const cnf = ownMember(claims, 'cnf');
  return {
    facts: {
      claims,
      frozen: frozen !== undefined,
      scopes,
      scopeList: Object.freeze([...scopes]),
      clientId,
      subject,
      issuer,
      kind: kindOf(ownMember(beside, 'kind'), subject, clientId),
      actors: readActors(ownMember(claims, 'act')),
      bindingKey:
        subject === undefined
          ? undefined
          : JSON.stringify([issuer ?? frozen?.issuer ?? '', clientId, subject]),
      // If one of them is no number, the token is refused.
      expiresAt: expiries.length > 0 ? Math.min(...expiries.map(Number)) : undefined,
    },
    expiries,
    notBefore: ownMember(claims, 'nbf'),
    texts,
    audiences,
    observedUntil: (frozen?.observedUntil ?? -Infinity) / 1000,
    // `cnf: null` in the claims binds, too, and must not be replaced by the `cnf` beside them.
    confirmation: cnf === undefined ? ownMember(beside, 'cnf') : cnf,
  };
}

/**
 * Returns who acts. `sub` is the user, or the client if it acts for itself (RFC 9068 s2.2). Without a
 * subject, or without a client to compare it with, the kind is unknown (RFC 7662 s2.2: both are
 * optional).
 */
function kindOf(
  stated: unknown,
  subject: string | undefined,
  clientId: string,
): ActorKind | undefined {
  if (stated === 'user' || stated === 'client') return stated;
  if (stated !== undefined) throw new TypeError("kind: expected 'user' or 'client'");
  if (subject === undefined || clientId === '') return undefined;
  return subject === clientId ? 'client' : 'user';
}

/** Reads `client_id` (RFC 9068, RFC 7662), else the claims that widespread providers use. */
export function clientIdOf(claims: Claims): string | undefined {
  return (
    text(ownMember(claims, 'client_id')) ??
    text(ownMember(claims, 'azp')) ??
    text(ownMember(claims, 'cid'))
  );
}

function isStated(value: unknown): boolean {
  return value !== undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
