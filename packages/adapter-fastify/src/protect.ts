/**
 * Guards a scope, or a route.
 *
 * @module
 */
import type { Gate, Rule } from '@scopegate/core';
import * as node from '@scopegate/core/node';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest, RouteHandler } from 'fastify';
import { addHeaders, answer, begin } from './answer.js';
import { inScope } from './in-scope.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route needs, in place of what the `protect` around it says. */
    scopegate?: Rule;
  }
}

/** Fits every route: it names no types of parameters, bodies or servers. */
type Hook<Rest extends unknown[]> = (request: object, reply: object, ...rest: Rest) => void;
type JudgeHook = Hook<[done: (error?: Error) => void]>;

/** Route options that guard. Each hook judges what those before it did not. */
export type RouteGuard = Readonly<
  Record<'onRequest' | 'preValidation' | 'preHandler', JudgeHook>
> & {
  readonly onError: Hook<[error: Error, done: () => void]>;
  readonly onSend: Hook<[payload: unknown, done: (error: null, payload: unknown) => void]>;
};

/** Route options that guard, and a plugin. */
export interface ScopeGuard extends RouteGuard, FastifyPluginCallback {}

/** Route options that guard, with the handler: whatever becomes of the hooks, it runs guarded. */
export type GuardedRoute = RouteGuard & { readonly handler: Hook<[]> };

/**
 * Makes a guard that lets a request on only if the gate allows it: by the rule in the route's
 * `config.scopegate`, else by `rule`, else by the gate's policy. `request.auth` and `request.body` are
 * then what was judged. A thrown `InsufficientScopeError` becomes the gate's 403, whatever an error
 * handler, which sees it first, made of it; every other error is the error handler's.
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
 * `{ ...protect(gate), preHandler: mine }` is still guarded, since `preValidation` judges the same; but
 * with both replaced a policy judges no body any more, and with `onRequest` nothing is left. With the
 * handler as third argument nothing can be lost.
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
  const stages = node.createStages(gate);
  function judge<T>(request: FastifyRequest, reply: FastifyReply, early: boolean, go: () => T) {
    const { raw, routeOptions }: { raw: node.GuardedRequest } & FastifyRequest = request;
    if (request.body !== undefined) raw.body = request.body;
    const stage = { rule: ownRule(routeOptions.config) ?? rule, early };
    return stages(raw, stage, (decision): T | FastifyReply => {
      if (decision === undefined) return go();
      if (!decision.allowed) return answer(reply, decision);
      addHeaders(reply, decision.headers);
      // Who hijacks the reply writes past Fastify's headers.
      node.setHeaders(reply.raw, decision.headers);
      node.swapRefusal(reply.raw, gate, decision);
      Object.assign(request, { auth: raw.auth ?? null, body: decision.body ?? request.body });
      return go();
    });
  }
  const at =
    (early: boolean): JudgeHook =>
    (request, reply, done) => {
      const gone = judge(request as FastifyRequest, reply as FastifyReply, early, done);
      if (gone instanceof Promise) gone.catch(done);
    };
  const [onRequest, later] = [at(true), at(false)];
  const guard = { onRequest, preValidation: later, preHandler: later, onError, onSend };
  if (handler !== undefined) {
    const guarded: RouteHandler = function guarded(request, reply) {
      return judge(request, reply, false, () => handler.call(this, request, reply));
    };
    return Object.assign(guard, { handler: guarded });
  }
  const plugin = inScope((app, _options, done) => {
    if (!app.hasRequestDecorator('auth')) app.decorateRequest('auth', null);
    app.addHook('onRequest', onRequest).addHook('preValidation', later);
    app.addHook('preHandler', later).addHook('onError', onError).addHook('onSend', onSend);
    app.addHook('onRoute', ({ config }) => void gate.route(ownRule(config) ?? rule));
    done();
  });
  // Fastify takes route options only from what says that it is an object.
  return Object.assign(plugin, guard, { [Symbol.toStringTag]: 'Object' });
}

/** Fastify's error handlers come first; whatever they make of a scope error, the refusal stands. */
const onError: RouteGuard['onError'] = (request, _reply, error, done) => {
  node.refuseThrown(error, (request as FastifyRequest).raw);
  done();
};
const onSend: RouteGuard['onSend'] = (request, reply, payload, done) => {
  const refusal = node.refusalOf((request as FastifyRequest).raw);
  done(null, refusal === undefined ? payload : begin(reply as FastifyReply, refusal));
};

/** A misspelt constant is no wish for no rule. */
function ownRule(config: { readonly scopegate?: Rule } = {}): Rule | undefined {
  if (!Object.hasOwn(config, 'scopegate')) return undefined;
  if (config.scopegate) return config.scopegate;
  throw new TypeError('config.scopegate: expected a rule');
}
