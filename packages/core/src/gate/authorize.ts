/**
 * The second half of a check: whether the caller may do this.
 *
 * @module
 */
import { toDescription } from '../challenge/index.js';
import { compileRule, evaluateCompiled, resolveParts } from '../policy/index.js';
import type { Auth, CompiledRule, Evaluation, MatchedOperation, Policy } from '../policy/index.js';
import { readClock } from '../token/index.js';
import type { Judged } from '../token/index.js';
import type { GateRequest } from '../types.js';
import { has, own } from '../values.js';
import { within } from '../wait.js';
import { allow } from './authenticate.js';
import type { Authenticator } from './authenticate.js';
import type { Decision, Refusal } from './decision.js';
import type { Watch } from './events-watch.js';
import type { GateSettings } from './options.js';
import { expectNoBody, readJsonBody } from './read-body.js';
import type { Refusals } from './refusals.js';
import { loginScopes, toRouteOperation } from './route.js';
import type { PreparedRoute } from './route.js';
import { readScopeError } from './thrown.js';

export class Authorizer {
  /** Shows the arguments to rules in place of the judged ones: the proxy records what they read. */
  viewArguments: ((args: unknown, auth: Auth) => unknown) | undefined;
  readonly #settings: GateSettings;
  readonly #refusals: Refusals;
  readonly #authenticator: Authenticator;
  /** Absent if nobody wants to hear of decisions. */
  readonly #watch: Watch | undefined;
  /**
   * What was judged, for the 403 of a handler that finds later that scopes are missing: by request,
   * if no token came. Else it is kept with the `auth`, which is new for every request.
   */
  readonly #judged = new WeakMap<GateRequest, Judged>();

  constructor(
    settings: GateSettings,
    refusals: Refusals,
    authenticator: Authenticator,
    watch?: Watch,
  ) {
    this.#settings = settings;
    this.#refusals = refusals;
    this.#authenticator = authenticator;
    this.#watch = watch;
  }

  /** An `auth` that this gate did not make counts as none. */
  authorize(
    given: Auth | undefined,
    request: GateRequest,
    route: PreparedRoute,
  ): Decision | Promise<Decision> {
    const auth = this.#authenticator.grantedTo(given) === undefined ? undefined : given;
    if (auth === undefined && !route.mayBePublic) return route.unauthorized;
    if (route.rule !== undefined) {
      return this.#judge(toRouteOperation(route.rule, request), auth, request);
    }
    const { policy } = this.#settings;
    if (policy === undefined) return this.#refusals.denied('denied', 'This request is not allowed');
    const need = policy.bodyNeed(request);
    if (typeof need === 'object') return this.#refusals.fault(need);
    return need === 'ignored'
      ? this.#judgeBody(policy, undefined, auth, request)
      : this.#readAndJudge(policy, need, auth, request);
  }

  /**
   * Judges a call that is on its way inside a server already: for exits behind the transport. Never
   * rejects; an `auth` that this gate did not make counts as none.
   */
  async judgeCall(
    matched: MatchedOperation,
    given: Auth | undefined,
    request: GateRequest,
  ): Promise<Decision> {
    const auth = this.#authenticator.grantedTo(given) === undefined ? undefined : given;
    const watch = this.#watch;
    const trail = watch?.begin('authorize', request);
    try {
      const decision = await this.#weigh(matched, auth, request);
      if (watch === undefined || trail === undefined) return decision;
      trail.auth = auth;
      const settled = watch.settle(decision, trail);
      watch.tell(settled);
      return settled.decision;
    } catch (error) {
      this.#authenticator.tell(error, { reason: 'internal', operation: matched.operation });
      return this.#refusals.internal;
    }
  }

  /** The refusal for what a handler threw; `undefined` if it is no scope error. */
  refuseRequest(thrown: unknown, request: GateRequest, given?: Auth): Refusal | undefined {
    const judged = this.judgedFor(given) ?? this.#judged.get(request);
    const manner = judged?.request === request ? judged.matched : { label: 'This request' };
    return this.refuseThrown(thrown, manner, given, request);
  }

  /** The same, where it is known what ran. */
  refuseThrown(
    thrown: unknown,
    manner: Manner,
    given?: Auth,
    request: GateRequest | undefined = this.judgedFor(given)?.request,
  ): Refusal | undefined {
    const error = readScopeError(thrown);
    if (error === undefined) return undefined;
    const { scopes, description } = error;
    const refusal =
      this.#authenticator.grantedTo(given) === undefined && this.#knows(scopes)
        ? this.#refusals.unauthorized(scopes, manner)
        : this.refuseLack(scopes, manner, given, description);
    if (request !== undefined) this.#watch?.withdraw(refusal, request, given, scopes);
    return refusal;
  }

  /** The refusal for scopes that somebody found missing. */
  refuseLack(
    scopes: readonly string[],
    manner: Manner,
    given: Auth | undefined,
    description?: string,
  ): Refusal {
    if (!this.#knows(scopes)) {
      return this.#refusals.denied('denied', `${manner.label} is not allowed`, manner);
    }
    const granted = this.#authenticator.grantedTo(given) ?? NOTHING;
    const { catalogue } = this.#settings;
    const missing = scopes.filter((scope) => !catalogue.grants(granted, scope));
    const named = this.#named(scopes, missing, manner, granted);
    const phrase = scopes.length === 1 ? scopes[0] : `all of ${scopes.join(', ')}`;
    // Clients that read a tool result act only on a challenge with a description.
    const isLegible = description !== undefined && toDescription(description) !== '';
    const text = isLegible ? description : `${manner.label} needs ${String(phrase)}`;
    return this.#refusals.insufficientScope(named, text, manner);
  }

  /** What the `auth` was judged for last; `undefined` for one that this gate did not make. */
  judgedFor(auth: Auth | undefined): Judged | undefined {
    return this.#authenticator.issueOf(auth)?.judged;
  }

  /** A scope the catalogue does not know is never asked for, and half a list would mislead. */
  #knows(scopes: readonly string[]): boolean {
    const { catalogue } = this.#settings;
    return scopes.length > 0 && scopes.every((scope) => catalogue.has(scope));
  }

  async #readAndJudge(
    policy: Policy,
    need: 'json' | 'empty',
    auth: Auth | undefined,
    request: GateRequest,
  ): Promise<Decision> {
    if (need === 'empty') {
      const refusal = await expectNoBody(request, this.#settings, this.#refusals);
      return refusal ?? this.#judgeBody(policy, undefined, auth, request);
    }
    const outcome = await readJsonBody(request, this.#settings, this.#refusals);
    return has(outcome, 'refusal')
      ? outcome.refusal
      : this.#judgeBody(policy, outcome.value, auth, request);
  }

  #judgeBody(
    policy: Policy,
    body: unknown,
    auth: Auth | undefined,
    request: GateRequest,
  ): Decision | Promise<Decision> {
    const matched = policy.match(request, body);
    return has(matched, 'fault')
      ? this.#refusals.fault(matched)
      : this.#judge(matched, auth, request, body);
  }

  #judge(
    matched: MatchedOperation,
    auth: Auth | undefined,
    request: GateRequest,
    body?: unknown,
  ): Decision | Promise<Decision> {
    const issue = this.#authenticator.issueOf(auth);
    if (issue !== undefined) issue.judged = { matched, request };
    // What is not public goes no further without a token.
    else if (matched.rule.mayBePublic) this.#judged.set(request, { matched, request });
    return this.#weigh(matched, auth, request, body);
  }

  #weigh(
    matched: MatchedOperation,
    auth: Auth | undefined,
    request: GateRequest,
    body?: unknown,
  ): Decision | Promise<Decision> {
    const { rule } = matched;
    // Without a token no function is asked: what does not hold by itself is a 401.
    if (!rule.dynamic || auth === undefined) {
      return this.#evaluate(rule, matched, auth, body);
    }
    return this.#resolve(matched, auth, request).then(
      (resolved) => this.#evaluate(resolved, matched, auth, body),
      (error: unknown) => {
        const { operation } = matched;
        this.#authenticator.tell(error, { reason: 'rule_invalid', operation });
        const label = `${matched.label} is not allowed`;
        const refusal = this.#refusals.denied('rule_invalid', label, matched);
        return this.#watch?.note(refusal, { matched, auth }) ?? refusal;
      },
    );
  }

  async #resolve(
    matched: MatchedOperation,
    auth: Auth,
    request: GateRequest,
  ): Promise<CompiledRule> {
    const parts = (own(matched, 'parts') as MatchedOperation['parts']) ?? [matched];
    const { ruleTimeout, clock, catalogue } = this.#settings;
    const { viewArguments } = this;
    const clockTolerance = this.#authenticator.issueOf(auth)?.clockTolerance ?? 0;
    const resolved = await within(ruleTimeout, 'the rule', () =>
      resolveParts(parts, {
        ...{ auth, request, viewArguments, clockTolerance },
        now: readClock(clock) / 1000,
      }),
    );
    return compileRule(resolved, catalogue, 'the computed rule');
  }

  #evaluate(
    rule: CompiledRule,
    matched: MatchedOperation,
    auth: Auth | undefined,
    body: unknown,
  ): Decision {
    const granted = auth === undefined ? undefined : this.#authenticator.grantedTo(auth);
    const found = evaluateCompiled(rule, granted, this.#settings.catalogue);
    const decision =
      found.satisfied === true ? allow(auth, body) : this.#refuse(found, rule, matched, granted);
    if (this.#watch === undefined) return decision;
    const { missing } = granted === undefined ? NOTHING_MISSING : found;
    return this.#watch.note(decision, { matched, rule, missing, auth, body });
  }

  #refuse(
    found: Evaluation,
    rule: CompiledRule,
    matched: MatchedOperation,
    granted: ReadonlySet<string> | undefined,
  ): Refusal {
    if (granted === undefined) {
      return this.#refusals.unauthorized(loginScopes(rule, this.#settings), matched);
    }
    // Only now: who has no valid token learns nothing of logins (RFC 9470 s9).
    const { logins } = rule;
    const { catalogue } = this.#settings;
    const login = logins?.missing(rule, (scope) => catalogue.grants(granted, scope));
    if (logins !== undefined && login !== undefined) {
      const named = this.#named(found.challenge, [], matched, granted);
      const text = `${matched.label} needs ${logins.describe(login)}`;
      return this.#refusals.insufficientLogin(named, login, text, matched);
    }
    // No scope would help: no token could do it, so none is asked for (RFC 6750 s3.1).
    if (found.missing.length === 0) {
      return this.#refusals.denied('denied', `${matched.label} is not allowed`, matched);
    }
    const named = this.#named(found.challenge, found.missing, matched, granted);
    const text = `${matched.label} needs ${rule.description}`;
    return this.#refusals.insufficientScope(named, text, matched);
  }

  /** The scopes a 403 names, in one order for the same request: the operation's, then the others. */
  #named(
    needed: readonly string[],
    missing: readonly string[],
    matched: Manner,
    granted: ReadonlySet<string>,
  ): readonly string[] {
    const { challengeScopes, catalogue } = this.#settings;
    // Whoever says that scopes lack which the token has is told all of them: none would mean "any".
    if (challengeScopes === 'missing' && missing.length > 0) return missing;
    const repeat =
      challengeScopes === 'union' ||
      (challengeScopes === 'revision' && matched.repeatGranted === true);
    if (!repeat) return needed;
    const held = catalogue.names.filter((name) => granted.has(name));
    return [...new Set([...needed, ...held])];
  }
}

/** Without a token, what it lacks is not a matter of scopes. */
const NOTHING_MISSING: Pick<Evaluation, 'missing'> = { missing: [] };

/** How a refusal speaks of a request, and in which form. */
export type Manner = Pick<MatchedOperation, 'label' | 'rpcId' | 'repeatGranted'>;

const NOTHING: ReadonlySet<string> = new Set();
