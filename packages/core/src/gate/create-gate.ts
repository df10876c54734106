/**
 * The gate: the object an application builds once, and asks for every request.
 *
 * @module
 */
import type { ProtectedResourceMetadata } from '../metadata/index.js';
import type { Auth, Policy, Rule } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { GateRequest, Reply } from '../types.js';
import { Authenticator } from './authenticate.js';
import { Authorizer } from './authorize.js';
import { corsHeaders } from './cors.js';
import { addHeaders } from './decision.js';
import type { Decision, Refusal } from './decision.js';
import { Watch } from './events-watch.js';
import type { Stage, Trail } from './events-watch.js';
import { wrapFetch } from './fetch.js';
import type { FetchContext } from './fetch.js';
import { keepInside } from './inside.js';
import { createMetadata } from './metadata.js';
import { checkGateOptions } from './options.js';
import type { GateOptions, GateSettings } from './options.js';
import { prepareRoute, refusePathPolicy } from './route.js';
import type { PreparedRoute } from './route.js';
import { Refusals } from './refusals.js';
import { watchMetadata } from './watch-metadata.js';
import type { MetadataWatch } from './watch-metadata.js';
import { toGateRequest } from './web-request.js';

/** A gate bound to one route's rule, or to the policy. None of its methods throws or rejects. */
export interface Route<S extends string = string> {
  /** Judges the token only: for frameworks with a hook before the body. */
  authenticate(request: GateRequest): Promise<Decision<S>>;
  /** Judges the operation, for an `auth` that this gate made. */
  authorize(auth: Auth | undefined, request: GateRequest): Promise<Decision<S>>;
  /** Both. */
  check(request: Request | GateRequest): Promise<Decision<S>>;
  /** The same answer as {@link Route.check}, without a promise where it is known at once. */
  decide(request: GateRequest): Decision<S> | Promise<Decision<S>>;
}

export interface Gate<S extends string = string> {
  readonly resource: string;
  readonly scopes: ScopeCatalogue<S>;
  /** `undefined` if every route has a rule of its own. */
  readonly policy: Policy<S> | undefined;
  /**
   * Prepares a route behind a framework's router: with its own rule, or with the gate's policy.
   *
   * @throws {@link TypeError} for an unknown scope, without rule and policy, and without a rule where
   * the policy goes by the path (`httpPolicy`): behind a router the gate does not see the final one
   */
  route(rule?: Rule<S>): Route<S>;
  authenticate(request: GateRequest, rule?: Rule<S>): Promise<Decision<S>>;
  authorize(auth: Auth | undefined, request: GateRequest, rule?: Rule<S>): Promise<Decision<S>>;
  /**
   * Judges the request as it is shown. A policy that goes by the path judges this path: that the caller
   * acts on the same one is the caller's to see to. Behind a router it is not; give a rule there.
   */
  check(request: Request | GateRequest, rule?: Rule<S>): Promise<Decision<S>>;
  decide(request: GateRequest, rule?: Rule<S>): Decision<S> | Promise<Decision<S>>;
  /**
   * Turns what a handler threw into a refusal, if it says that scopes are missing; `undefined` for
   * everything else, which is the application's.
   */
  refuse(thrown: unknown, request: GateRequest, auth?: Auth): Refusal | undefined;
  /** Whether this gate made the `auth`: another gate's says nothing here. */
  issued(auth: unknown): auth is Auth<S>;
  readonly metadata: {
    readonly url: string;
    readonly document: ProtectedResourceMetadata;
    /** Answers a request for the document, and leaves every other request alone. */
    respond(request: GateRequest): Reply | Promise<Reply> | undefined;
  };
  /**
   * Guards a Web `fetch` handler, and serves the metadata beside it. Without a rule the gate's policy
   * judges. Further arguments (`env`, `ctx`) pass through.
   */
  fetch<Rest extends unknown[]>(
    handler: (
      request: Request,
      context: FetchContext<S>,
      ...rest: Rest
    ) => Response | Promise<Response>,
    rule?: Rule<S>,
  ): (request: Request, ...rest: Rest) => Promise<Response>;
}

/**
 * Creates a gate. Options are checked, copied and frozen here; nothing is fetched yet.
 *
 * A check goes: CORS preflight, `Origin`, syntax of `Authorization`, token, body, headers against
 * body, rule. Whatever a verifier, a rule or a body does, the outcome is a decision; nothing that
 * throws, rejects or hangs ends in "allowed".
 *
 * The gate decides who may call what. It does not look at data: which notes a reader may read is the
 * handler's to check, with `auth.subject`.
 *
 * @throws {@link TypeError} naming the option
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
  readonly #settings: GateSettings;
  readonly #refusals: Refusals;
  readonly #authenticator: Authenticator;
  readonly #authorizer: Authorizer;
  readonly #metadataWatch: MetadataWatch;
  /** Absent if nobody wants to hear of decisions: then nothing is made for it. */
  readonly #watch: Watch | undefined;
  /** Routes by rule, so that `check(request, rule)` prepares each rule once. */
  readonly #routes = new Map<Rule | undefined, Route>();

  constructor(settings: GateSettings) {
    this.#settings = settings;
    this.resource = settings.resource;
    this.scopes = settings.catalogue;
    this.policy = settings.policy;
    this.#refusals = new Refusals(settings);
    this.#authenticator = new Authenticator(settings, this.#refusals);
    this.#watch =
      settings.onDecision && new Watch(settings, settings.onDecision, this.#authenticator);
    this.#authorizer = new Authorizer(settings, this.#refusals, this.#authenticator, this.#watch);
    const metadata = createMetadata(settings, (error) => {
      this.#authenticator.tell(error, { reason: 'metadata' });
    });
    this.#metadataWatch = watchMetadata(metadata, settings);
    this.metadata = this.#metadataWatch.metadata;
    keepInside(this, { authorizer: this.#authorizer, settings });
    Object.freeze(this);
  }

  route(rule?: Rule): Route {
    refusePathPolicy(rule, this.policy);
    return this.#prepare(rule);
  }

  #prepare(rule: Rule | undefined): Route {
    const prepared = prepareRoute(rule, this.#settings, this.#refusals);
    return this.#bind(() => prepared);
  }

  authenticate(request: GateRequest, rule?: Rule): Promise<Decision> {
    return this.#routeOf(rule).authenticate(request);
  }

  authorize(auth: Auth | undefined, request: GateRequest, rule?: Rule): Promise<Decision> {
    return this.#routeOf(rule).authorize(auth, request);
  }

  check(request: Request | GateRequest, rule?: Rule): Promise<Decision> {
    return this.#routeOf(rule).check(request);
  }

  decide(request: GateRequest, rule?: Rule): Decision | Promise<Decision> {
    return this.#routeOf(rule).decide(request);
  }

  refuse(thrown: unknown, request: GateRequest, auth?: Auth): Refusal | undefined {
    try {
      const refusal = this.#authorizer.refuseRequest(thrown, request, auth);
      return refusal && (this.#withCors(refusal, request) as Refusal);
    } catch (error) {
      this.#authenticator.tell(error, { reason: 'internal' });
      return undefined;
    }
  }

  issued(auth: unknown): auth is Auth {
    return this.#authenticator.grantedTo(auth) !== undefined;
  }

  fetch<Rest extends unknown[]>(
    handler: (
      request: Request,
      context: FetchContext,
      ...rest: Rest
    ) => Response | Promise<Response>,
    rule?: Rule,
  ): (request: Request, ...rest: Rest) => Promise<Response> {
    return wrapFetch(this, this.#prepare(rule), handler);
  }

  /** The methods of a route. What it is made of is looked up inside the net that catches all. */
  #bind(prepared: () => PreparedRoute): Route {
    const authenticator = this.#authenticator;
    const authorizer = this.#authorizer;
    const decide = (request: GateRequest): Decision | Promise<Decision> =>
      this.#safely('decide', request, (trail) => {
        const route = prepared();
        if (trail !== undefined) trail.rule = route.rule;
        const first = authenticator.authenticate(request, route);
        return first instanceof Promise
          ? first.then((decision) => this.#goOn(decision, request, route, trail))
          : this.#goOn(first, request, route, trail);
      });
    return {
      decide,
      check: async (request) => decide(toGateRequest(request)),
      authenticate: async (request) =>
        this.#safely('authenticate', request, (trail) => {
          const route = prepared();
          if (trail !== undefined) trail.rule = route.rule;
          return authenticator.authenticate(request, route);
        }),
      authorize: async (auth, request) =>
        this.#safely('authorize', request, (trail) => {
          const route = prepared();
          if (trail !== undefined) {
            trail.rule = route.rule;
            trail.auth = this.issued(auth) ? auth : undefined;
          }
          return authorizer.authorize(auth, request, route);
        }),
    };
  }

  /** From who is calling to what may be called. */
  #goOn(
    decision: Decision,
    request: GateRequest,
    route: PreparedRoute,
    trail: Trail | undefined,
  ): Decision | Promise<Decision> {
    if (!decision.allowed) return decision;
    if (trail !== undefined) trail.auth = decision.auth;
    return this.#authorizer.authorize(decision.auth, request, route);
  }

  /** A route whose rule is looked at when it is first asked, inside the net. */
  #routeOf(rule: Rule | undefined): Route {
    const known = this.#routes.get(rule);
    if (known !== undefined) return known;
    let prepared: PreparedRoute | undefined;
    const route = this.#bind(
      () => (prepared ??= prepareRoute(rule, this.#settings, this.#refusals)),
    );
    // Rules made anew for every request must not pile up.
    if (this.#routes.size < MAX_ROUTES) this.#routes.set(rule, route);
    return route;
  }

  /** The last net: whatever goes wrong inside is a 503, never an exception and never "allowed". */
  #safely(
    stage: Stage,
    request: GateRequest,
    work: (trail: Trail | undefined) => Decision | Promise<Decision>,
  ): Decision | Promise<Decision> {
    const trail = this.#watch?.begin(stage, request);
    try {
      const decision = work(trail);
      return decision instanceof Promise
        ? decision
            .then((settled) => this.#finish(settled, request, trail))
            .catch((error: unknown) => this.#fail(error, request, trail))
        : this.#finish(decision, request, trail);
    } catch (error) {
      return this.#fail(error, request, trail);
    }
  }

  #finish(decision: Decision, request: GateRequest, trail: Trail | undefined): Decision {
    this.#metadataWatch.see(decision);
    const watch = this.#watch;
    if (watch === undefined || trail === undefined) return this.#withCors(decision, request);
    const settled = watch.settle(decision, trail);
    const answer = this.#withCors(settled.decision, request);
    watch.tell(settled);
    return answer;
  }

  #fail(error: unknown, request: GateRequest, trail: Trail | undefined): Decision {
    this.#authenticator.tell(error, { reason: 'internal' });
    const { internal, unreadable } = this.#refusals;
    const refusal = isReadable(request) ? internal : unreadable;
    const watch = this.#watch;
    if (watch !== undefined && trail !== undefined) watch.tell(watch.settle(refusal, trail));
    return refusal;
  }

  #withCors(decision: Decision, request: GateRequest): Decision {
    const { cors } = this.#settings;
    return cors === undefined ? decision : addHeaders(decision, corsHeaders(cors, request));
  }
}

/** Some servers read a part of the request when it is looked at, and throw if they cannot. */
function isReadable(request: GateRequest): boolean {
  try {
    const parts = [request.url, request.readBody, request.headers.get('authorization')];
    return parts.length > 0;
  } catch {
    return false;
  }
}

const MAX_ROUTES = 1000;
