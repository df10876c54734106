/**
 * Verifies JWT access tokens of any issuer.
 *
 * @module
 */
import { checkKind } from '../options.js';
import type { JwtVerifierOptions } from '../token/jwt/index.js';
import type { JwtProvider } from './provider.js';
import { hint, jwtProvider, opaqueHint } from './provider.js';

export interface GenericProviderOptions extends JwtVerifierOptions {
  /** The name of the provider in messages. @default 'the issuer' */
  readonly name?: string;
  /** The authorization servers that the metadata of the gate names. @default the issuers */
  readonly authorizationServers?: readonly string[];
  /** Returns the name by which clients request a scope, if tokens contain another name of it. */
  readonly requestAs?: (scope: string) => string;
}

/**
 * Makes a provider for JWT access tokens (RFC 9068) of any issuer. It takes the options of `jwtVerifier`, and
 * a function that returns the names by which clients request scopes.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = genericProvider({ issuer: 'https://idp.example.com' });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['notes:read'] });
 * ```
 * @group Providers
 */
export function genericProvider(options: GenericProviderOptions): JwtProvider {
  const { name = 'the issuer', authorizationServers, requestAs, ...jwt } = options;
  checkKind(name, 'genericProvider.name', 'a string');
  if (requestAs !== undefined) checkKind(requestAs, 'genericProvider.requestAs', 'a function');
  if (authorizationServers !== undefined) {
    checkKind(authorizationServers, 'genericProvider.authorizationServers', 'a list');
  }
  return jwtProvider({
    ...{ name, jwt },
    ...(authorizationServers !== undefined && { authorizationServers }),
    ...(requestAs !== undefined && { requestAs }),
    isAccessToken: () => true,
    hints: [
      opaqueHint(
        () => true,
        'the token is no JWT: many issuers make one only for clients that name the resource; for opaque tokens take introspectionVerifier',
      ),
      hint(
        (_claims, header) => String(header['typ']).toUpperCase() === 'JWT',
        "typ is JWT: if this issuer marks no access tokens, set typ: 'JWT', and see that its ID tokens have another audience",
      ),
    ],
  });
}
