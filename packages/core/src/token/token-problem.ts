/**
 * The types of the reasons why a token is refused.
 *
 * @module
 */

/** The check that a refused token failed. More names may be added. */
export type TokenProblem =
  /** The text is no token of the expected form, such as a JWT. */
  | 'form'
  /** The `Authorization` header has a scheme that the gate does not accept; often `Bearer` is missing. */
  | 'scheme'
  /** `alg` is not one of the accepted algorithms. */
  | 'algorithm'
  /** The token is of another type (`typ`, `token_type`, `token_use`), such as an ID token. */
  | 'type'
  | 'issuer'
  | 'audience'
  /** `exp` has passed or is no time, or the required `exp` is missing. */
  | 'expired'
  | 'not_yet_valid'
  /** The token is bound to a key or certificate that the request does not prove, or must be bound and is not. */
  | 'binding'
  /** The DPoP proof is missing or was refused; `expected` names the check (RFC 9449 s4.3). */
  | 'proof'
  /** The DPoP proof lacks a current nonce of this server, as a client's first proof does (RFC 9449 s9). */
  | 'nonce'
  /** A claim is missing, of a wrong type, or has a value that the provider refuses. */
  | 'claims'
  /** The issuer has no key that fits the token. */
  | 'key_unknown'
  | 'signature'
  /** The token was revoked: by the option `revocations`, or by the predicate of the verifier's `revoke`. */
  | 'revoked'
  /** The introspection endpoint answered that the token is not active. */
  | 'inactive'
  /** The token is not one of the configured tokens. */
  | 'unknown'
  /** The verifier gave no reason that is known here. */
  | 'other';

/** Why a token is refused. It contains nothing secret and no part of the token's text. */
export interface RefusalDetail {
  readonly detail: TokenProblem;
  /** The accepted values, such as audiences. */
  readonly expected?: readonly string[] | undefined;
  /** The values in the token. It may be forged, so they are not verified. */
  readonly found?: readonly string[] | undefined;
}
