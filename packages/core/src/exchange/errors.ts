/**
 * The errors of upstream tokens.
 *
 * @module
 */

/** The kind of a failure, for logs and metrics. The names are stable. */
export type UpstreamTokenErrorCode =
  /** 503: the caller's token must not be exchanged: another issuer made it, or it is, or may be, revoked. */
  | 'not_exchangeable'
  /**
   * 503: the authorization server gave no answer in time, cannot answer now, or its metadata was not found; or
   * too many exchanges run at the same time.
   */
  | 'exchange_unavailable'
  /** 502: the authorization server refused the exchange for another reason than missing consent. */
  | 'exchange_refused'
  /** 502: the authorization server's answer is not usable. */
  | 'exchange_invalid'
  /** 502: the API answered 401, and a second token was refused, too, or could not be tried. */
  | 'upstream_unauthorized'
  /** 502: the API answered with a redirect, which is not followed: it could take the token elsewhere. */
  | 'upstream_redirect';

/**
 * The error of a call that cannot go on, although the caller did nothing wrong. The message names neither a
 * token nor a secret.
 *
 * Express, Fastify and Koa answer with `status`, and Hono calls `getResponse`, unless the application handles
 * the error itself.
 */
export class UpstreamTokenError extends Error {
  override readonly name = 'UpstreamTokenError';
  readonly code: UpstreamTokenErrorCode;
  readonly status: 502 | 503;
  readonly statusCode: 502 | 503;

  constructor(code: UpstreamTokenErrorCode, message: string) {
    super(message);
    this.code = code;
    this.status = code === 'not_exchangeable' || code === 'exchange_unavailable' ? 503 : 502;
    this.statusCode = this.status;
  }

  /** Returns a response with the status alone. Hono's default error handler calls this method. */
  getResponse(): Response {
    return new Response(null, { status: this.status });
  }
}

/**
 * Says that consent or scopes are missing, in scopes of the API. Applications never get this error, but an
 * `InsufficientScopeError` with scopes of the gate.
 */
export class MissingConsent extends Error {
  /** The scopes of the API that are missing; empty if they are not known. */
  readonly scopes: readonly string[];

  constructor(scopes: readonly string[]) {
    super();
    this.scopes = scopes;
  }
}
