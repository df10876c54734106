/**
 * What an attack on a verifier is made of.
 *
 * @module
 */
import type { TestKey } from '../keys.js';

export interface Attack {
  readonly name: string;
  /** Requirements and threats, as the project's tests name them. */
  readonly ids: readonly string[];
  /** Why it must be refused, and where that stands. */
  readonly why: string;
  /** `should` where a specification leaves it open and this library refuses. */
  readonly severity?: 'should';
  make(parts: AttackParts): string | Promise<string>;
}

/** What an attacker has: a good token, and keys of his own. */
export interface AttackParts {
  readonly good: string;
  /** Header and claims of the good token. */
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The issuer's public key, where it is known. */
  readonly publicKey?: TestKey;
  readonly foreign: TestKey;
}

/** What only the issuer can do; attacks with it are about tokens that it made for another use. */
export interface IssuerParts {
  readonly claims: Readonly<Record<string, unknown>>;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Signs with changes to the good token; `undefined` takes a member away. */
  readonly sign: (claims: object, header?: object) => Promise<string>;
  /** Signs these bytes. */
  readonly signBytes: (payload: Uint8Array, header?: object) => Promise<string>;
}

export interface IssuerAttack extends Omit<Attack, 'make'> {
  make(parts: IssuerParts): Promise<string>;
}
