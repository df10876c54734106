/**
 * The settings of an identity provider, as one value for a gate.
 *
 * @module
 */
import type { ScopeCatalogue } from '../scope/index.js';
import type { Verifier } from '../token/index.js';

/** A token as developers' tools show it. It is not verified, so no decision may depend on it. */
export type TokenView =
  | {
      readonly form: 'jwt';
      readonly header: Readonly<Record<string, unknown>>;
      readonly claims: Readonly<Record<string, unknown>>;
    }
  | { readonly form: 'opaque'; readonly text: string };

/** A common mistake with a provider and its fix, for developers whose token was refused. */
export interface ProviderHint {
  readonly applies: (token: TokenView) => boolean;
  /** What the token is, and which setting to change. Never repeats a part of the token. */
  readonly says: string;
}

/** What a gate needs to know about an identity provider; the functions of `./providers` make it. */
export interface Provider {
  readonly name: string;
  readonly verifier: Verifier;
  /** Issuers that clients get tokens from, the one to use first. */
  readonly authorizationServers: readonly string[];
  /** The catalogue with the names that clients ask for, where tokens have others. */
  readonly nameScopes?: (scopes: ScopeCatalogue) => ScopeCatalogue;
  readonly hints: readonly ProviderHint[];
}
