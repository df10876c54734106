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

/** Who acts: a user, through a client, or a client for itself. */
export type ActorKind = 'user' | 'client';

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
      /** @default `subject` beside the client says it: the same is a client, another is a user */
      readonly kind?: ActorKind | undefined;
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
 * the MCP SDK does, and what jose, jsonwebtoken, fast-jwt and aws-jwt-verify throw for a bad token. A
 * thrown {@link InsufficientScopeError} of ours or of the MCP SDK is the 403. Any other throw, a wrong
 * shape, and a wait beyond the gate's `verifierTimeout` say "cannot tell now" (503).
 *
 * The gate looks at times, audiences, `cnf` and the types of claims once more, by what the verifier
 * states beside itself.
 */
export interface Verifier {
  (
    token: string,
    context: VerifierContext,
  ): VerifiedToken | null | undefined | Promise<VerifiedToken | null | undefined>;
  /** Audiences accepted besides `resource`; the gate looks at `aud` again, against both. */
  readonly audiences?: readonly string[];
  /**
   * Seconds of clock difference to forgive, 0 to 60; the gate looks at the times again with it.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
  /**
   * Which of several verifiers decides about a token: the audiences and the tolerance of that one
   * count. It is not called in the place of this one, which may check more.
   */
  readonly choose?: (token: string) => Verifier;
}
