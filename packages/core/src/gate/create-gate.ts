/**
 * Creates the gate: the object that an application builds once and uses for every request.
 *
 * @module
 */
import { addHeaders } from '../decision.js';
import type { Decision, Refusal } from '../decision.js';
import { DecisionRecorder, createErrorLog, watchMetadata } from '../observe/index.js';
import type { MetadataWatch, Phase, RequestRecord } from '../observe/index.js';
import type { Auth, Policy, Rule } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { StreamEnds } from '../token/index.js';
import type { GateRequest, Reply } from '../types.js';
import { STREAM_ENDS, toGateRequest, wrapFetch } from '../web/index.js';
import type { FetchHandler } from '../web/index.js';
import { Authenticator } from './authenticate.js';
import { Authorizer } from './authorize.js';
import { corsHeaders, isPreflight } from './cors.js';
import { registerInternals } from './internals.js';
import type { Phases } from './phases.js';
import { createMetadata } from './metadata.js';
import { checkGateOptions } from './options.js';
import type { GateOptions } from './gate-options.js';
import type { GateSettings } from './options.js';
import { toRoute } from './phases.js';
import { prepareRoute, refusePathPolicy, toRouteOperation } from './route.js';
import type { PreparedRoute } from './route.js';
import { Refusals } from './refusals.js';
import type { Gate, Route } from './types.js';

/**
 * Creates a gate. Options are checked, copied and frozen here; nothing is fetched yet.
 *
 * A check runs in this order: CORS preflight, `Origin`, syntax of `Authorization`, token, body, headers
 * against body, rule. With `ownership`, the ids in headers are checked before the body, and those in the body
 * before the rule. The outcome is always a decision, and a verifier, rule or body that throws, rejects or
 * hangs never leads to "allowed".
 *
 * The gate decides who may call which operation. It does not look at data: the handler must check with
 * `auth.subject`, for example, which notes a reader may read.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const gate = createGate({
 *   resource: 'https://notes.example.com/api',
 *   authorizationServers: ['https://idp.example.com'],
 *   verifier: jwtVerifier({ issuer: 'https://idp.example.com' }),
 *   scopes: ['notes:read', 'notes:write'],
 * });
 * const decision = await gate.check(request, 'notes:read');
 * ```
 * @group Gate
 */
export function createGate<const S extends string>(options: GateOptions<S>): Gate<S> {
  const settings = checkGateOptions(options);
  return new ScopeGate(settings) as unknown as Gate<S>;
}

class ScopeGate implements Gate {
  readonly resource: string;
  readonly scopes: ScopeCatalogue;
  readonly policy: Policy | undefined;
  readonly metadata: Gate['metadata'];
  readonly [STREAM_ENDS]: StreamEnds | undefined;
  readonly #settings: GateSettings;
  readonly #refusals: Refusals;
  readonly #authenticator: Authenticator;
  readonly #authorizer: Authorizer;
  readonly #metadataWatch: MetadataWatch;
  /** Records the decisions for `onDecision`; absent without that option. */
  readonly #recorder: DecisionRecorder | undefined;
  /** Routes by rule, so that `check(request, rule)` prepares each rule once. */
  readonly #routes = new Map<Rule | undefined, Phases>();

  constructor(settings: GateSettings) {
    this.#settings = settings;
    this.resource = settings.resource;
    this.scopes = settings.catalogue;
    this.policy = settings.policy;
    this.#refusals = new Refusals(settings);
    this.#authenticator = new Authenticator(settings, this.#refusals);
    const { onDecision } = settings;
    if (onDecision !== undefined) {
      this.#recorder = new DecisionRecorder({ ...settings, onDecision }, this.#authenticator);
    }
    const ownership = settings.ownership?.attach(this, settings, this.#authenticator);
    this[STREAM_ENDS] = ownership?.streamEnds;
    this.#authorizer = new Authorizer(
      settings,
      this.#refusals,
      this.#authenticator,
      this.#recorder,
      ownership,
    );
    const metadata = createMetadata(settings, (error) => {
      this.#authenticator.reportError(error, { reason: 'metadata' });
    });
    this.#metadataWatch = watchMetadata({ ...settings, ...metadata });
    const { respond } = this.#metadataWatch;
    this.metadata = Object.freeze({
      ...metadata,
      respond,
      preflight: (request: GateRequest) => this.#preflight(request),
    });
    const phasesOf = (rule: Rule | undefined): Phases => this.#phasesOf(rule);
    registerInternals(this, { authorizer: this.#authorizer, settings, phasesOf, createErrorLog });
    Object.freeze(this);
  }

  route(rule?: Rule): Route {
    refusePathPolicy(rule, this.policy);
    return toRoute(this.#prepare(rule));
  }

  #prepare(rule: Rule | undefined): Phases {
    const prepared = prepareRoute(rule, this.#settings, this.#refusals);
    return this.#bind(() => prepared);
  }

  async authenticate(request: GateRequest, rule?: Rule): Promise<Decision> {
    return this.#phasesOf(rule).authenticate(request);
  }

  async authorize(auth: Auth | undefined, request: GateRequest, rule?: Rule): Promise<Decision> {
    return this.#phasesOf(rule).authorize(auth, request);
  }

  async check(request: Request | GateRequest, rule?: Rule): Promise<Decision> {
    return this.#phasesOf(rule).decide(toGateRequest(request));
  }

  decide(request: GateRequest, rule?: Rule): Decision | Promise<Decision> {
    return this.#phasesOf(rule).decide(request);
  }

  refuse(thrown: unknown, request: GateRequest, auth?: Auth): Refusal | undefined {
    try {
      const refusal = this.#authorizer.refuseRequest(thrown, request, auth);
      return refusal && (this.#withHeaders(refusal, request) as Refusal);
    } catch (error) {
      this.#authenticator.reportError(error, { reason: 'internal' }, request);
      return undefined;
    }
  }

  issued(auth: unknown): auth is Auth {
    return this.#authenticator.grantedTo(auth) !== undefined;
  }

  fetch<Rest extends unknown[]>(
    handler: FetchHandler<string, Rest>,
    rule?: Rule,
  ): (request: Request, ...rest: Rest) => Promise<Response> {
    return wrapFetch(this, toRoute(this.#prepare(rule)), handler);
  }

  #preflight(request: GateRequest): Reply | undefined {
    return this.#settings.cors !== undefined && isPreflight(request)
      ? (this.#withHeaders(this.#refusals.preflight, request) as Refusal)
      : undefined;
  }

  /** Returns the phases of a route. `#run` prepares the route, so that an invalid rule becomes a refusal. */
  #bind(prepare: () => PreparedRoute): Phases {
    const authenticator = this.#authenticator;
    const authorizer = this.#authorizer;
    return {
      decide: (request) =>
        this.#run('decide', request, prepare, (route, record) => {
          const first = authenticator.authenticate(request, route, record);
          return first instanceof Promise
            ? first.then((decision) => this.#authorize(decision, request, route, record))
            : this.#authorize(first, request, route, record);
        }),
      authenticate: (request) =>
        this.#run('authenticate', request, prepare, (route, record) =>
          authenticator.authenticate(request, route, record),
        ),
      authorize: (auth, request) =>
        this.#run('authorize', request, prepare, (route, record) => {
          if (record !== undefined) record.auth = this.issued(auth) ? auth : undefined;
          return authorizer.authorize(auth, request, route, record);
        }),
    };
  }

  /** Authorizes the caller if the first half of the check allowed the request. */
  #authorize(
    decision: Decision,
    request: GateRequest,
    route: PreparedRoute,
    record: RequestRecord | undefined,
  ): Decision | Promise<Decision> {
    if (!decision.allowed) return decision;
    if (record !== undefined) record.auth = decision.auth;
    return this.#authorizer.authorize(decision.auth, request, route, record);
  }

  /** Returns the phases of a route that is prepared when it is first used: an invalid rule is then a 503. */
  #phasesOf(rule: Rule | undefined): Phases {
    const known = this.#routes.get(rule);
    if (known !== undefined) return known;
    let prepared: PreparedRoute | undefined;
    const route = this.#bind(
      () => (prepared ??= prepareRoute(rule, this.#settings, this.#refusals)),
    );
    // The number of routes is limited, so that rules made for every request do not fill the memory.
    if (this.#routes.size < MAX_ROUTES) this.#routes.set(rule, route);
    return route;
  }

  /** Runs `work` for a route, and turns every error into a refusal. */
  #run(
    phase: Phase,
    request: GateRequest,
    prepare: () => PreparedRoute,
    work: (route: PreparedRoute, record: RequestRecord | undefined) => Decision | Promise<Decision>,
  ): Decision | Promise<Decision> {
    const record = this.#recorder?.start(phase, request);
    try {
      const route = prepare();
      // The event names this operation if the request is refused before the rule of the route is
      // evaluated.
      if (record !== undefined && route.rule !== undefined) {
        record.routeOperation = toRouteOperation(route.rule, request);
      }
      const decision = work(route, record);
      return decision instanceof Promise
        ? decision
            .then((result) => this.#finish(result, request, record))
            .catch((error: unknown) => this.#fail(error, request, record))
        : this.#finish(decision, request, record);
    } catch (error) {
      return this.#fail(error, request, record);
    }
  }

  #finish(decision: Decision, request: GateRequest, record: RequestRecord | undefined): Decision {
    this.#metadataWatch.recordDecision(decision, request);
    const finished = this.#recorder?.finish(decision, record) ?? { decision };
    const answer = this.#withHeaders(finished.decision, request);
    this.#recorder?.emit(finished);
    return answer;
  }

  #fail(error: unknown, request: GateRequest, record: RequestRecord | undefined): Decision {
    this.#authenticator.reportError(error, { reason: 'internal' }, request);
    const { internal, unreadable } = this.#refusals;
    const refusal = isReadable(request) ? internal : unreadable;
    const finished = this.#recorder?.finish(refusal, record);
    if (finished !== undefined) this.#recorder?.emit(finished);
    return refusal;
  }

  #withHeaders(decision: Decision, request: GateRequest): Decision {
    const { cors, tokenSource } = this.#settings;
    const answer = tokenSource && addHeaders(decision, [['Vary', tokenSource.header]]);
    const headed = answer ?? decision;
    return cors === undefined ? headed : addHeaders(headed, corsHeaders(cors, request));
  }
}

/** Whether a request can be read: some servers parse its parts on access, and throw if they cannot. */
function isReadable(request: GateRequest): boolean {
  try {
    const parts = [request.url, request.readBody, request.headers.get('authorization')];
    return parts.length > 0;
  } catch {
    return false;
  }
}

const MAX_ROUTES = 1000;
