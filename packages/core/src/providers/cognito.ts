/**
 * Verifies access tokens of Amazon Cognito user pools.
 *
 * @module
 */
import { isForAudience, readExclusiveAudience } from '../token/index.js';
import type { CommonOptions } from './provider-options.js';
import type { JwtProvider } from './provider.js';
import { ID, text, texts, verifierOptions } from './provider-options.js';
import {
  hint,
  jwtProvider,
  listClaim,
  scopesOf,
  textClaim,
  uncheckedAudience,
} from './provider.js';
import { ownMember } from '../values.js';

export interface CognitoOptions extends CommonOptions {
  /** The id of the user pool, such as `eu-west-1_AbCdEf123`. The part before the underscore is the region. */
  readonly userPoolId: string;
  /** Ids of the app clients whose tokens are accepted. They are checked, since most tokens name no audience. */
  readonly clientIds: readonly string[];
  /**
   * Identifier of the resource server to which the scopes belong. With `notes-api`, the scope
   * `notes-api/read` of a token is `read` in the catalogue. Scopes of other resource servers are left out.
   *
   * @default scopes have the same names in the catalogue as in the token
   */
  readonly resourceServer?: string;
}

/**
 * Makes a provider for access tokens of a Cognito user pool. The tokens name no audience unless the client
 * bound them to a resource, so the app client is checked, and the audience if it is present. All APIs that
 * trust the same app clients accept each other's tokens; only the scopes tell the APIs apart.
 *
 * It checks issuer, `token_use` (`access`), `client_id`, `aud` if present, signature and times.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const provider = cognito({ userPoolId: 'eu-west-1_AbCdEf123', clientIds: ['notes-app'] });
 * const gate = createGate({ resource, provider, scopes, initialScopes: ['notes:read'] });
 * ```
 * @group Providers
 */
export function cognito(options: CognitoOptions): JwtProvider {
  const jwt = verifierOptions('cognito', options, ['userPoolId', 'clientIds', 'resourceServer']);
  const pool = text(
    'cognito.userPoolId',
    options.userPoolId,
    /^[a-z0-9-]+_\w+$/,
    'an id such as eu-west-1_AbCdEf123',
  );
  const clientIds = texts('cognito.clientIds', options.clientIds, ID, 'the id of an app client');
  const { resourceServer } = options;
  const prefix =
    resourceServer === undefined
      ? undefined
      : `${text('cognito.resourceServer', resourceServer, ID, 'the identifier of a resource server')}/`;
  const region = pool.slice(0, pool.indexOf('_'));
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${pool}`;
  const exclusive = readExclusiveAudience(jwt.exclusiveAudience, 'cognito.exclusiveAudience');
  return jwtProvider({
    name: 'Amazon Cognito',
    jwt: {
      ...jwt,
      issuer,
      typ: [null, 'JWT'],
      // A token has an `aud` only if it was bound to a resource.
      ...uncheckedAudience('cognito', jwt),
    },
    isAccessToken: (claims, resource) =>
      ownMember(claims, 'token_use') === 'access' &&
      clientIds.includes(textClaim(claims, 'client_id') ?? '') &&
      (ownMember(claims, 'aud') === undefined ||
        isForAudience(ownMember(claims, 'aud'), [resource], exclusive)),
    ...(prefix !== undefined && {
      read: (claims) => ({
        scopes: scopesOf(claims)
          .filter((scope) => scope.startsWith(prefix))
          .map((scope) => scope.slice(prefix.length)),
      }),
      requestAs: (scope) => (scope === 'openid' ? scope : prefix + scope),
    }),
    hints: [
      hint(
        (claims) => ownMember(claims, 'token_use') === 'id',
        'this is an ID token: send the access token',
      ),
      hint(
        (claims) =>
          ownMember(claims, 'token_use') === 'access' &&
          !clientIds.includes(textClaim(claims, 'client_id') ?? ''),
        'the token is of an app client that is not among cognito.clientIds',
      ),
      hint(
        (claims) => ownMember(claims, 'scope') === 'aws.cognito.signin.user.admin',
        "the token was made by the user pool's API (InitiateAuth), which gives no scopes of your own: sign in through managed login (/oauth2/authorize)",
      ),
      hint(
        (claims) =>
          listClaim(claims, 'aud').length > 0 && ownMember(claims, 'token_use') === 'access',
        "the token is bound to a resource: it must be the gate's resource",
      ),
    ],
  });
}
