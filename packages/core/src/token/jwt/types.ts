/**
 * Types that several files of this folder share.
 *
 * @module
 */
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import type { Fetch } from '../../fetch-json.js';
import type { Addresses, Clock, ParsedJwt } from '../index.js';
import type { DocumentKeys, KeySet } from './key-set.js';
import type { Turns } from './turns.js';

/** The settings with which a verifier's checks compare a token. */
export interface CheckSettings {
  readonly issuers: ReadonlyMap<unknown, IssuerKeys>;
  readonly algorithms: ReadonlySet<unknown>;
  /**
   * The accepted values of `typ`, in lower case and without `application/`; `undefined` stands for an
   * absent one.
   */
  readonly types: ReadonlySet<string | undefined>;
  /** The accepted audiences; `undefined` if only the gate's resource is accepted. */
  readonly audiences: readonly string[] | undefined;
  /** The audiences that are allowed beside an accepted one; `undefined` allows any. */
  readonly exclusiveAudience: readonly string[] | undefined;
  /** The time until which a wrong audience is accepted and reported, in milliseconds since the epoch. */
  readonly observedUntil: number;
  readonly requiredClaims: readonly string[];
  /** The clients whose tokens may lack an audience. */
  readonly clientsWithoutAudience: ReadonlySet<unknown>;
  /** The seconds after `iat` at which a token without `exp` expires; `undefined` refuses such tokens. */
  readonly maxAgeWithoutExpiry: number | undefined;
  /** The clock tolerance in seconds. */
  readonly clockTolerance: number;
}

export interface CheckContext extends CheckSettings {
  readonly resource: string;
  /** Whether the caller compares the token's `cnf` with the sender of the request. */
  readonly checksBinding: boolean;
  /** The current time in milliseconds since the epoch. */
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
      /** Returns the members that make the token fail; the list is empty if the check holds. */
      readonly failed: (jwt: ParsedJwt, context: CheckContext) => readonly string[];
    };

/** The argument of `onWarning`. */
export interface JwtWarning {
  /**
   * The kind of warning. `audience_observed`, `audience_optional` and `expiry_optional` are sent once, at
   * construction; `audience_mismatch` each time a token with a wrong audience is verified and accepted, but not
   * when it is found in the cache. The others are sent once for each issuer:
   * `keys_not_tried` when 4 keys did not verify a token and more may have signed it, as without `kid`;
   * `key_unusable` when a published key cannot be imported and is skipped;
   * `no_usable_key` when none of the keys is for an accepted algorithm, so that every token is refused.
   */
  readonly code:
    | 'audience_observed'
    | 'audience_mismatch'
    | 'audience_optional'
    | 'expiry_optional'
    | 'keys_not_tried'
    | 'key_unusable'
    | 'no_usable_key';
  readonly message: string;
  /** The token's `aud`, for `audience_mismatch`. */
  readonly found?: unknown;
  readonly accepted?: readonly string[];
}

export type Warn = (warning: JwtWarning) => void;

/** The source of keys: the URL of a JWKS, a JWKS, a key function of jose, or `undefined` for discovery. */
export type JwksSource = string | JSONWebKeySet | JWTVerifyGetKey | undefined;

export interface IssuerKeysOptions {
  readonly issuer: string;
  readonly addresses: Addresses;
  /** The origin at which the issuer is reached, if it differs from that of the issuer's URL. */
  readonly internalOrigin: string | undefined;
  readonly jwks?: JwksSource;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly warn: Warn;
  /** The accepted algorithms. */
  readonly algorithms: readonly string[];
}

/** The source of an issuer's keys, which may change over time. */
export interface KeySource {
  /** Returns the keys to verify with. Rejects with the cause if they are not available. */
  load(): KeySet | Promise<KeySet>;
  /**
   * Called if `outdated` has no key with the id `kid`. Returns newer keys, which may lack it, too, or
   * `outdated` itself if the issuer has no such key. Rejects if the issuer cannot be asked now.
   */
  lookUp(outdated: DocumentKeys, kid: string): DocumentKeys | Promise<DocumentKeys>;
  /**
   * Called if no key of `failed` verified a signature. Returns newer keys, or `failed` itself if there are none
   * or none can be fetched now.
   */
  renew(failed: DocumentKeys): DocumentKeys | Promise<DocumentKeys>;
  /** Whether tokens that were verified with these keys may still be used. */
  isCurrent(keys: KeySet, now: number): boolean;
}

export interface IssuerKeys {
  readonly issuer: string;
  readonly algorithms: readonly string[];
  readonly source: KeySource;
  /** Warns the application, once for each code. */
  readonly warn: Warn;
  /** The queue for tokens whose signature may have to be verified with several keys. */
  readonly turns: Turns;
}
