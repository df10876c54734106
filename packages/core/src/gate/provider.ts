/**
 * What an identity provider's tokens are like, as one value for a gate.
 *
 * @module
 */
import { defineScopes } from '../scope/index.js';
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
  /** How clients ask for a scope, where a token has another name for it. */
  readonly requestAs?: (scope: string) => string;
  readonly hints: readonly ProviderHint[];
}

/** @throws {@link TypeError} when it is none, or stands beside what it sets itself */
export function checkProvider(
  provider: Provider | undefined,
  beside: { readonly verifier?: unknown; readonly authorizationServers?: unknown },
): Provider | undefined {
  if (provider === undefined) return undefined;
  if (typeof provider?.verifier !== 'function' || !Array.isArray(provider.authorizationServers)) {
    throw new TypeError('provider: expected what a function of @scopegate/core/providers returns');
  }
  for (const name of ['verifier', 'authorizationServers'] as const) {
    if (beside[name] === undefined) continue;
    throw new TypeError(`provider: sets ${name}; leave one of the two out`);
  }
  return provider;
}

/** The catalogue with the provider's request names, where it does not name its own. */
export function withRequestNames(
  catalogue: ScopeCatalogue,
  requestAs: Provider['requestAs'],
): ScopeCatalogue {
  if (requestAs === undefined) return catalogue;
  return defineScopes(
    Object.fromEntries(
      catalogue.names.map((name) => [name, { requestAs: requestAs(name), ...catalogue.get(name) }]),
    ),
  );
}
