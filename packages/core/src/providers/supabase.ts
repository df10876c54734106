/**
 * Supabase Auth.
 *
 * @module
 */
import type { CommonOptions, JwtProvider } from './provider.js';
import { ID, commonOptions, hint, jwtProvider, text, textClaim, texts } from './provider.js';
import { ownMember } from '../values.js';

export interface SupabaseOptions extends CommonOptions {
  /** The project: `https://abcdefgh.supabase.co`, or its custom domain. */
  readonly url: string;
  /** OAuth clients whose tokens may be used here: it is these that stand for an audience. */
  readonly clientIds: readonly string[];
  /**
   * Where a hook puts another one in its place.
   *
   * @default 'authenticated', which every token of the project has
   */
  readonly audience?: string | readonly string[];
}

/**
 * OAuth access tokens of a Supabase project, with asymmetric signing keys. Their audience is always
 * `authenticated`, so they are told apart by client alone; the tokens of the project's own sessions,
 * which name no client, are refused.
 *
 * Checks issuer, audience, `client_id`, signature and times.
 *
 * @throws {@link TypeError} naming the option
 * @group Providers
 */
export function supabase(options: SupabaseOptions): JwtProvider {
  const { audience = 'authenticated' } = options;
  const jwt = commonOptions('supabase', options, ['url', 'clientIds', 'audience']);
  const url = text(
    'supabase.url',
    options.url,
    /^https:\/\/[^/?#]+$/,
    'an https URL without a path',
  );
  const clientIds = texts('supabase.clientIds', options.clientIds, ID, 'the id of an OAuth client');
  const issuer = `${url}/auth/v1`;
  return jwtProvider({
    name: 'Supabase',
    jwt: { ...jwt, ...{ issuer, jwks: `${issuer}/.well-known/jwks.json`, typ: 'JWT', audience } },
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
