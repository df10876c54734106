/**
 * The second half of a check: it authorizes the operation.
 *
 * @module
 */
import { createAllowed } from '../decision.js';
import type { Decision, Refusal } from '../decision.js';
import type { DecisionRecorder } from '../observe/index.js';
import { compileRule, evaluateCompiled, resolveParts } from '../policy/index.js';
import type {
  Auth,
  CompiledRule,
  Evaluation,
  Fault,
  MatchedOperation,
  Policy,
  ReadBody,
} from '../policy/index.js';
import { readClock } from '../token/index.js';
import type { AuthorizedRequest } from '../token/index.js';
import type { GateRequest } from '../types.js';
import { has, ownMember } from '../values.js';
import { within } from '../wait.js';
import type { Authenticator } from './authenticate.js';
import { areKnownScopes } from './challenge-scopes.js';
import type { GateSettings } from './options.js';
import { refuseOperation, refuseScopes } from './refuse-operation.js';
import type { Refusals } from './refusals.js';
import { toRouteOperation } from './route.js';
import type { PreparedRoute } from './route.js';
import { readScopeError } from './read-scope-error.js';
import type { ResponseContext } from './types.js';

export class Authorizer {
  /** Replaces the arguments that rules see: the proxy records which members they read. */
  viewArguments: ((args: unknown, auth: Auth) => unknown) | undefined;
  readonly #settings: GateSettings;
  readonly #refusals: Refusals;
  readonly #authenticator: Authenticator;
  /** Absent without `onDecision`. */
  readonly #recorder: DecisionRecorder | undefined;
  /**
   * The operations of requests without a token, for `refuseRequest`. They are kept without the body. With
   * a token the operation is kept beside the `auth`, which is new for every request.
   */
  readonly #anonymousRequests = new WeakMap<GateRequest, ResponseContext>();

  constructor(
    settings: GateSettings,
    refusals: Refusals,
    authenticator: Authenticator,
    recorder?: DecisionRecorder,
  ) {
    this.#settings = settings;
    this.#refusals = refusals;
    this.#authenticator = authenticator;
    this.#recorder = recorder;
  }

  /** Authorizes a request. An `auth` that this gate did not make counts as none. */
  authorize(
    given: Auth | undefined,
    request: GateRequest,
    route: PreparedRoute,
  ): Decision | Promise<Decision> {
    const auth = this.#authenticator.grantedTo(given) === undefined ? undefined : given;
    if (auth === undefined && !route.mayBePublic) return route.unauthorized;
    if (route.rule !== undefined) {
      return this.#authorize(toRouteOperation(route.rule, request), auth, request);
    }
    const { policy } = this.#settings;
    if (policy === undefined) return this.#refusals.denied('denied', 'This request is not allowed');
    const { bodyLimit, bodyTimeout } = this.#settings;
    const body = policy.readBody(request, { bodyLimit, bodyTimeout });
    if (body === undefined) return this.#authorizeBody(undefined, policy, auth, request);
    const onRead = (read: ReadBody | Fault): Decision | Promise<Decision> =>
      has(read, 'fault')
        ? this.#refusals.fault(read)
        : this.#authorizeBody(read.value, policy, auth, request);
    return has(body, 'fault') ? onRead(body) : Promise.resolve(body).then(onRead);
  }

  /**
   * Authorizes a call that a server is already handling, for tools, prompts and resources. Never rejects;
   * an `auth` that this gate did not make counts as none.
   */
  async authorizeCall(
    matched: MatchedOperation,
    given: Auth | undefined,
    request: GateRequest,
  ): Promise<Decision> {
    const auth = this.#authenticator.grantedTo(given) === undefined ? undefined : given;
    const recorder = this.#recorder;
    const record = recorder?.start('authorize', request, auth);
    try {
      const decision = await this.#evaluate(matched, auth, request);
      const finished = recorder?.finish(decision, record) ?? { decision };
      recorder?.emit(finished);
      return finished.decision;
    } catch (error) {
      const { operation } = matched;
      this.#authenticator.reportError(error, { reason: 'internal', operation });
      return this.#refusals.internal;
    }
  }

  /** The refusal for what a handler threw; `undefined` if it is no scope error. */
  refuseRequest(thrown: unknown, request: GateRequest, given?: Auth): Refusal | undefined {
    const authorized = this.authorizedRequestOf(given);
    const known = authorized?.request === request ? authorized.matched : undefined;
    const anonymous = authorized ? undefined : this.#anonymousRequests.get(request);
    return this.refuseThrown(thrown, known ?? anonymous ?? UNKNOWN, given, request);
  }

  /** The refusal for a thrown scope error, where the caller knows which operation ran. */
  refuseThrown(
    thrown: unknown,
    context: ResponseContext,
    given?: Auth,
    request: GateRequest | undefined = this.authorizedRequestOf(given)?.request,
  ): Refusal | undefined {
    const error = readScopeError(thrown);
    if (error === undefined) return undefined;
    const { scopes, description } = error;
    const isAnonymous = this.#authenticator.grantedTo(given) === undefined;
    const refusal =
      isAnonymous && areKnownScopes(scopes, this.#settings.catalogue)
        ? this.#refusals.unauthorized(scopes, context)
        : this.refuseScopes(scopes, context, given, description);
    if (request !== undefined) this.#recorder?.withdraw(refusal, request, given, scopes);
    return refusal;
  }

  /** The refusal for scopes that a handler, or code beside the gate, found missing. */
  refuseScopes(
    scopes: readonly string[],
    context: ResponseContext,
    given: Auth | undefined,
    description?: string,
  ): Refusal {
    const granted = this.#authenticator.grantedTo(given) ?? NO_SCOPES;
    return refuseScopes(scopes, context, granted, description, this.#parts);
  }

  /** The request that an `auth` was last authorized for; `undefined` if another gate made it. */
  authorizedRequestOf(auth: Auth | undefined): AuthorizedRequest | undefined {
    return this.#authenticator.authRecordOf(auth)?.authorized;
  }

  get #parts(): { settings: GateSettings; refusals: Refusals } {
    return { settings: this.#settings, refusals: this.#refusals };
  }

  #authorizeBody(
    body: unknown,
    policy: Policy,
    auth: Auth | undefined,
    request: GateRequest,
  ): Decision | Promise<Decision> {
    const matched = policy.match(request, body);
    return has(matched, 'fault')
      ? this.#refusals.fault(matched)
      : this.#authorize(matched, auth, request, body);
  }

  /** Keeps the operation for `refuseRequest`, then evaluates its rule. */
  #authorize(
    matched: MatchedOperation,
    auth: Auth | undefined,
    request: GateRequest,
    body?: unknown,
  ): Decision | Promise<Decision> {
    const authRecord = this.#authenticator.authRecordOf(auth);
    if (authRecord !== undefined) authRecord.authorized = { matched, request };
    // Without a token, only public operations reach a handler.
    else if (matched.rule.mayBePublic) {
      this.#anonymousRequests.set(request, responseContextOf(matched));
    }
    return this.#evaluate(matched, auth, request, body);
  }

  #evaluate(
    matched: MatchedOperation,
    auth: Auth | undefined,
    request: GateRequest,
    body?: unknown,
  ): Decision | Promise<Decision> {
    const { rule } = matched;
    // Without a token no function is called: a rule that depends on one does not hold, which is a 401.
    if (!rule.dynamic || auth === undefined) return this.#decide(rule, matched, auth, body);
    return this.#resolve(matched, auth, request).then(
      (resolved) => this.#decide(resolved, matched, auth, body),
      (error: unknown) => {
        const { operation, label } = matched;
        this.#authenticator.reportError(error, { reason: 'rule_invalid', operation });
        const refusal = this.#refusals.denied('rule_invalid', `${label} is not allowed`, matched);
        return this.#recorder?.record(refusal, { matched, auth }) ?? refusal;
      },
    );
  }

  /** Calls the functions and conditions of a rule, and compiles what they return. */
  async #resolve(
    matched: MatchedOperation,
    auth: Auth,
    request: GateRequest,
  ): Promise<CompiledRule> {
    const parts = (ownMember(matched, 'parts') as MatchedOperation['parts']) ?? [matched];
    const { ruleTimeout, clock, catalogue } = this.#settings;
    const { viewArguments } = this;
    const clockTolerance = this.#authenticator.authRecordOf(auth)?.clockTolerance ?? 0;
    const resolved = await within(ruleTimeout, 'the rule', () =>
      resolveParts(parts, {
        ...{ auth, request, viewArguments, clockTolerance },
        now: readClock(clock) / 1000,
      }),
    );
    return compileRule(resolved, catalogue, 'the computed rule');
  }

  #decide(
    rule: CompiledRule,
    matched: MatchedOperation,
    auth: Auth | undefined,
    body: unknown,
  ): Decision {
    const granted = auth === undefined ? undefined : this.#authenticator.grantedTo(auth);
    const evaluation = evaluateCompiled(rule, granted, this.#settings.catalogue);
    const decision =
      evaluation.satisfied === true
        ? createAllowed(auth, body)
        : refuseOperation(evaluation, rule, matched, granted, this.#parts);
    if (this.#recorder === undefined) return decision;
    const { missing } = granted === undefined ? NOTHING_MISSING : evaluation;
    return this.#recorder.record(decision, { matched, rule, missing, auth, body });
  }
}

/** A request without a token lacks a token, not scopes. */
const NOTHING_MISSING: Pick<Evaluation, 'missing'> = { missing: [] };

function responseContextOf({ label, rpcId, repeatGranted }: MatchedOperation): ResponseContext {
  return { label, repeatGranted: repeatGranted === true, ...(rpcId !== undefined && { rpcId }) };
}

const UNKNOWN: ResponseContext = { label: 'This request' };

const NO_SCOPES: ReadonlySet<string> = new Set();
