/**
 * Guards a route.
 *
 * @module
 */
import { fromWebRequest, handOn, withHeaders } from '@scopegate/core';
import type { Allowed, Auth, Gate, GateRequest, Refusal, Rule } from '@scopegate/core';
import type { Context, Handler, MiddlewareHandler } from 'hono';

/** What a guarded handler finds in `c.var`. */
export interface GateVariables<S extends string = string> {
  /** `undefined` on a public operation without a token. */
  auth: Auth<S> | undefined;
  /** The judged body, if the rule needed it. */
  parsedBody: unknown;
}

interface GateEnv<S extends string> {
  Variables: GateVariables<S>;
}

/**
 * Makes middleware that lets a request on only if the gate allows it: by the route's own rule, or by
 * the gate's policy. `c.var.auth` and `c.var.parsedBody` are then what was judged, and `c.req` can be
 * read again.
 *
 * A thrown `InsufficientScopeError` becomes the gate's 403. `app.onError` sees it first, unless the
 * handler is given here; every other error is the application's.
 *
 * @throws {@link TypeError} at mount, for an unknown scope, or without rule and policy
 */
export function protect<S extends string>(
  gate: Gate<S>,
  rule?: Rule<NoInfer<S>>,
  handler?: Handler<GateEnv<S>>,
): MiddlewareHandler<GateEnv<S>> {
  const route = gate.route(rule);
  return async (c, next) => {
    const view = viewOf(c);
    const decision = await route.decide(view.gateRequest);
    if (!decision.allowed) return refused(c, decision);
    await view.handOn(decision);
    let thrown: unknown;
    try {
      if (handler === undefined) await next();
      else c.res = (await handler(c, next)) as Response;
      thrown = c.error;
    } catch (error) {
      thrown = error;
    }
    if (thrown !== undefined) {
      const refusal = gate.refuse(thrown, view.gateRequest, decision.auth);
      if (refusal !== undefined) return refused(c, refusal);
      if (thrown !== c.error) throw thrown;
    }
    c.res = withHeaders(c.res, decision.headers);
    return undefined;
  };
}

interface ContextView<S extends string> {
  readonly gateRequest: GateRequest;
  handOn(decision: Allowed<S>): Promise<void>;
}

/** The request as the gate sees it. A body that something in front read comes from Hono's own cache. */
function viewOf<S extends string>(c: Context<GateEnv<S>>): ContextView<S> {
  const { raw } = c.req;
  const view = fromWebRequest(raw);
  const { gateRequest } = view;
  const spent = gateRequest.readBody !== undefined && raw.bodyUsed;
  const readBody: GateRequest['readBody'] = async () => ({
    bytes: await c.req.text(),
    contentType: c.req.header('content-type') ?? null,
    contentEncoding: null,
  });
  return {
    gateRequest: spent ? { ...gateRequest, readBody } : gateRequest,
    async handOn({ auth, body }) {
      c.set('auth', auth);
      const { incoming } = (c.env ?? {}) as { incoming?: { auth?: unknown } };
      if (incoming !== undefined) incoming.auth = auth;
      if (body === undefined) return;
      c.set('parsedBody', body);
      c.req.raw = spent ? new Request(raw, { body: await c.req.text() }) : handOn(raw, view);
    },
  };
}

/** Writes a refusal over what stands there; headers that other middleware set stay. */
function refused<S extends string>(c: Context<GateEnv<S>>, refusal: Refusal): Response {
  const earlier = new Headers(c.res.headers);
  for (const name of ['content-type', 'content-length', 'content-encoding']) earlier.delete(name);
  c.res = undefined;
  const response = withHeaders(
    new Response(refusal.body || null, { status: refusal.status, headers: earlier }),
    refusal.headers,
  );
  return (c.res = response);
}
