/**
 * Reads what a verifier returned.
 *
 * @module
 */
import { isScopeToken, scopesFromClaims } from '../scope/index.js';
import { freeze, isObject, own } from '../values.js';
import type { VerifiedToken } from './verifier.js';

export type Claims = Readonly<Record<string, unknown>>;

/** What is known of a token. */
export interface TokenFacts {
  readonly claims: Claims;
  /** Whether nobody can change the claims any more. */
  readonly settled: boolean;
  readonly scopes: ReadonlySet<string>;
  /** The same, frozen. */
  readonly scopeList: readonly string[];
  readonly clientId: string;
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  readonly bindingKey: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number | undefined;
}

/** Facts, and what {@link judgeToken} looks at, as it came. */
export interface TokenReading {
  readonly facts: TokenFacts;
  readonly expiry: unknown;
  readonly notBefore: unknown;
  /** Each `aud` that was given; every one must name the resource. */
  readonly audiences: readonly unknown[];
  /** Until when another audience is only reported, seconds since the epoch; {@link settleToken} only. */
  readonly observedUntil: number;
  /** Whether the token is bound to a key or certificate. */
  readonly bound: boolean;
}

/**
 * Reads a verifier's answer. Nothing is judged here.
 *
 * @throws {@link TypeError} when the verifier returned none of the documented shapes
 */
export function readToken(verified: unknown): TokenReading {
  const known = SettledToken.readingOf(verified);
  if (known !== undefined) return known;
  const scopes = own(verified, 'scopes');
  const claims =
    own(verified, 'claims') ?? (scopes === undefined ? own(verified, 'payload') : NOTHING);
  if (isRecord(claims)) {
    if (scopes === undefined) return readClaims(claims);
    if (isTextList(scopes)) return readClaims(claims, verified, scopes.filter(isScopeToken));
  }
  throw new TypeError('the verifier must return { claims }, { payload } or { scopes: [...] }');
}

/**
 * Makes a verified token of claims that nobody else holds: freezes them and reads them once, when they
 * are first used, so that
 * the token can be handed out again and again. What a verifier of the application returns is never
 * taken for settled: it may be the same object with other contents the next time.
 *
 * @param observedUntil - until when the verifier lets other audiences pass, milliseconds since the
 * epoch
 */
export function settleToken(claims: Claims, observedUntil: number = -Infinity): VerifiedToken {
  return new SettledToken(freeze(claims), observedUntil / 1000);
}

/** The private member is the brand: nobody else can make one. */
class SettledToken {
  readonly claims: Claims;
  readonly #observedUntil: number;
  #reading: TokenReading | undefined;

  constructor(claims: Claims, observedUntil: number) {
    this.claims = claims;
    this.#observedUntil = observedUntil;
    Object.freeze(this);
  }

  static readingOf(verified: unknown): TokenReading | undefined {
    return isObject(verified) && #reading in verified ? verified.#read() : undefined;
  }

  #read(): TokenReading {
    return (this.#reading ??= readClaims(this.claims, NOTHING, undefined, this.#observedUntil));
  }
}

const NOTHING = Object.freeze({});

/**
 * @param beside - `subject`, `clientId`, `expiresAt` and `audience`, which go before the claims
 * @param settledUntil - for a settled token: {@link TokenReading.observedUntil}
 */
function readClaims(
  claims: Claims,
  beside: unknown = NOTHING,
  given: readonly string[] = scopesFromClaims(claims),
  settledUntil?: number,
): TokenReading {
  const scopes = new Set(given);
  const expiry = own(beside, 'expiresAt') ?? own(claims, 'exp');
  const audiences = [own(claims, 'aud'), own(beside, 'audience')];
  const clientId = text(own(beside, 'clientId')) ?? clientIdOf(claims) ?? '';
  const subject = text(own(beside, 'subject')) ?? text(own(claims, 'sub'));
  const issuer = text(own(claims, 'iss'));
  return {
    facts: {
      claims,
      settled: settledUntil !== undefined,
      scopes,
      scopeList: Object.freeze([...scopes]),
      clientId,
      subject,
      issuer,
      bindingKey: JSON.stringify([issuer ?? '', clientId, subject ?? '']),
      expiresAt: typeof expiry === 'number' ? expiry : undefined,
    },
    expiry,
    notBefore: own(claims, 'nbf'),
    audiences: audiences.filter((audience) => audience !== undefined),
    observedUntil: settledUntil ?? -Infinity,
    bound: own(claims, 'cnf') !== undefined,
  };
}

/** `client_id` (RFC 9068, RFC 7662), else the names that widespread providers use. */
function clientIdOf(claims: Claims): string | undefined {
  return text(own(claims, 'client_id')) ?? text(own(claims, 'azp')) ?? text(own(claims, 'cid'));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
