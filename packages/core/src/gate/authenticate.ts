/**
 * The first half of a check: who is calling.
 *
 * @module
 */
import { parseAuthorization } from '../http/index.js';
import type { Auth } from '../policy/index.js';
import { createAuth, authRecordOf, verifyToken } from '../token/index.js';
import type { AuthGate, AuthRecord, VerifyOutcome } from '../token/index.js';
import type { GateRequest, HeaderList } from '../types.js';
import { isPreflight } from './cors.js';
import type { Decision, Refusal } from './decision.js';
import { callHook } from './hook.js';
import type { ErrorContext, GateSettings } from './options.js';
import type { Refusals } from './refusals.js';
import type { PreparedRoute } from './route.js';
import { readScopeError } from './thrown.js';

/** Longer values are refused unread. */
const MAX_HEADER = 16 * 1024;

/** An answer that depends on the token must not be served to another caller from a cache. */
const ALLOWED_HEADERS: HeaderList = Object.freeze([['Vary', 'Authorization'] as const]);

export class Authenticator {
  readonly #settings: GateSettings;
  readonly #refusals: Refusals;
  readonly #issuer: AuthGate;

  constructor(settings: GateSettings, refusals: Refusals) {
    this.#settings = settings;
    this.#refusals = refusals;
    const { resource, metadataUrl, catalogue } = settings;
    this.#issuer = Object.freeze({ resource, resourceMetadataUrl: metadataUrl, catalogue });
  }

  /**
   * Judges origin and token. "Allowed" without `auth` means that no token came and the route may be
   * public: the rule decides.
   */
  authenticate(request: GateRequest, route: PreparedRoute): Decision | Promise<Decision> {
    if (isPreflight(request)) return this.#refusals.preflight;
    if (!this.#isOriginAllowed(request)) return this.#refusals.originNotAllowed;
    const value = request.headers.get('authorization');
    if (value !== null && value.length > MAX_HEADER) return this.#refusals.tooLong;
    const { tokenSyntax } = this.#settings;
    const authorization = parseAuthorization(value, { tokenSyntax });
    switch (authorization.kind) {
      case 'malformed':
        if (authorization.problem.code === 'several-credentials') {
          return this.#refusals.severalCredentials;
        }
        // A token that is none by its grammar is a bad token (RFC 6750 s3.1 "malformed"): clients begin
        // to log in on a 401 only. A bare scheme, as an empty variable makes it, brings no token.
        if (authorization.problem.code !== 'missing-token') return route.invalidToken;
        return withoutToken(route);
      case 'none':
      case 'other':
        return withoutToken(route);
      case 'credentials':
        // Proofs are not checked here, and a bound token must never pass as a plain one.
        return authorization.scheme === 'dpop'
          ? route.unauthorized
          : this.#verify(authorization.token, route);
    }
  }

  /** What is kept with an `auth` that this gate made; `undefined` for anything else. */
  authRecordOf(auth: unknown): AuthRecord | undefined {
    return authRecordOf(this.#issuer, auth);
  }

  /** The scopes of an `auth` that this gate made; `undefined` for anything else. */
  grantedTo(auth: unknown): ReadonlySet<string> | undefined {
    return this.authRecordOf(auth)?.granted;
  }

  /** Tells the application; a hook that throws or rejects changes nothing. */
  tell(error: unknown, context: ErrorContext): void {
    callHook(() => this.#settings.onError?.(error, context));
  }

  #verify(token: string, route: PreparedRoute): Decision | Promise<Decision> {
    const { verifier, resource, clock, verifierTimeout: timeout } = this.#settings;
    const outcome = verifyToken(verifier, token, { resource, timeout, clock });
    return outcome instanceof Promise
      ? outcome.then((settled) => this.#answer(settled, token, route))
      : this.#answer(outcome, token, route);
  }

  #answer(outcome: VerifyOutcome, token: string, route: PreparedRoute): Decision {
    if (outcome.ok) {
      const { facts, clockTolerance } = outcome;
      return allow(createAuth(this.#issuer, token, facts, clockTolerance));
    }
    if (outcome.reason === 'invalid') return route.invalidToken;
    if (outcome.reason === 'insufficient_scope') return this.#lacks(outcome.error);
    this.tell(outcome.error, { reason: 'verifier_unavailable' });
    return this.#refusals.verifierUnavailable;
  }

  /** A verifier's own 403. Scopes that the catalogue does not know are never asked for. */
  #lacks(error: unknown): Refusal {
    const { catalogue } = this.#settings;
    const scopes = readScopeError(error)?.scopes ?? [];
    const named = scopes.every((scope) => catalogue.has(scope)) ? scopes : [];
    return this.#refusals.insufficientScope(named, 'The access token lacks a scope');
  }

  /** DNS rebinding: a browser names the origin, and a foreign one is refused (MCP transports). */
  #isOriginAllowed(request: GateRequest): boolean {
    const { allowedOrigins } = this.#settings;
    if (allowedOrigins === undefined) return true;
    const origin = request.headers.get('origin');
    return origin === null || allowedOrigins.has(origin);
  }
}

/** No credentials: the rule of a route that may be public decides. */
function withoutToken(route: PreparedRoute): Decision {
  return route.mayBePublic ? allow(undefined) : route.unauthorized;
}

/** An allowed decision; `body` is what was judged. */
export function allow(auth: Auth | undefined, body?: unknown): Decision {
  // Members of its own, also where they say nothing: a polluted `body` must not pass for the judged one.
  return Object.freeze({ allowed: true, auth, headers: ALLOWED_HEADERS, body });
}
