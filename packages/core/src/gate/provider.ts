/**
 * What an identity provider's tokens are like, as one value for a gate.
 *
 * @module
 */
import type { ScopeCatalogue } from '../scope/index.js';
import type { Verifier } from '../token/index.js';

/** A token as a developer's tools see it: not verified, and nothing rests on it. */
export type TokenView =
  | {
      readonly form: 'jwt';
      readonly header: Readonly<Record<string, unknown>>;
      readonly claims: Readonly<Record<string, unknown>>;
    }
  | { readonly form: 'opaque'; readonly text: string };

/** A trap of a provider, and the way out, for whoever asks why a token was refused. */
export interface ProviderHint {
  readonly applies: (token: TokenView) => boolean;
  /** What the token is, and what to change where. Never holds anything of a token. */
  readonly says: string;
}

/** What a gate has to know of an identity provider; the functions of `./providers` make them. */
export interface Provider {
  readonly name: string;
  readonly verifier: Verifier;
  /** Issuers that clients get tokens from, the one to use first. */
  readonly authorizationServers: readonly string[];
  /** The catalogue with the names that clients ask for, where tokens have others. */
  readonly nameScopes?: (scopes: ScopeCatalogue) => ScopeCatalogue;
  readonly hints: readonly ProviderHint[];
}
