/**
 * Verifies access tokens of Clerk.
 *
 * @module
 */
import type { Provider } from '../gate/index.js';
import { byTokenForm, isForAudience, readExclusiveAudience } from '../token/index.js';
import type { Verifier } from '../token/index.js';
import type { CommonOptions } from './provider-options.js';
import { ID, originOf, texts, verifierOptions } from './provider-options.js';
import { hint, jwtProvider, opaqueHint, textClaim, uncheckedAudience } from './provider.js';
import { ownMember } from '../values.js';

export interface ClerkOptions extends CommonOptions {
  /** The domain of the Frontend API, such as `clerk.example.com`. */
  readonly domain: string;
  /**
   * Client ids of the OAuth applications whose tokens are accepted without an audience. Without this option,
   * every JWT must name the gate's `resource`.
   */
  readonly clientIds?: readonly string[];
  /** An `introspectionVerifier` for opaque tokens (`oat_`). Without it, opaque tokens are refused. */
  readonly opaque?: Verifier;
}

/**
 * Makes a provider for OAuth access tokens of Clerk. Session tokens and ID tokens have the same issuer and
 * the same keys as access tokens, and are refused because of their `typ`.
 *
 * It checks issuer, `typ` `at+jwt`, audience (or, with `clientIds`, the client of a token without one),
 * signature and times.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = clerk({ domain: 'clerk.example.com' });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['notes:read'] });
 * ```
 * @group Providers
 */
export function clerk(options: ClerkOptions): Provider {
  const { opaque } = options;
  const jwt = verifierOptions('clerk', options, ['domain', 'clientIds', 'opaque']);
  const issuer = originOf(
    'clerk.domain',
    options.domain,
    jwt,
    'a domain such as clerk.example.com',
  );
  const clientIds =
    options.clientIds === undefined
      ? []
      : texts('clerk.clientIds', options.clientIds, ID, 'the client id of an OAuth application');
  const exclusive = readExclusiveAudience(jwt.exclusiveAudience, 'clerk.exclusiveAudience');
  const provider = jwtProvider({
    name: 'Clerk',
    jwt: {
      ...jwt,
      issuer,
      typ: 'at+jwt',
      ...(clientIds.length > 0 && uncheckedAudience('clerk', jwt)),
    },
    isAccessToken(claims, resource) {
      const aud = ownMember(claims, 'aud');
      return aud === undefined
        ? clientIds.includes(textClaim(claims, 'client_id') ?? '')
        : isForAudience(aud, [resource], exclusive);
    },
    hints: [
      opaqueHint(
        (token) => token.startsWith('oat_') && opaque === undefined,
        'this is an opaque OAuth token: turn on JWT access tokens for the OAuth application, or give clerk.opaque an introspectionVerifier',
      ),
      hint(
        (claims, header) =>
          ownMember(header, 'typ') === 'JWT' && ownMember(claims, 'sid') !== undefined,
        "this is a session token of Clerk's frontend: clients of this resource need an OAuth access token",
      ),
      hint(
        (claims) => ownMember(claims, 'aud') === undefined && clientIds.length === 0,
        'the token names no audience: set up the resource in Clerk, or list the OAuth applications in clerk.clientIds',
      ),
    ],
  });
  if (opaque === undefined) return provider;
  const verifier = byTokenForm({ jwt: provider.verifier, opaque });
  return Object.freeze({ ...provider, verifier });
}
