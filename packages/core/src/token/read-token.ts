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
  readonly expiry: unknown;
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
 * Reads a verifier's answer. It checks only the shape of the answer. If there is no `scopes`, it ignores the
 * other members beside `claims` or `payload`.
 *
 * @throws {@link TypeError} if the answer has none of the documented shapes
 */
export function readToken(verified: unknown): TokenReading {
  const known = FrozenToken.readingOf(verified);
  if (known !== undefined) return known;
  const scopes = ownMember(verified, 'scopes');
  const claims =
    ownMember(verified, 'claims') ??
    (scopes === undefined ? ownMember(verified, 'payload') : NOTHING);
  if (isRecord(claims)) {
    if (scopes === undefined) return readClaims(claims);
    if (isTextList(scopes)) return readClaims(claims, verified, scopes.filter(isScopeToken));
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
    return isObject(verified) && #reading in verified ? verified.#read() : undefined;
  }

  #read(): TokenReading {
    return (this.#reading ??= this.#readOnce());
  }

  #readOnce(): TokenReading {
    const { observedUntil = -Infinity, issuer, scopes, identify } = this.#options;
    const identity = identify?.(this.claims);
    return readClaims(this.claims, identity, scopes, { until: observedUntil / 1000, issuer });
  }
}

const NOTHING = Object.freeze({});

/**
 * @param beside - the members beside the claims: `subject`, `clientId`, `kind` and `expiresAt` override the
 * claims, `audience` is checked in addition to `aud`, and `cnf` counts if the claims have none
 * @param frozen - for a frozen token: {@link TokenReading.observedUntil} and the issuer
 */
function readClaims(
  claims: Claims,
  beside: unknown = NOTHING,
  given: readonly string[] = scopesFromClaims(claims),
  frozen?: { readonly until: number; readonly issuer: string | undefined },
): TokenReading {
  const scopes = new Set(given);
  const expiry = ownMember(beside, 'expiresAt') ?? ownMember(claims, 'exp');
  const audiences = [ownMember(claims, 'aud'), ownMember(beside, 'audience')];
  const names = IDENTIFIERS.map((name) => ownMember(claims, name));
  const texts = [...names, ownMember(beside, 'subject'), ownMember(beside, 'clientId')];
  const clientId = text(ownMember(beside, 'clientId')) ?? clientIdOf(claims) ?? '';
  const subject = text(ownMember(beside, 'subject')) ?? text(ownMember(claims, 'sub'));
  const issuer = text(ownMember(claims, 'iss'));
  const cnf = ownMember(claims, 'cnf');
  const holder = [issuer ?? frozen?.issuer ?? '', clientId, subject];
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
      bindingKey: subject === undefined ? undefined : JSON.stringify(holder),
      expiresAt: typeof expiry === 'number' ? expiry : undefined,
    },
    expiry,
    notBefore: ownMember(claims, 'nbf'),
    texts,
    audiences: audiences.filter((audience) => audience !== undefined),
    observedUntil: frozen?.until ?? -Infinity,
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

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value);
}
