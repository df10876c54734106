/**
 * The contract of a verifier: token in, what it says out.
 *
 * @module
 */

export interface VerifierContext {
  /** The gate's resource identifier: the audience a token must name. */
  readonly resource: string;
  /** Aborted when the gate stops waiting. */
  readonly signal: AbortSignal;
}

/** A verified token, in one of the shapes that verifiers return. */
export type VerifiedToken =
  /** Claims of a JWT, or an introspection response: core reads scopes, subject and times from them. */
  | { readonly claims: Readonly<Record<string, unknown>> }
  /** What jose's `jwtVerify` returns. */
  | { readonly payload: Readonly<Record<string, unknown>> }
  /** For tokens without claims, and an MCP SDK `AuthInfo`. */
  | {
      readonly scopes: readonly string[];
      readonly subject?: string | undefined;
      readonly clientId?: string | undefined;
      /** Seconds since the epoch. */
      readonly expiresAt?: number | undefined;
      readonly audience?: string | readonly string[] | undefined;
      readonly claims?: Readonly<Record<string, unknown>> | undefined;
    };

/**
 * Verifies an access token: signature or introspection, issuer, audience, times. It does not see
 * what the request needs, and never decides about scopes.
 *
 * `undefined` or `null` says "not valid" (401), as a thrown {@link InvalidTokenError} of ours or of
 * the MCP SDK and a jose JWT or JWS error do. Any other throw, a wrong shape, and a wait beyond the
 * gate's `verifierTimeout` say "cannot tell now" (503).
 */
export interface Verifier {
  (
    token: string,
    context: VerifierContext,
  ): VerifiedToken | null | undefined | Promise<VerifiedToken | null | undefined>;
  /** Audiences accepted besides `resource`; the gate looks at `aud` again, against both. */
  readonly audiences?: readonly string[];
  /** Seconds of clock difference that the gate forgives when it looks at times again. @default 30 */
  readonly clockTolerance?: number;
}
