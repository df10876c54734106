/**
 * `@scopegate/fastify`: binds a gate to Fastify 5.
 *
 * @module @scopegate/fastify
 */
import type { Auth, Gate, Reply, Rule } from '@scopegate/core';
import { requireAuth } from '@scopegate/core/adapter';
import {
  createNodeMetadata,
  createStagedNodeGuard,
  keepRefusal,
  pendingRefusalOf,
  replaceHeaders,
} from '@scopegate/core/node';
import type { RouteConfig, StagedPlace } from '@scopegate/core/node';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest, RouteHandler } from 'fastify';

declare module 'fastify' {
  /** `scopegate` is the rule of the route, in place of the rule or policy of the `protect` around it. */
  interface FastifyContextConfig extends RouteConfig {}
}

/** Names no types of parameters, bodies or servers, so that it fits every route. */
type Hook<Rest extends unknown[]> = (request: object, reply: object, ...rest: Rest) => void;
type Check = Hook<[done: (error?: Error) => void]>;

/**
 * Route options that guard. The first three hooks each check what the hooks before did not; the last two send
 * the gate's 403 for a scope error.
 */
export type RouteGuard = Readonly<Record<'onRequest' | 'preValidation' | 'preHandler', Check>> & {
  readonly onError: Hook<[error: Error, done: () => void]>;
  readonly onSend: Hook<[payload: unknown, done: (error: null, payload: unknown) => void]>;
};

/** Route options that guard, and a plugin. */
export interface ScopeGuard extends RouteGuard, FastifyPluginCallback {}

/** Route options that guard, with the handler, which runs guarded even if the hooks are replaced. */
export type GuardedRoute = RouteGuard & { readonly handler: Hook<[]> };

/**
 * Makes a guard that runs the handler only if the gate allows the request: by the rule in the route's
 * `config.scopegate`, else by `rule`, else by the gate's policy. `request.auth`, and `request.body` if the
 * policy reads bodies, are then what the gate evaluated. The gate's 403 answers a thrown
 * `InsufficientScopeError`: it replaces the answer that the error handler gives. Every other error is the
 * error handler's.
 *
 * In a scope, register it first. It then guards that scope's routes, its 404s and the plugins behind
 * it, none of which can drop it. It guards neither plugins registered before it nor scopes further out.
 *
 * On a route, pass it as it is. Spread among other options, a hook that is named again is lost.
 * `{ ...protect(gate), preHandler: mine }` is still guarded, since `preValidation` checks the same; but
 * with both replaced the policy evaluates no body, and with `onRequest` replaced too nothing is checked.
 * With the handler as third argument the check cannot be lost, only the 403 for a scope error, which needs
 * `onError` and `onSend`.
 *
 * @example
 * ```ts
 * app.register(protect(gate));                              // the scope that registers it
 * app.all('/mcp', protect(gate), handler);                  // a route
 * app.get('/export', protect(gate, 'notes:read', handler)); // a route, with its handler
 * ```
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
  const guard = createStagedNodeGuard(gate, rule, { write: answer, place });
  const onRequest: Check = (_request, reply, done) => guard.early(reply as FastifyReply, done);
  const later: Check = (_request, reply, done) => guard.late(reply as FastifyReply, done);
  const hooks = { onRequest, preValidation: later, preHandler: later, onError, onSend };
  if (handler !== undefined) {
    const guarded: RouteHandler = function guarded(request, reply) {
      return guard.run(reply, () => handler.call(this, request, reply));
    };
    return Object.assign(hooks, { handler: guarded });
  }
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    if (!app.hasRequestDecorator('auth')) app.decorateRequest('auth', null);
    app.addHook('onRequest', onRequest).addHook('preValidation', later);
    app.addHook('preHandler', later).addHook('onError', onError).addHook('onSend', onSend);
    app.addHook('onRoute', ({ config }) => guard.prepare(config));
    done();
  };
  // Fastify accepts a function as route options only if its `Symbol.toStringTag` is `Object`.
  return Object.assign(plugin, IN_SCOPE, hooks, { [Symbol.toStringTag]: 'Object' });
}

/**
 * Makes a plugin that answers the metadata URLs of the gates and, for gates with `cors`, preflights for
 * their resources, which routes that are registered by method never get. It passes every other request on.
 * Register it first, on the root app: anywhere else, or behind a `protect` of the whole app, it fails at
 * start.
 *
 * @example
 * ```ts
 * app.register(resourceMetadata(gate));
 * ```
 */
export function resourceMetadata(...gates: Pick<Gate, 'metadata'>[]): FastifyPluginCallback {
  const metadata = createNodeMetadata(gates, { write: answer, place });
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    const misplaced = (where: string): void => done(new Error(`resourceMetadata belongs ${where}`));
    // Scopes inherit from the root, which alone has methods of its own.
    if (!Object.hasOwn(app, 'listen')) return misplaced('at the root of the app, not in a plugin');
    if (app.hasRequestDecorator('auth')) return misplaced('in front of what guards the app');
    app.addHook('onRequest', (_request, reply, next) => void metadata(reply, next));
    done();
  };
  return Object.assign(plugin, IN_SCOPE);
}

/**
 * Returns the `auth` that the gate put on the request, typed with its scopes.
 *
 * @example
 * ```ts
 * app.get('/me', protect(gate, 'notes:read'), async (request) => authOf(gate, request).subject);
 * ```
 * @throws {@link Error} if this gate does not guard the route, or the operation is public and no
 * token came
 */
export function authOf<S extends string>(gate: Gate<S>, request: object): Auth<S> {
  return requireAuth(gate, (request as { auth?: unknown }).auth);
}

/** Keeps the refusal for a scope error. In `onSend`, it replaces the answer of Fastify's error handlers. */
const onError: RouteGuard['onError'] = (request, _reply, error, done) =>
  keepRefusal(error, (request as FastifyRequest).raw, done);
const onSend: RouteGuard['onSend'] = (request, reply, payload, done) => {
  const refusal = pendingRefusalOf((request as FastifyRequest).raw);
  done(null, refusal === undefined ? payload : begin(reply as FastifyReply, refusal));
};

/** Fastify's handlers read `auth` and `body` from its own request. */
function place(reply: FastifyReply): StagedPlace {
  const { raw: res, request } = reply;
  // An application may rewrite the URL; metadata is found by the one that the client sent.
  const { raw: req, originalUrl: publicTarget, routeOptions } = request;
  const { config } = routeOptions;
  return { req, res, body: request, auth: request, noAuth: null, reply, publicTarget, config };
}

/** Sends a reply instead of the answer that was begun. Headers that others set stay. */
function answer(reply: FastifyReply, said: Reply): FastifyReply {
  return reply.send(begin(reply, said));
}

/** Sets status and headers of a reply, and returns its body. */
function begin(reply: FastifyReply, { status, headers, body }: Reply): Buffer | undefined {
  replaceHeaders({ res: reply.raw, reply: reply.code(status) }, headers);
  // The body is returned as bytes, because Fastify would add a charset to the type of a text.
  return body ? Buffer.from(body) : undefined;
}

/** Makes a function a plugin of the scope that registers it, as `fastify-plugin` does. */
const IN_SCOPE = {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@scopegate/fastify',
  [Symbol.for('plugin-meta')]: { name: '@scopegate/fastify', fastify: '5.x' },
};
