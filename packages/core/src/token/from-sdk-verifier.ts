/**
 * Makes a gate's verifier from a token verifier that was written for the MCP SDK.
 *
 * @module
 */
import { markFactory } from './factory.js';
import { expect, readOptions } from '../options.js';
import { isObject } from '../values.js';
import { readNames } from './audience.js';
import { CLOCK_TOLERANCE, DEFAULT_CLOCK_TOLERANCE } from './clock.js';
import { checkedIdentify } from './identify.js';
import type { Claims, Identify } from './types.js';
import type { VerifiedToken, Verifier } from './verifier.js';

/** The result of an SDK verifier for a valid token: the `AuthInfo` of the MCP SDK, v1 and v2. */
export interface SdkAuthInfo {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The time when the token expires, in seconds since the epoch. */
  readonly expiresAt?: number | undefined;
  /** The resource that the token was issued for (RFC 8707). */
  readonly resource?: URL | undefined;
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
  /** The key or certificate to which the token is bound (RFC 7800 s3.1). */
  readonly cnf?: Readonly<Record<string, unknown>> | undefined;
}

/** The `OAuthTokenVerifier` of the MCP SDK, v1 and v2. */
export interface SdkTokenVerifier {
  verifyAccessToken(token: string): Promise<SdkAuthInfo>;
}

export interface FromSdkVerifierOptions {
  /** Audiences that `resource` and `extra.aud` may name beside the gate's `resource`. */
  readonly audience?: string | readonly string[];
  /**
   * Refuse tokens without `expiresAt`, as the SDK's `requireBearerAuth` does.
   *
   * @default true
   */
  readonly requireExpiry?: boolean;
  /**
   * Refuse tokens whose `resource` the verifier does not report, as the SDK's `expectedResource` does.
   * If this option is off, the gate checks the audience of such a token only if `extra.aud` names one.
   *
   * @default false
   */
  readonly requireResource?: boolean;
  /**
   * Seconds for which a token is accepted after its `expiresAt`, and before an `extra.nbf`, at most 60.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
  /**
   * Returns who acts, from `extra` (`{}` if it is absent), for example
   * `({ userId }) => ({ subject: userId })`.
   *
   * @default `extra.sub` beside `clientId`; without `extra.sub` it is unknown whether a user or a client acts
   */
  readonly identify?: Identify;
}

/**
 * Makes a gate's verifier from an MCP SDK `OAuthTokenVerifier`, so that a server can change to a gate
 * and keep its verification.
 *
 * The gate checks `expiresAt`, and `resource` if it is reported. In `extra`, where a verifier often puts a
 * token's claims, it also checks `exp`, `nbf`, `aud`, `cnf`, and the types of `iss`, `sub`, `client_id` and
 * `jti`. Everything else must be checked by the SDK's verifier. An error that this verifier throws has the same
 * meaning as in any {@link Verifier}.
 *
 * @example
 * ```ts
 * const verifier = fromSdkVerifier({
 *   async verifyAccessToken(token) {
 *     const { clientId, scopes, expiresAt } = await findToken(token);
 *     return { token, clientId, scopes, expiresAt };
 *   },
 * });
 * ```
 * @throws {@link TypeError} naming the option
 * @group Verifiers
 */
export function fromSdkVerifier(
  verifier: SdkTokenVerifier,
  options: FromSdkVerifierOptions = {},
): Verifier {
  const isVerifier = typeof verifier?.verifyAccessToken === 'function';
  expect(isVerifier, 'fromSdkVerifier', 'expected an object with verifyAccessToken');
  const { audience, requireExpiry, requireResource, clockTolerance, ...given } = readOptions<
    FromSdkVerifierOptions,
    Defaulted
  >(options, OPTIONS, 'fromSdkVerifier');
  const identify = checkedIdentify(given.identify);
  const audiences = readNames(audience, 'fromSdkVerifier.audience');
  const verify = async (token: string): Promise<VerifiedToken | undefined> => {
    const info: unknown = await verifier.verifyAccessToken(token);
    const { scopes, clientId, expiresAt, resource, extra, cnf } = membersOf(info);
    if (requireExpiry && !Number.isFinite(expiresAt)) return undefined;
    if (requireResource && resource === undefined) return undefined;
    // Pass on members of a wrong type unchanged: the gate checks the types and refuses the request.
    return {
      ...identify?.((extra ?? {}) as Claims),
      scopes,
      clientId,
      expiresAt,
      ...(resource !== undefined && { audience: textOf(resource) }),
      ...(extra !== undefined && { claims: extra }),
      ...(cnf !== undefined && { cnf }),
    } as VerifiedToken;
  };
  return Object.freeze(Object.assign(verify, { audiences, clockTolerance }));
}

markFactory(fromSdkVerifier);

type Defaulted = 'audience' | 'requireExpiry' | 'requireResource' | 'clockTolerance';

const OPTIONS: Parameters<typeof readOptions<FromSdkVerifierOptions, Defaulted>>[1] = {
  audience: ['any', []],
  requireExpiry: ['a boolean', true],
  requireResource: ['a boolean', false],
  clockTolerance: [CLOCK_TOLERANCE, DEFAULT_CLOCK_TOLERANCE],
  identify: ['a function'],
};

/** Returns the own members of an answer only, so that a polluted prototype cannot complete it. */
function membersOf(info: unknown): Record<keyof SdkAuthInfo, unknown> {
  if (!isObject(info)) throw new TypeError('verifyAccessToken returned no AuthInfo');
  const members = Object.assign(Object.create(null) as Record<keyof SdkAuthInfo, unknown>, info);
  if (members.scopes === undefined) throw new TypeError('verifyAccessToken returned no scopes');
  return members;
}

/** Returns the text of a `resource`, which is a `URL` of any realm, or a string from some verifiers. */
function textOf(resource: unknown): unknown {
  return typeof resource === 'object' && resource !== null && 'href' in resource
    ? resource.href
    : resource;
}
