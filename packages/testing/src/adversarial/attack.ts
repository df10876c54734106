/**
 * Attacks on a verifier, and what they are made of.
 *
 * @module
 */
import type { TestKey } from '../keys.js';

export interface Attack {
  readonly name: string;
  /** Requirements and threats, as the project's tests name them. */
  readonly ids: readonly string[];
  /** Why it must be refused, with the section of the specification. */
  readonly why: string;
  /** `should` if a specification leaves it open and this library refuses. */
  readonly severity?: 'should';
  make(parts: AttackParts): string | Promise<string>;
}

/** What an attacker has: a good token, and keys of another issuer. */
export interface AttackParts {
  readonly good: string;
  /** Header and claims of the good token. */
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The issuer's public key, if it is known. */
  readonly publicKey?: TestKey;
  readonly foreign: TestKey;
}

/** What the issuer has. It signs tokens for other uses, which an attacker may send to the resource. */
export interface IssuerParts {
  readonly claims: Readonly<Record<string, unknown>>;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Signs the good token with changes; `undefined` removes a member. */
  readonly sign: (claims: object, header?: object) => Promise<string>;
  /** Signs these bytes as the payload. */
  readonly signBytes: (payload: Uint8Array, header?: object) => Promise<string>;
}

export interface IssuerAttack extends Omit<Attack, 'make'> {
  make(parts: IssuerParts): Promise<string>;
}
