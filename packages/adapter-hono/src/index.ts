/**
 * `@scopegate/hono`: binds a gate to Hono 4, on Node and on every fetch platform.
 *
 * @module @scopegate/hono
 */
import type { Auth, Gate, Reply, Rule } from '@scopegate/core';
import { createWebGuard, createWebMetadata, replyOver, requireAuth } from '@scopegate/core/adapter';
import type { WebPlace } from '@scopegate/core/adapter';
import type { Context, Handler, MiddlewareHandler } from 'hono';

/** What a guarded handler finds in `c.var`. */
export interface GateVariables<S extends string = string> {
  /** `undefined` on a public operation without a token. */
  auth: Auth<S> | undefined;
  /** The evaluated body, if the rule needed it. */
  parsedBody: unknown;
}

/**
 * Makes middleware that calls the next one only if the gate allows the request: by the route's own rule,
 * or by the gate's policy. `c.var.auth` and `c.var.parsedBody` are then what the gate evaluated, and
 * `c.req` and `c.req.raw` can be read again.
 *
 * A thrown `InsufficientScopeError` becomes the gate's 403. `app.onError` sees it first, unless the
 * handler is given here; every other error is the application's.
 *
 * The gate does not evaluate what an earlier validator made of the body (`c.req.valid`): place validators
 * behind the gate.
 *
 * @example
 * ```ts
 * app.all('/mcp', protect(gate), (c) => mcp.fetch(c.req.raw));
 * app.get('/export', protect(gate, 'notes:read'), exportNotes);
 * ```
 * @throws {@link TypeError} at mount, for an unknown scope, without rule and policy, and without a rule
 * where the policy goes by the path (`httpPolicy`)
 */
export function protect<S extends string>(
  gate: Gate<S>,
  rule?: Rule<NoInfer<S>>,
  handler?: Handler<{ Variables: GateVariables<S> }>,
): MiddlewareHandler<{ Variables: GateVariables<S> }> {
  const guard = createWebGuard(gate, rule, { place, write: answer, addHeader });
  return async (c, next) => {
    const guarded = guard(c);
    const passed = guarded instanceof Promise ? await guarded : guarded;
    if (passed.answer !== undefined) return passed.answer;
    c.set('auth', passed.auth);
    if (passed.body !== undefined) {
      c.set('parsedBody', passed.body);
      // Hono then returns this body to all who read it, and leaves the request unread.
      c.req.bodyCache = { json: Promise.resolve(passed.body) };
    }
    return passed.run(async () => {
      const ran: unknown = await (handler === undefined ? next() : handler(c, next));
      // As in Hono: if `next()` produced a response, what the handler returned is ignored.
      if (ran !== undefined && !c.finalized) c.res = ran as Response;
      // An error that `app.onError` answered counts as thrown, too.
      const refusal = c.error && passed.refuse(c.error);
      const response = refusal ?? (await passed.finish(c.res));
      // Otherwise Hono would copy every header of the earlier response over those of this one.
      c.res = undefined;
      return (c.res = response);
    });
  };
}

/**
 * Makes middleware that answers the metadata URLs of the gates and, for gates with `cors`, preflights for
 * their resources, which routes that are registered by method never get. It passes every other request on.
 * Mount it on the root app, before what guards or limits: an app with a base path never sees the well-known
 * path.
 *
 * @example
 * ```ts
 * app.use(resourceMetadata(gate));
 * ```
 */
export function resourceMetadata(...gates: Pick<Gate, 'metadata'>[]): MiddlewareHandler {
  const metadata = createWebMetadata(gates, { place, write: answer });
  // Hono takes a response without a promise, too.
  return (c, next) => (metadata(c) ?? next()) as Promise<Response | undefined>;
}

/**
 * Returns the `auth` that the gate put into the context, typed with its scopes.
 *
 * @example
 * ```ts
 * app.get('/me', protect(gate, 'notes:read'), (c) => c.text(authOf(gate, c).subject ?? ''));
 * ```
 * @throws {@link Error} if this gate does not guard the route, or the operation is public and no
 * token came
 */
export function authOf<S extends string>(gate: Gate<S>, c: Context): Auth<S> {
  return requireAuth(gate, c.get('auth'));
}

/** Hono's router reads `c.req.path`, also if middleware replaced the request. */
function place({ req, env }: Context): WebPlace {
  const { incoming: auth, outgoing } = (env ?? {}) as WebPlace & { incoming?: object };
  const target = (): string => req.path + (/^[^?#]*(\?[^#]*)/.exec(req.raw.url)?.[1] ?? '');
  return { request: req.raw, holder: req, auth, outgoing, reread: () => req.text(), target };
}

/** Writes a reply in place of the current response; headers that other middleware set stay. */
function answer(c: Context, reply: Reply): Response {
  // The headers set so far; reading `c.res` would make a response.
  const begun = c.newResponse(null, 200, {}).headers;
  // A gate further out must not answer an error again, in its own words.
  c.error = undefined;
  // Otherwise Hono would copy every header of the earlier response over those of the reply.
  c.res = undefined;
  return (c.res = replyOver(begun, reply));
}

/** Sets a header that the responses of `c.json()` and similar methods will have. */
function addHeader(c: Context, name: string, value: string, append: boolean): void {
  c.header(name, value, { append });
}
