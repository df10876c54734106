/**
 * Authenticates the caller of a request. This is the first half of a check.
 *
 * @module
 */
import { createAllowed } from '../decision.js';
import type { Decision, Refusal } from '../decision.js';
import { parseAuthorization } from '../http/index.js';
import { callHook } from '../observe/index.js';
import { createAuth, authRecordOf, verifyToken } from '../token/index.js';
import type { AuthGate, AuthRecord, VerifyOutcome } from '../token/index.js';
import type { GateRequest } from '../types.js';
import { isPreflight } from './cors.js';
import type { ErrorContext, GateSettings } from './options.js';
import type { Refusals } from './refusals.js';
import type { PreparedRoute } from './route.js';
import { readScopeError } from './read-scope-error.js';
import { authorizationOf, isCrossSite } from './token-from.js';

/** Maximum number of characters of an `Authorization` value; longer values are refused without parsing. */
const MAX_AUTHORIZATION_LENGTH = 16 * 1024;

export class Authenticator {
  readonly #settings: GateSettings;
  readonly #refusals: Refusals;
  readonly #gate: AuthGate;

  constructor(settings: GateSettings, refusals: Refusals) {
    this.#settings = settings;
    this.#refusals = refusals;
    const { resource, metadataUrl, catalogue } = settings;
    this.#gate = Object.freeze({ resource, resourceMetadataUrl: metadataUrl, catalogue });
  }

  /**
   * Checks the origin and the token. An allowed decision without `auth` means that the request has no
   * token and that the route may be public; its rule decides later.
   */
  authenticate(request: GateRequest, route: PreparedRoute): Decision | Promise<Decision> {
    if (isPreflight(request)) return this.#refusals.preflight;
    if (!this.#isOriginAllowed(request)) return this.#refusals.originNotAllowed;
    const { tokenSource, tokenSyntax } = this.#settings;
    const value = authorizationOf(request, tokenSource);
    if (value !== null && value.length > MAX_AUTHORIZATION_LENGTH) return this.#refusals.tooLong;
    const authorization = parseAuthorization(value, { tokenSyntax });
    switch (authorization.kind) {
      case 'malformed':
        if (authorization.problem.code === 'several-credentials') {
          return this.#refusals.severalCredentials;
        }
        // A malformed token is an invalid token (RFC 6750 s3.1): clients start to log in on a 401 only. A
        // bare `Bearer`, which an empty variable produces, is a request without a token.
        if (authorization.problem.code !== 'missing-token') return route.invalidToken;
        return withoutToken(route);
      case 'none':
      case 'other':
        return withoutToken(route);
      case 'credentials':
        if (tokenSource !== undefined && isCrossSite(request, tokenSource)) {
          return this.#refusals.originNotAllowed;
        }
        // A DPoP token is refused, because the gate checks no proofs and must never accept a bound token
        // as a bearer token.
        return authorization.scheme === 'dpop'
          ? route.unauthorized
          : this.#verify(authorization.token, route);
    }
  }

  /** Returns the record of an `auth` that this gate made; `undefined` for anything else. */
  authRecordOf(auth: unknown): AuthRecord | undefined {
    return authRecordOf(this.#gate, auth);
  }

  /** Returns the scopes of an `auth` that this gate made; `undefined` for anything else. */
  grantedTo(auth: unknown): ReadonlySet<string> | undefined {
    return this.authRecordOf(auth)?.granted;
  }

  /** Calls `onError`; a hook that throws or rejects changes nothing. */
  reportError(error: unknown, context: ErrorContext): void {
    callHook(() => this.#settings.onError?.(error, context));
  }

  #verify(token: string, route: PreparedRoute): Decision | Promise<Decision> {
    const { verifier, resource, clock, verifierTimeout: timeout } = this.#settings;
    const outcome = verifyToken(verifier, token, { resource, timeout, clock });
    return outcome instanceof Promise
      ? outcome.then((result) => this.#answer(result, token, route))
      : this.#answer(outcome, token, route);
  }

  #answer(outcome: VerifyOutcome, token: string, route: PreparedRoute): Decision {
    if (outcome.ok) {
      const { facts, clockTolerance } = outcome;
      return createAllowed(createAuth(this.#gate, token, facts, clockTolerance));
    }
    if (outcome.reason === 'invalid') return route.invalidToken;
    if (outcome.reason === 'insufficient_scope') return this.#insufficientScope(outcome.error);
    this.reportError(outcome.error, { reason: 'verifier_unavailable' });
    return this.#refusals.verifierUnavailable;
  }

  /** Makes the 403 for a scope error of the verifier. It names scopes only if the catalogue knows all of them. */
  #insufficientScope(error: unknown): Refusal {
    const { catalogue } = this.#settings;
    const scopes = readScopeError(error)?.scopes ?? [];
    const named = scopes.every((scope) => catalogue.has(scope)) ? scopes : [];
    return this.#refusals.insufficientScope(named, 'The access token lacks a scope');
  }

  /**
   * Whether the `Origin` header, which browsers send, is allowed. MCP transports require this check
   * against DNS rebinding.
   */
  #isOriginAllowed(request: GateRequest): boolean {
    const { allowedOrigins } = this.#settings;
    if (allowedOrigins === undefined) return true;
    const origin = request.headers.get('origin');
    return origin === null || allowedOrigins.has(origin);
  }
}

/**
 * Decides on a request without a token. If the route may be public, its rule decides later; otherwise the
 * answer is a 401.
 */
function withoutToken(route: PreparedRoute): Decision {
  return route.mayBePublic ? createAllowed(undefined) : route.unauthorized;
}
