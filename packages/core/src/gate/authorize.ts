/**
 * Authorizes the operation of a request. This is the second half of a check.
 *
 * @module
 */
import { answerSender, createAllowed } from '../decision.js';
import type { Decision, Refusal } from '../decision.js';
import { missingRowReporter } from '../observe/index.js';
import type { DecisionRecorder, ReportMissingRow, RequestRecord } from '../observe/index.js';
import { compileRule, evaluateCompiled, resolveParts } from '../policy/index.js';
import type {
  Auth,
  CompiledRule,
  Fault,
  MatchedOperation,
  Policy,
  ReadBody,
} from '../policy/index.js';
import type { AuthorizedRequest, OwnershipCheck } from '../token/index.js';
import type { GateRequest } from '../types.js';
import { has, ownMember } from '../values.js';
import { within } from '../wait.js';
import type { Authenticator } from './authenticate.js';
import { recorded } from './call.js';
import type { Call } from './call.js';
import { areKnownScopes } from './challenge-scopes.js';
import type { GateSettings } from './options.js';
import { refuseOperation, refuseScopes } from './refuse-operation.js';
import type { Refusals } from './refusals.js';
import { toRouteOperation } from './route.js';
import type { PreparedRoute } from './route.js';
import { readScopeError } from './read-scope-error.js';
import type { ResponseContext } from './types.js';

export class Authorizer {
  /**
   * Returns the arguments that a rule sees in place of the real ones. The proxy sets this function to
   * record which members a rule reads.
   */
  viewArguments: ((args: unknown, auth: Auth) => unknown) | undefined;
  /** Checks whose ids a request names; absent without the option `ownership`. */
  readonly ownership: OwnershipCheck | undefined;
  readonly #settings: GateSettings;
  readonly #refusals: Refusals;
  readonly #authenticator: Authenticator;
  /** Records the decisions for `onDecision`; absent without that option. */
  readonly #recorder: DecisionRecorder | undefined;
  /** Warns of an operation that the policy denies because it has no row for it. */
  readonly #reportMissingRow: ReportMissingRow;
  /**
   * The operations of requests without a token, which `refuseRequest` looks up by the request. The body is
   * not kept. For a request with a token, the operation is kept in the record of its `auth`.
   */
  readonly #anonymousRequests = new WeakMap<GateRequest, ResponseContext>();

  constructor(
    settings: GateSettings,
    refusals: Refusals,
    authenticator: Authenticator,
    recorder?: DecisionRecorder,
    ownership?: OwnershipCheck,
  ) {
    this.#settings = settings;
    this.#refusals = refusals;
    this.#authenticator = authenticator;
    this.#recorder = recorder;
    this.ownership = ownership;
    this.#reportMissingRow = missingRowReporter(settings.policy, settings.onWarning);
  }

  /** Authorizes a request. An `auth` that this gate did not make counts as none. */
  authorize(
    given: Auth | undefined,
    request: GateRequest,
    route: PreparedRoute,
    record?: RequestRecord,
  ): Decision | Promise<Decision> {
    const auth = this.#ownAuth(given);
    if (auth === undefined && !route.mayBePublic) return route.unauthorized;
    if (this.ownership === undefined) return this.#authorizeRoute(auth, request, route, record);
    return this.ownership.checkHeaders(request, auth?.bindingKey, (refusal) =>
      refusal === undefined
        ? this.#authorizeRoute(auth, request, route, record)
        : this.#refusals.unknownId(refusal),
    );
  }

  #authorizeRoute(
    auth: Auth | undefined,
    request: GateRequest,
    route: PreparedRoute,
    record: RequestRecord | undefined,
  ): Decision | Promise<Decision> {
    if (route.rule !== undefined) {
      const call = { auth, request, body: undefined, record };
      return this.#authorize(toRouteOperation(route.rule, request), call);
    }
    const { policy } = this.#settings;
    if (policy === undefined) return this.#refusals.denied('denied', 'This request is not allowed');
    const { bodyLimit, bodyTimeout } = this.#settings;
    const body = policy.readBody(request, { bodyLimit, bodyTimeout }) ?? NO_BODY;
    const go = (read: ReadBody | Fault): Decision | Promise<Decision> =>
      has(read, 'fault')
        ? this.#refusals.fault(read)
        : this.#authorizeBody(policy, { auth, request, body: read.value, record });
    return has(body, 'fault') || has(body, 'value') ? go(body) : Promise.resolve(body).then(go);
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
    const auth = this.#ownAuth(given);
    const recorder = this.#recorder;
    const record = recorder?.start('authorize', request, auth);
    try {
      const decision = await this.#evaluate(matched, { auth, request, body: undefined, record });
      const finished = recorder?.finish(decision, record) ?? { decision };
      recorder?.emit(finished);
      return finished.decision;
    } catch (error) {
      const { operation } = matched;
      this.#authenticator.reportError(error, { reason: 'internal', operation }, request);
      return this.#refusals.internal;
    }
  }

  /** Returns the refusal for an error that a handler threw; `undefined` if it is not a scope error. */
  refuseRequest(thrown: unknown, request: GateRequest, given?: Auth): Refusal | undefined {
    const authorized = this.authorizedRequestOf(given);
    const known = authorized?.request === request ? authorized.matched : undefined;
    const anonymous = authorized ? undefined : this.#anonymousRequests.get(request);
    return this.refuseThrown(thrown, known ?? anonymous ?? UNKNOWN, given, request);
  }

  /** Returns the refusal for a thrown scope error where the calling code knows which operation ran. */
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

  /** Returns the refusal for scopes that a handler, or other code outside the gate, found missing. */
  refuseScopes(
    scopes: readonly string[],
    context: ResponseContext,
    given: Auth | undefined,
    description?: string,
  ): Refusal {
    const authRecord = this.#authenticator.authRecordOf(given);
    const granted = authRecord?.granted ?? NO_SCOPES;
    const refusal = refuseScopes(scopes, context, granted, description, this.#refusals);
    return answerSender(refusal, authRecord?.answers);
  }

  /**
   * Returns the last request of an `auth` whose rule this gate evaluated, allowed or not, with its operation;
   * `undefined` if there is none, or if another gate made the `auth`.
   */
  authorizedRequestOf(auth: Auth | undefined): AuthorizedRequest | undefined {
    return this.#authenticator.authRecordOf(auth)?.authorized;
  }

  /** Returns an `auth` that this gate made, else `undefined`: an `auth` of another gate grants nothing here. */
  #ownAuth(given: Auth | undefined): Auth | undefined {
    return this.#authenticator.grantedTo(given) === undefined ? undefined : given;
  }

  #authorizeBody(policy: Policy, call: Call): Decision | Promise<Decision> {
    const { request, body, auth } = call;
    const matched = policy.match(request, body);
    if (has(matched, 'fault')) return this.#refusals.fault(matched);
    if (this.ownership === undefined) return this.#authorize(matched, call);
    return this.ownership.checkOperation({ matched, body, request }, auth?.bindingKey, (checked) =>
      typeof checked === 'string'
        ? this.#refusals.unknownId(checked)
        : this.#authorize(checked, call),
    );
  }

  /** Keeps the operation for `refuseRequest`, then evaluates its rule. */
  #authorize(matched: MatchedOperation, call: Call): Decision | Promise<Decision> {
    const { auth, request } = call;
    const authRecord = this.#authenticator.authRecordOf(auth);
    if (authRecord !== undefined) authRecord.authorized = { matched, request };
    // Without a token, only public operations reach a handler.
    else if (matched.rule.isPublic) {
      this.#anonymousRequests.set(request, responseContextOf(matched));
    }
    return this.#evaluate(matched, call);
  }

  #evaluate(matched: MatchedOperation, call: Call): Decision | Promise<Decision> {
    const { rule } = matched;
    const { auth, request } = call;
    // Without a token, the functions of a rule are not called. If the rule is not public, the answer is then a
    // 401.
    if (!rule.dynamic || auth === undefined) return this.#decide(rule, matched, call);
    return this.#resolve(matched, auth, request).then(
      (resolved) => this.#decide(resolved, matched, call),
      (error: unknown) => {
        const { operation, label } = matched;
        this.#authenticator.reportError(error, { reason: 'rule_invalid', operation }, request);
        const decision = this.#refusals.denied('rule_invalid', `${label} is not allowed`, matched);
        return recorded({ decision, matched, auth, rule: undefined, missing: [] }, call);
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
        now: clock() / 1000,
      }),
    );
    return compileRule(resolved, catalogue, 'the computed rule');
  }

  #decide(rule: CompiledRule, matched: MatchedOperation, call: Call): Decision {
    const { auth, body } = call;
    const authRecord = this.#authenticator.authRecordOf(auth);
    const granted = authRecord?.granted;
    const evaluation = evaluateCompiled(rule, granted, this.#settings.catalogue);
    const decision = answerSender(
      evaluation.satisfied === true
        ? createAllowed(auth, body)
        : refuseOperation(evaluation, rule, matched, granted, this.#refusals),
      authRecord?.answers,
    );
    if (!decision.allowed && auth !== undefined) this.#reportMissingRow(matched, auth);
    // A request without a token lacks a token, not scopes.
    const missing = granted === undefined ? [] : evaluation.missing;
    return recorded({ decision, matched, rule, missing, auth, body }, call);
  }
}

function responseContextOf({ label, rpcId, repeatGranted }: MatchedOperation): ResponseContext {
  return { label, repeatGranted: repeatGranted === true, ...(rpcId !== undefined && { rpcId }) };
}

const UNKNOWN: ResponseContext = { label: 'This request' };

const NO_BODY: ReadBody = { value: undefined };

const NO_SCOPES: ReadonlySet<string> = new Set();
