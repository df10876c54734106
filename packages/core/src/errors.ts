/**
 * The errors a caller may throw at a gate or catch from core. Ordinary refusals are values
 * (`Decision`), never one of these.
 *
 * @module
 */

/** Stable codes, one per error class; safe to switch over. */
export type AuthErrorCode = 'ERR_INVALID_TOKEN' | 'ERR_INSUFFICIENT_SCOPE' | 'ERR_HEADER_SYNTAX';

/** The base of every error of this library. `message` is for logs and never goes on the wire. */
export abstract class AuthError extends Error {
  abstract readonly code: AuthErrorCode;
}

/**
 * Thrown by a verifier whose token is invalid (a 401, like returning `undefined`). Any other error means
 * that the verifier failed (a 503).
 *
 * @example
 * ```ts
 * const verifier: Verifier = async (token) => {
 *   const session = await sessions.find(token);
 *   if (session === undefined) throw new InvalidTokenError('no such session');
 *   return { scopes: session.scopes, subject: session.userId };
 * };
 * ```
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 RFC 6750 s3.1}
 */
export class InvalidTokenError extends AuthError {
  override readonly name = 'InvalidTokenError';
  readonly code = 'ERR_INVALID_TOKEN';
}

export interface InsufficientScopeErrorOptions extends ErrorOptions {
  /**
   * The reason for developers, sent as `error_description` and made safe for the header. The caller
   * receives it, so it must contain nothing that the caller may not know.
   *
   * @default a text that names the operation and its scopes
   */
  readonly description?: string;
}

/**
 * Thrown by a handler that finds later that the token lacks scopes. An adapter answers with the same 403
 * that the gate would have sent, as long as no byte of the answer was sent.
 *
 * `requiredScopes` are all scopes the operation needs, not only the missing ones; a scope that the
 * gate's catalogue does not know is never put on the wire.
 *
 * @example
 * ```ts
 * if (note.isLocked && !auth.has('admin:notes')) {
 *   throw new InsufficientScopeError('admin:notes', { description: 'This note is locked' });
 * }
 * ```
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 RFC 6750 s3.1}
 */
export class InsufficientScopeError extends AuthError {
  override readonly name = 'InsufficientScopeError';
  readonly code = 'ERR_INSUFFICIENT_SCOPE';
  readonly requiredScopes: readonly string[];
  readonly description: string | undefined;

  constructor(requiredScopes: string | readonly string[], options?: InsufficientScopeErrorOptions) {
    const scopes = Object.freeze(
      typeof requiredScopes === 'string' ? [requiredScopes] : [...requiredScopes],
    );
    const description = options?.description;
    super(description ?? `the token lacks one of these scopes: ${scopes.join(' ')}`, options);
    this.requiredScopes = scopes;
    this.description = description;
  }
}

/** A syntax error: its code, and its offset in the text (UTF-16 code units). */
export interface Problem<Code extends string = string> {
  readonly code: Code;
  readonly offset: number;
}

/** Thrown by `parseChallenges(value, { strict: true })`; `problems` lists the syntax errors. */
export class HeaderSyntaxError extends AuthError {
  override readonly name = 'HeaderSyntaxError';
  readonly code = 'ERR_HEADER_SYNTAX';
  readonly problems: readonly Problem[];

  constructor(message: string, problems: readonly Problem[]) {
    super(message);
    this.problems = problems;
  }
}
