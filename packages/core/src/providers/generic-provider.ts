/**
 * Any issuer of JWT access tokens.
 *
 * @module
 */
import { checkKind } from '../options.js';
import type { JwtVerifierOptions } from '../token/jwt/index.js';
import type { JwtProvider } from './provider.js';
import { hint, jwtProvider, opaqueHint } from './provider.js';

export interface GenericProviderOptions extends JwtVerifierOptions {
  /** For messages. @default 'the issuer' */
  readonly name?: string;
  /** @default the issuers */
  readonly authorizationServers?: readonly string[];
  /** How clients ask for a scope, where a token has another name for it. */
  readonly requestAs?: (scope: string) => string;
}

/**
 * Access tokens as RFC 9068 has them, of any issuer, and as one value for a gate: what
 * `jwtVerifier` takes, and how scopes are asked for.
 *
 * @throws {@link TypeError} naming the option
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
