/**
 * The error classes of `@scopegate/core`. Applications throw them in verifiers and handlers, or catch them from
 * parsers. A refusal is a value (`Decision`) and never an error.
 *
 * @module
 */

/** The codes of the error classes, one for each. They are stable. */
export type AuthErrorCode = 'ERR_INVALID_TOKEN' | 'ERR_INSUFFICIENT_SCOPE' | 'ERR_HEADER_SYNTAX';

/**
 * The base class of the errors in this file. `message` is for logs. The caller gets nothing of an error except
 * the `description` and the `requiredScopes` of an {@link InsufficientScopeError}.
 */
export abstract class AuthError extends Error {
  abstract readonly code: AuthErrorCode;
}

/**
 * The error that a verifier throws if the token is invalid. The answer is a 401, as if the verifier had
 * returned `undefined`. The errors by which jose, jsonwebtoken, fast-jwt and aws-jwt-verify report a bad token
 * have the same effect. A scope error is answered with 403. Any other error means that the verifier failed, and
 * the answer is a 503.
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
   * The reason for the refusal, for developers. It is made safe for the header and sent to the caller as
   * `error_description`, so it must not contain anything that the caller may not know.
   *
   * @default a text that names the operation and the required scopes
   */
  readonly description?: string;
}

/**
 * The error that a handler throws if it finds, after the gate allowed the request, that the token lacks
 * scopes. An adapter answers with the same 403 that the gate would have sent (without a token, with the 401),
 * unless a byte of the answer has already been sent.
 *
 * `requiredScopes` are all scopes that the operation requires, not only the missing ones. If one of them is not
 * in the gate's catalogue, or the list is empty, the 403 has no challenge and names no scope.
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

  /**
   * Returns a plain 403; the adapter sends the gate's 403 instead. Hono's default error handler calls this
   * method, and writes an error without it to `console.error` with its stack.
   */
  getResponse(): Response {
    return new Response(null, { status: 403 });
  }
}

/** A syntax error: its code, and its offset in the text in UTF-16 code units. */
export interface Problem<Code extends string = string> {
  readonly code: Code;
  readonly offset: number;
}

/** The error that `parseChallenges(value, { strict: true })` throws; `problems` lists the syntax errors. */
export class HeaderSyntaxError extends AuthError {
  override readonly name = 'HeaderSyntaxError';
  readonly code = 'ERR_HEADER_SYNTAX';
  readonly problems: readonly Problem[];

  constructor(message: string, problems: readonly Problem[]) {
    super(message);
    this.problems = problems;
  }
}
