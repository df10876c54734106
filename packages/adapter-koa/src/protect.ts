/**
 * Guards a route.
 *
 * @module
 */
import type { Auth, Gate, Rule } from '@scopegate/core';
import { fromNodeRequest, handOn, setHeaders, swapRefusal } from '@scopegate/core/node';
import type { DefaultContext, Middleware } from 'koa';
import { answer } from './answer.js';

/** What a guarded handler finds in `ctx.state`. */
export interface GateState<S extends string = string> {
  /** `undefined` on a public operation without a token. */
  auth: Auth<S> | undefined;
}

/** What a guarded handler finds in `ctx`. All optional, or a plain `Middleware` could not hold the gate. */
export interface GateContext<S extends string = string> {
  /** Node's request, with `auth` where the MCP SDK's transports look. */
  req?: { auth?: Auth<S> };
  /** Koa's request, with the judged body if the rule needed it. */
  request?: { body?: unknown };
}

/**
 * Makes middleware that lets a request on only if the gate allows it: by the route's own rule, or by
 * the gate's policy. `ctx.state.auth`, `ctx.req.auth` and `ctx.request.body` are then what was judged.
 *
 * Place it before or behind a body parser, and for every method of the path (`router.all`). A thrown
 * `InsufficientScopeError` becomes the gate's 403, be it from the handler given here or from
 * middleware behind; every other error is the application's.
 *
 * A rule that is a function is told the target as Koa tells it here (`ctx.url`): as middleware in front
 * left it, and without what koa-mount cut off.
 *
 * @throws {@link TypeError} at mount, for an unknown scope, without rule and policy, and without a rule
 * where the policy goes by the path (`httpPolicy`)
 */
export function protect<S extends string>(
  gate: Gate<S>,
  rule?: Rule<NoInfer<S>>,
  handler?: Middleware<GateState<S>, DefaultContext & GateContext<S>>,
): Middleware<GateState<S>, GateContext<S>> {
  const route = gate.route(rule);
  return async (ctx, next) => {
    // The parsers' place in Koa: what stands there is what handlers act on.
    if (ctx.request.body !== undefined) Object.assign(ctx.req, { body: ctx.request.body });
    const view = fromNodeRequest(ctx.req, ctx.url);
    const decided = route.decide(view.gateRequest);
    const decision = decided instanceof Promise ? await decided : decided;
    if (!decision.allowed) return answer(ctx, decision);
    handOn(ctx.req, view, decision, ctx.request);
    swapRefusal(ctx.res, gate, decision);
    ctx.state.auth = decision.auth;
    // Before, for handlers that write to Node's response; after, for those that set the same headers.
    setHeaders(ctx.res, decision.headers);
    try {
      await (handler === undefined ? next() : handler(ctx, next));
    } catch (error) {
      // Once headers are out, nothing can be refused.
      const refusal = ctx.headerSent
        ? undefined
        : gate.refuse(error, view.gateRequest, decision.auth);
      if (refusal === undefined) throw error;
      answer(ctx, refusal);
    } finally {
      if (!ctx.headerSent) setHeaders(ctx.res, decision.headers);
    }
  };
}
