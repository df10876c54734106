/**
 * The types of the reasons why a token is refused.
 *
 * @module
 */

/** The check that a refused token failed. More names may be added. */
export type TokenProblem =
  /** The text is no token of the expected form, such as a JWT. */
  | 'form'
  /** The `Authorization` header has a scheme that the gate does not accept; often the word is missing. */
  | 'scheme'
  /** `alg` is not one of the accepted algorithms. */
  | 'algorithm'
  /** The token is of another type (`typ`, `token_type`, `token_use`), such as an ID token. */
  | 'type'
  | 'issuer'
  | 'audience'
  /** `exp` has passed, or the required `exp` is missing. */
  | 'expired'
  | 'not_yet_valid'
  /** The token is bound to a key or certificate, and the request does not prove that it has it. */
  | 'binding'
  /** The DPoP proof is missing or was refused; `expected` names the check (RFC 9449 s4.3). */
  | 'proof'
  /** The DPoP proof lacks a nonce of this server, as every first one does (RFC 9449 s9). */
  | 'nonce'
  /** A claim is missing, or of a wrong type. */
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
  /** The verifier said no more. */
  | 'other';

/** Why a token is refused. It contains nothing secret and no part of the token's text. */
export interface RefusalDetail {
  readonly detail: TokenProblem;
  /** The accepted values, such as audiences. */
  readonly expected?: readonly string[] | undefined;
  /** The values in the token, which is not verified: they may be invented. */
  readonly found?: readonly string[] | undefined;
}
