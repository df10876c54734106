/**
 * Types that several files of this room share.
 *
 * @module
 */
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import type { Fetch } from '../../fetch-json.js';
import type { Claims, Clock } from '../index.js';
import type { DocumentKeys, KeySet } from './key-set.js';
import type { Turns } from './turns.js';

/** Header and claims of a JWT, not verified. */
export interface ParsedJwt {
  readonly header: Claims;
  readonly claims: Claims;
}

/** The settings that a verifier's checks compare a token with. */
export interface CheckSettings {
  readonly issuers: ReadonlyMap<unknown, IssuerKeys>;
  readonly algorithms: ReadonlySet<unknown>;
  /** Lower case, without `application/`; `undefined` stands for an absent `typ`. */
  readonly types: ReadonlySet<string | undefined>;
  /** `undefined` for the gate's resource. */
  readonly audiences: readonly string[] | undefined;
  /** Audiences that are allowed beside an accepted one; `undefined` for any. */
  readonly exclusiveAudience: readonly string[] | undefined;
  /** Until when a wrong audience is accepted and reported; milliseconds since the epoch. */
  readonly observedUntil: number;
  readonly requiredClaims: readonly string[];
  /** Seconds. */
  readonly clockTolerance: number;
}

export interface CheckContext extends CheckSettings {
  readonly resource: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** One check: the verifier refuses a token that fails it, and explanations contain its name. */
export type JwtCheck =
  | {
      readonly kind: 'whole';
      readonly name: string;
      readonly holds: (jwt: ParsedJwt, context: CheckContext) => boolean;
    }
  | {
      readonly kind: 'members';
      readonly name: string;
      /** The members that make the token fail; none if the check holds. */
      readonly failed: (jwt: ParsedJwt, context: CheckContext) => readonly string[];
    };

/** The argument of `onWarning`. */
export interface JwtWarning {
  /**
   * `audience_observed` once, at construction; `audience_mismatch` for each token with a wrong audience
   * that is accepted. Once for each issuer: `keys_not_tried`, when a token without `kid` is refused
   * and more than 4 keys may have signed it; `key_unusable`, when a published key cannot be imported
   * and is skipped.
   */
  readonly code: 'audience_observed' | 'audience_mismatch' | 'keys_not_tried' | 'key_unusable';
  readonly message: string;
  /** The token's `aud`. */
  readonly found?: unknown;
  readonly accepted?: readonly string[];
}

export type Warn = (warning: JwtWarning) => void;

/** Where keys come from: the URL of a JWKS, a JWKS, a function of jose's kind, or discovery if `undefined`. */
export type JwksSource = string | JSONWebKeySet | JWTVerifyGetKey | undefined;

export interface IssuerKeysOptions {
  readonly issuer: string;
  readonly jwks?: JwksSource;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly warn: Warn;
}

/** Returns an issuer's keys, which may change over time. */
export interface KeySource {
  /** The keys to verify with. Rejects with what went wrong if they cannot be had. */
  load(): KeySet | Promise<KeySet>;
  /**
   * Returns newer keys, because `lacking` has none with the id; `lacking` itself if the issuer has no
   * such key. Rejects if the issuer cannot be asked now.
   */
  lookUp(lacking: DocumentKeys, kid: string): DocumentKeys | Promise<DocumentKeys>;
  /** Returns newer keys, because none of `failed` verified a signature; `failed` itself if there are none. */
  renew(failed: DocumentKeys): DocumentKeys | Promise<DocumentKeys>;
  /** Whether tokens that were verified with these keys may still be used. */
  isCurrent(keys: KeySet, now: number): boolean;
}

export interface IssuerKeys {
  readonly issuer: string;
  readonly source: KeySource;
  /** Warns the application, once for each code. */
  readonly warn: Warn;
  /** The queue for tokens that may need several signatures. */
  readonly turns: Turns;
}
