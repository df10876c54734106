/**
 * Guards a scope, or a route.
 *
 * @module
 */
import type { Gate, Rule } from '@scopegate/core';
import { createStagedNodeGuard, keepRefusal, pendingRefusalOf } from '@scopegate/core/node';
import type { NodePlace, StagePassed } from '@scopegate/core/node';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest, RouteHandler } from 'fastify';
import { addHeaders, answer, begin, callOf } from './answer.js';
import type { FastifyCall } from './answer.js';
import { inScope } from './in-scope.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route needs, in place of what the `protect` around it says. */
    scopegate?: Rule;
  }
}

/** Names no types of parameters, bodies or servers, so that it fits every route. */
type Hook<Rest extends unknown[]> = (request: object, reply: object, ...rest: Rest) => void;
type CheckHook = Hook<[done: (error?: Error) => void]>;

/** Route options that guard. Each hook checks what the hooks before it did not. */
export type RouteGuard = Readonly<
  Record<'onRequest' | 'preValidation' | 'preHandler', CheckHook>
> & {
  readonly onError: Hook<[error: Error, done: () => void]>;
  readonly onSend: Hook<[payload: unknown, done: (error: null, payload: unknown) => void]>;
};

/** Route options that guard, and a plugin. */
export interface ScopeGuard extends RouteGuard, FastifyPluginCallback {}

/** Route options that guard, with the handler, which runs guarded even if the hooks are replaced. */
export type GuardedRoute = RouteGuard & { readonly handler: Hook<[]> };

/**
 * Makes a guard that runs the handler only if the gate allows the request: by the rule in the route's
 * `config.scopegate`, else by `rule`, else by the gate's policy. `request.auth` and `request.body` are
 * then what the gate evaluated. The gate's 403 answers a thrown `InsufficientScopeError`, whatever an
 * error handler, which sees it first, made of it; every other error is the error handler's.
 *
 * ```ts
 * app.register(protect(gate));                              // the scope that registers it
 * app.all('/mcp', protect(gate), handler);                  // a route
 * app.get('/export', protect(gate, 'notes:read', handler)); // a route, with its handler
 * ```
 *
 * In a scope, register it first. It then guards that scope's routes, its 404s and the plugins behind
 * it, none of which can drop it; plugins registered before it, and scopes further out, it does not.
 *
 * On a route, pass it as it is. Spread among other options, a hook that is named again is lost.
 * `{ ...protect(gate), preHandler: mine }` is still guarded, since `preValidation` checks the same; but
 * with both replaced the policy evaluates no body, and with `onRequest` replaced too nothing is checked.
 * With the handler as third argument nothing can be lost.
 *
 * @throws {@link TypeError} at mount, for an unknown scope, without rule and policy, and without a rule
 * where the policy goes by the path (`httpPolicy`)
 */
export function protect<S extends string>(
  gate: Gate<S>,
  rule: Rule<NoInfer<S>> | undefined,
  handler: RouteHandler,
): GuardedRoute;
export function protect<S extends string>(gate: Gate<S>, rule?: Rule<NoInfer<S>>): ScopeGuard;
export function protect(gate: Gate, rule?: Rule, handler?: RouteHandler): RouteGuard {
  gate.route(rule);
  const guard = createStagedNodeGuard(gate, { write: answer, place });
  function check<T>(context: FastifyCall, early: boolean, go: () => T) {
    const { request, reply } = context;
    const stage = { rule: ownRule(request.routeOptions.config) ?? rule, early };
    const finish = (passed: StagePassed | undefined): T | FastifyReply => {
      if (passed === undefined) return reply;
      addHeaders(reply, passed.headers);
      return go();
    };
    const passed = guard(context, stage);
    return passed instanceof Promise ? passed.then(finish) : finish(passed);
  }
  const at =
    (early: boolean): CheckHook =>
    (request, reply, done) => {
      const checked = check(callOf(request, reply), early, done);
      if (checked instanceof Promise) checked.catch(done);
    };
  const [onRequest, later] = [at(true), at(false)];
  const hooks = { onRequest, preValidation: later, preHandler: later, onError, onSend };
  if (handler !== undefined) {
    const guarded: RouteHandler = function guarded(request, reply) {
      return check(callOf(request, reply), false, () => handler.call(this, request, reply));
    };
    return Object.assign(hooks, { handler: guarded });
  }
  const plugin = inScope((app, _options, done) => {
    if (!app.hasRequestDecorator('auth')) app.decorateRequest('auth', null);
    app.addHook('onRequest', onRequest).addHook('preValidation', later);
    app.addHook('preHandler', later).addHook('onError', onError).addHook('onSend', onSend);
    app.addHook('onRoute', ({ config }) => void gate.route(ownRule(config) ?? rule));
    done();
  });
  // Fastify takes route options only from what says that it is an object.
  return Object.assign(plugin, hooks, { [Symbol.toStringTag]: 'Object' });
}

/** Fastify's handlers read `auth` and `body` from its own request. */
function place({ request }: FastifyCall): NodePlace {
  return { body: request, auth: request, noAuth: null };
}

/** Fastify's error handlers run first; the refusal replaces whatever they make of a scope error. */
const onError: RouteGuard['onError'] = (request, _reply, error, done) => {
  keepRefusal(error, (request as FastifyRequest).raw);
  done();
};
const onSend: RouteGuard['onSend'] = (request, reply, payload, done) => {
  const refusal = pendingRefusalOf((request as FastifyRequest).raw);
  done(null, refusal === undefined ? payload : begin(reply as FastifyReply, refusal));
};

/** `scopegate: undefined`, a misspelt constant for example, is an error and not "no rule". */
function ownRule(config: { readonly scopegate?: Rule } = {}): Rule | undefined {
  if (!Object.hasOwn(config, 'scopegate')) return undefined;
  if (config.scopegate) return config.scopegate;
  throw new TypeError('config.scopegate: expected a rule');
}
