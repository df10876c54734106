/**
 * Verifies access tokens of Supabase Auth.
 *
 * @module
 */
import type { CommonOptions } from './provider-options.js';
import type { JwtProvider } from './provider.js';
import { ID, issuerUrl, text, texts, verifierOptions } from './provider-options.js';
import { hint, jwtProvider, textClaim } from './provider.js';
import { ownMember } from '../values.js';

export interface SupabaseOptions extends CommonOptions {
  /**
   * The URL of the project, such as `https://abcdefgh.supabase.co`, even if the project has a custom domain.
   * With `supabase start`, `http://127.0.0.1:54321`, beside `allowInsecureLoopback`.
   */
  readonly url: string;
  /**
   * Ids of the OAuth clients whose tokens are accepted. They are checked because a token's audience does not
   * name this resource.
   */
  readonly clientIds: readonly string[];
  /**
   * The audience that a hook of the project writes into tokens.
   *
   * @default 'authenticated', which every token of the project has
   */
  readonly audience?: string | readonly string[];
}

/**
 * Makes a provider for OAuth access tokens of a Supabase project that has asymmetric signing keys. Unless a
 * hook sets another audience, it is always `authenticated`, so only the client tells for whom a token was made.
 * Tokens of the project's own sessions name no client and are refused.
 *
 * It checks issuer, audience, `client_id`, signature and times.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = supabase({ url: 'https://abcdefgh.supabase.co', clientIds: ['notes-app'] });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['notes:read'] });
 * ```
 * @group Providers
 */
export function supabase(options: SupabaseOptions): JwtProvider {
  const jwt = verifierOptions('supabase', options, ['url', 'clientIds'], ['audience']);
  const url = text('supabase.url', options.url, /^https?:\/\/[^/?#]+$/, 'a URL without a path');
  issuerUrl('supabase.url', url, jwt);
  const clientIds = texts('supabase.clientIds', options.clientIds, ID, 'the id of an OAuth client');
  const issuer = `${url}/auth/v1`;
  return jwtProvider({
    name: 'Supabase',
    jwt: {
      audience: 'authenticated',
      jwks: `${issuer}/.well-known/jwks.json`,
      ...jwt,
      issuer,
      typ: 'JWT',
    },
    isAccessToken: (claims) => clientIds.includes(textClaim(claims, 'client_id') ?? ''),
    hints: [
      hint(
        (_claims, header) => ownMember(header, 'alg') === 'HS256',
        'the project signs with its legacy secret (HS256): change to asymmetric signing keys (Project Settings > JWT Keys)',
      ),
      hint(
        (claims) => textClaim(claims, 'client_id') === undefined,
        "this is a token of the project's own sessions: clients of this resource need one of the OAuth server (Authentication > OAuth Server)",
      ),
      hint((claims) => {
        const client = textClaim(claims, 'client_id');
        return client !== undefined && !clientIds.includes(client);
      }, 'the token is of a client that is not among supabase.clientIds'),
    ],
  });
}
