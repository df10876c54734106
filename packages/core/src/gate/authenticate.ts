/**
 * Authenticates the caller of a request. This is the first half of a check.
 *
 * @module
 */
import { callHook } from '../call-hook.js';
import { answerSender, createAllowed } from '../decision.js';
import type { Decision, Refusal } from '../decision.js';
import { parseAuthorization } from '../http/index.js';
import type { Authorization } from '../http/index.js';
import { createErrorLog } from '../observe/index.js';
import type { ErrorLog, RequestRecord } from '../observe/index.js';
import { createAuth, authRecordOf, verifyToken } from '../token/index.js';
import type {
  AuthGate,
  AuthRecord,
  Confirmation,
  RefusalDetail,
  SenderAnswers,
  SenderResult,
  VerifyOutcome,
} from '../token/index.js';
import type { GateRequest } from '../types.js';
import { isPreflight } from './cors.js';
import type { ErrorContext } from './gate-options.js';
import type { GateSettings } from './options.js';
import type { Refusals } from './refusals.js';
import type { PreparedRoute } from './route.js';
import { readScopeError } from './read-scope-error.js';
import { authorizationOf, isCrossSite } from './token-from.js';

/** Maximum number of characters of an `Authorization` value; longer values are refused without parsing. */
const MAX_AUTHORIZATION_LENGTH = 16 * 1024;

type Credentials = Extract<Authorization, { readonly kind: 'credentials' }>;

export class Authenticator {
  readonly #settings: GateSettings;
  readonly #refusals: Refusals;
  readonly #gate: AuthGate;
  /** Writes errors to the console; absent with `onError`. */
  readonly #errorLog: ErrorLog | undefined;
  readonly #otherScheme: RefusalDetail;

  constructor(settings: GateSettings, refusals: Refusals) {
    this.#settings = settings;
    this.#refusals = refusals;
    const { resource, metadataUrl, catalogue, onError, tokenSource, dpop } = settings;
    if (onError === undefined) this.#errorLog = createErrorLog(resource, tokenSource?.header);
    this.#otherScheme = otherScheme(dpop);
    this.#gate = Object.freeze({ resource, resourceMetadataUrl: metadataUrl, catalogue });
  }

  /**
   * Checks the origin and the token. An allowed decision without `auth` means that the request has no
   * token and that the route may be public: the rule of the operation then decides.
   */
  authenticate(
    request: GateRequest,
    route: PreparedRoute,
    record?: RequestRecord,
  ): Decision | Promise<Decision> {
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
        if (authorization.problem.code !== 'missing-token') {
          if (record !== undefined) record.detail = NO_TOKEN_FORM;
          return route.invalidToken;
        }
        return withoutToken(route);
      case 'other':
        if (record !== undefined) record.detail = this.#otherScheme;
        return withoutToken(route);
      case 'none':
        return withoutToken(route);
      case 'credentials':
        if (tokenSource !== undefined && isCrossSite(request, tokenSource)) {
          return this.#refusals.originNotAllowed;
        }
        return this.#verify(authorization, request, route, record);
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

  /**
   * Calls `onError`, or writes a line without secrets. A hook that throws or rejects changes nothing.
   *
   * @param request - the request, if there is one: the line repeats none of its secrets
   */
  reportError(error: unknown, context: ErrorContext, request?: GateRequest, token?: string): void {
    callHook(() => {
      const { onError } = this.#settings;
      if (onError !== undefined) return onError(error, context);
      return this.#errorLog?.(error, context.reason, request, token);
    });
  }

  #verify(
    { scheme, token }: Credentials,
    request: GateRequest,
    route: PreparedRoute,
    record: RequestRecord | undefined,
  ): Decision | Promise<Decision> {
    const { dpop, mtls } = this.#settings;
    // A token in a scheme that the gate does not accept gets the 401 for no credentials (RFC 6750 s3.1), also on
    // a public route.
    if (scheme === 'dpop' ? dpop === undefined : dpop?.required === true) {
      if (record !== undefined) record.detail = this.#otherScheme;
      return route.unauthorized;
    }
    const isExplained = record !== undefined;
    const check = scheme === 'dpop' ? dpop : mtls;
    if (check !== undefined) {
      const verify = (sender: Confirmation) => this.#verifyToken(token, isExplained, sender);
      return check
        .check({ request, token, verify })
        .then(({ outcome, answers }) =>
          answerSender(this.#answer(outcome, token, request, route, record, answers), answers),
        );
    }
    const outcome = this.#verifyToken(token, isExplained);
    return outcome instanceof Promise
      ? outcome.then((result) => this.#answer(result, token, request, route, record))
      : this.#answer(outcome, token, request, route, record);
  }

  #verifyToken(
    token: string,
    isExplained: boolean,
    sender?: Confirmation,
  ): VerifyOutcome | Promise<VerifyOutcome> {
    const { verifier, resource, clock, verifierTimeout: timeout, revocations } = this.#settings;
    const options = { resource, timeout, clock, revocations, isExplained, sender };
    return verifyToken(verifier, token, options);
  }

  #answer(
    outcome: SenderResult['outcome'],
    token: string,
    request: GateRequest,
    route: PreparedRoute,
    record: RequestRecord | undefined,
    answers?: SenderAnswers,
  ): Decision {
    if (outcome.ok) {
      const { facts, clockTolerance } = outcome;
      return createAllowed(createAuth(this.#gate, token, facts, clockTolerance, answers));
    }
    if (outcome.reason === 'invalid') {
      if (record !== undefined) record.detail = outcome.detail;
      return route.invalidToken;
    }
    if (outcome.reason === 'proof') {
      const { error, description, detail } = outcome;
      if (record !== undefined) record.detail = detail;
      return this.#refusals.invalidToken(route.loginScopes, error, description);
    }
    if (outcome.reason === 'insufficient_scope') return this.#insufficientScope(outcome.error);
    this.reportError(outcome.error, { reason: 'verifier_unavailable' }, request, token);
    return this.#refusals.verifierUnavailable;
  }

  /** Makes the 403 for a scope error of the verifier. It names the scopes if the catalogue has all of them. */
  #insufficientScope(error: unknown): Refusal {
    const { catalogue } = this.#settings;
    const scopes = readScopeError(error)?.scopes ?? [];
    const named = scopes.every((scope) => catalogue.has(scope)) ? scopes : [];
    return this.#refusals.insufficientScope(named, 'The access token lacks a scope');
  }

  /**
   * Whether the `Origin` header, which browsers send, is allowed; without `allowedOrigins` each one is. MCP
   * transports require this check against DNS rebinding.
   */
  #isOriginAllowed(request: GateRequest): boolean {
    const { allowedOrigins } = this.#settings;
    if (allowedOrigins === undefined) return true;
    const origin = request.headers.get('origin');
    return origin === null || allowedOrigins.has(origin);
  }
}

const NO_TOKEN_FORM: RefusalDetail = Object.freeze({ detail: 'form' });

function otherScheme(dpop: GateSettings['dpop']): RefusalDetail {
  const expected = [...(dpop?.required ? [] : ['Bearer']), ...(dpop ? ['DPoP'] : [])];
  return Object.freeze({ detail: 'scheme', expected: Object.freeze(expected) });
}

/**
 * Decides on a request without a token. If the route may be public, the rule of the operation decides later;
 * otherwise the answer is a 401.
 */
function withoutToken(route: PreparedRoute): Decision {
  return route.mayBePublic ? createAllowed(undefined) : route.unauthorized;
}
