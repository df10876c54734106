/**
 * `@scopegate/koa`: binds a gate to Koa 2.15+ and 3.
 *
 * @module @scopegate/koa
 */
import type { Auth, Gate, Reply, Rule } from '@scopegate/core';
import { requireAuth } from '@scopegate/core/adapter';
import { createNodeGuard, createNodeMetadata, dropContent, setHeaders } from '@scopegate/core/node';
import type { NodePlace, ParsedRequest } from '@scopegate/core/node';
import type { DefaultContext, ExtendableContext, Middleware, ParameterizedContext } from 'koa';

/** What a guarded handler finds in `ctx.state`. */
export interface GateState<S extends string = string> {
  /** `undefined` on a public operation without a token. */
  auth: Auth<S> | undefined;
}

/** What a guarded handler finds in `ctx`. All members are optional, so that it fits a plain `Middleware`. */
export interface GateContext<S extends string = string> {
  /** Node's request, with `auth` where the MCP SDK's transports look. */
  req?: { auth?: Auth<S> };
  /** Koa's request, with the evaluated body if the rule needed it. */
  request?: { body?: unknown };
}

/**
 * Makes middleware that calls the next one only if the gate allows the request: by the route's own rule,
 * or by the gate's policy. `ctx.state.auth`, `ctx.req.auth`, and `ctx.request.body` if the policy reads
 * bodies, are then what the gate evaluated.
 *
 * Place it before or behind a body parser, and for every method of the path (`router.all`). The gate's 403
 * answers an `InsufficientScopeError` from the handler given here or from middleware behind; every other
 * error is the application's.
 *
 * A rule that is a function receives the target as Koa has it here (`ctx.url`): as earlier middleware
 * left it, and without what koa-mount cut off.
 *
 * @example
 * ```ts
 * router.all('/mcp', protect(gate), mcp);
 * router.get('/export', protect(gate, 'notes:read'), exportNotes);
 * ```
 * @throws {@link TypeError} at mount, for an unknown scope, without rule and policy, and without a rule
 * where the policy goes by the path (`httpPolicy`)
 */
export function protect<S extends string>(
  gate: Gate<S>,
  rule?: Rule<NoInfer<S>>,
  handler?: Middleware<GateState<S>, DefaultContext & GateContext<S>>,
): Middleware<GateState<S>, GateContext<S>> {
  const guard = createNodeGuard(gate, rule, { write: answer, place });
  return async (ctx, next) => {
    const passed = await guard(ctx);
    await passed?.run((): unknown => (handler === undefined ? next() : handler(ctx, next)));
  };
}

/**
 * Makes middleware that answers the metadata URLs of the gates and, for gates with `cors`, preflights for
 * their resources, which routes that are registered by method never get. It passes every other request on.
 * Mount it at the root of the app, before what guards, limits or parses requests: a router with a prefix
 * never sees the well-known path.
 *
 * @example
 * ```ts
 * app.use(resourceMetadata(gate));
 * ```
 */
export function resourceMetadata(...gates: Pick<Gate, 'metadata'>[]): Middleware<object, object> {
  const metadata = createNodeMetadata(gates, { write: answer, place: publicPlace });
  return async (ctx, next): Promise<unknown> => (await metadata(ctx)) || next();
}

/**
 * Returns the `auth` that the gate put into `ctx.state`, typed with its scopes.
 *
 * @example
 * ```ts
 * router.get('/me', protect(gate, 'notes:read'), (ctx) => void (ctx.body = authOf(gate, ctx).subject));
 * ```
 * @throws {@link Error} if this gate does not guard the route, or the operation is public and no
 * token came
 */
export function authOf<S extends string>(gate: Gate<S>, ctx: { readonly state: object }): Auth<S> {
  return requireAuth(gate, (ctx.state as { auth?: unknown }).auth);
}

/** Koa's parsers keep the body on its request; its router reads `ctx.url`. */
function place(ctx: ParameterizedContext<object, GateContext>): NodePlace {
  const { req, res, request, state, url } = ctx;
  return { req, res, body: request, rawBody: request, auth: state, target: url };
}

/** Returns the place for metadata, whose target is as the client sent it, with every mount path. */
function publicPlace(ctx: ExtendableContext & { readonly mountPath?: string }): NodePlace {
  const { req, res, originalUrl, path, mountPath = '' } = ctx;
  const [came = ''] = originalUrl.split('?', 1);
  // koa-mount leaves `mountPath` set afterwards, so the paths are compared.
  const isCut = came.endsWith(mountPath + path) || (path === '/' && came.endsWith(mountPath));
  const target = (req as ParsedRequest).originalUrl ?? originalUrl;
  return { req, res, target, mountedAt: isCut ? mountPath : '' };
}

/**
 * Puts a reply into the context, so that middleware which changes answers sees it. Headers that other
 * middleware set stay, except those that describe a content which is not sent now.
 */
function answer(ctx: ExtendableContext & { body: unknown }, reply: Reply): void {
  dropContent(ctx.res);
  ctx.status = reply.status;
  // Koa 3 writes `null` under a JSON type as a document, and Koa 2 changes the status for it.
  ctx.body = '';
  ctx.type = '';
  setHeaders(ctx.res, reply.headers);
  // Set after the type, or Koa would choose a type itself.
  if (reply.body) ctx.body = reply.body;
  // Turn Koa's own response handling on again if a handler set `ctx.respond` to false.
  ctx.respond = true;
}
