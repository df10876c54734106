/**
 * The contract between a gate and a verifier of tokens.
 *
 * @module
 */
import type { RefusalDetail } from './token-problem.js';

export interface VerifierContext {
  /** The gate's resource identifier: the audience that a token must name. */
  readonly resource: string;
  /** The signal that is aborted when the gate stops waiting. */
  readonly signal: AbortSignal;
  /**
   * Tells the gate why the token is refused, for the event of the decision; call it before `undefined` is
   * returned. It changes no decision, and the caller of the service never sees it. Absent if no hook
   * wants events.
   */
  readonly explain?: ((detail: RefusalDetail) => void) | undefined;
  /**
   * Whether the gate compares the token's `cnf` with the sender of the request (options `dpop` and `mtls`).
   * If it does not, a token with `cnf` is invalid.
   */
  readonly checksBinding?: boolean;
}

/** Who acts: a user, through a client, or a client for itself. */
export type ActorKind = 'user' | 'client';

/**
 * A verified token: its claims, or its scopes, with what the verifier knows about it besides. Every member counts
 * beside every other.
 */
export type VerifiedToken = (
  | {
      /** Claims of a JWT, or an introspection response: core reads scopes, subject and times from them. */
      readonly claims: Readonly<Record<string, unknown>>;
    }
  | {
      /** The result of jose's `jwtVerify`. An answer with `claims`, too, is an error (503). */
      readonly payload: Readonly<Record<string, unknown>>;
    }
  | {
      /** The scopes of a token without claims, or an MCP SDK `AuthInfo`. They replace those of the claims. */
      readonly scopes: readonly string[];
    }
) & {
  readonly scopes?: readonly string[] | undefined;
  readonly subject?: string | undefined;
  readonly clientId?: string | undefined;
  /** Who acts. @default a client if `subject` equals `clientId`, else a user; unknown if one is missing */
  readonly kind?: ActorKind | undefined;
  /** The time when the token expires, in seconds since the epoch. If `exp` differs, the earlier one counts. */
  readonly expiresAt?: number | undefined;
  /** The audience, checked in addition to `aud`. */
  readonly audience?: string | readonly string[] | undefined;
  /** The resource for which the token was issued, in an MCP SDK `AuthInfo`. It is checked as `audience` is. */
  readonly resource?: URL | string | undefined;
  /** The key or certificate to which the token is bound, if `claims` do not name it (RFC 7800 s3.1). */
  readonly cnf?: Readonly<Record<string, unknown>> | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
};

/**
 * Verifies an access token: signature or introspection, issuer, audience, times. It does not know which scopes
 * the request needs.
 *
 * `undefined` or `null` means that the token is not valid (401); so does a thrown
 * {@link InvalidTokenError} of this package or of the MCP SDK, and what jose, jsonwebtoken, fast-jwt and
 * aws-jwt-verify throw for a bad token. A thrown {@link InsufficientScopeError} of this package or of
 * the MCP SDK is answered with 403. Any other error, an answer of another shape, and a wait beyond the
 * gate's `verifierTimeout` mean that the token cannot be verified now (503).
 *
 * The gate checks times, audiences, `cnf` and the types of claims again, with the members below. It copies the
 * claims, which must be data: a function among them is an error (503).
 */
export interface Verifier {
  (
    token: string,
    context: VerifierContext,
  ): VerifiedToken | null | undefined | Promise<VerifiedToken | null | undefined>;
  /** Audiences besides `resource` that the gate accepts when it checks the `aud` that the verifier returned. */
  readonly audiences?: readonly string[];
  /**
   * The issuers whose tokens are accepted. If none of them is one of the gate's `authorizationServers`,
   * `createGate` warns, or throws when one differs only in its spelling. An empty list says that no authorization
   * server issues the tokens, such as API keys; without a list the gate compares nothing.
   */
  readonly issuers?: readonly string[];
  /**
   * The clock difference in seconds, 0 to 60, that is tolerated when the gate checks the times again.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
  /**
   * Whether an issuer without https may stand in the gate's metadata, for development and inside a cluster.
   *
   * @default only an issuer on loopback may
   */
  readonly allowsIssuer?: (issuer: URL) => boolean;
  /**
   * Returns the verifier that decides about a token, if this verifier chooses between several. The gate
   * uses the audiences and the tolerance of the result, but it still calls this verifier, which may
   * check more.
   */
  readonly choose?: (token: string) => Verifier;
}
