/**
 * Guards a route.
 *
 * @module
 */
import type { Auth, Gate, Rule } from '@scopegate/core';
import { createNodeGuard, setHeaders } from '@scopegate/core/node';
import type { NodePlace } from '@scopegate/core/node';
import type { DefaultContext, Middleware, ParameterizedContext } from 'koa';
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
  /** Koa's request, with the evaluated body if the rule needed it. */
  request?: { body?: unknown };
}

/**
 * Makes middleware that calls the next one only if the gate allows the request: by the route's own rule,
 * or by the gate's policy. `ctx.state.auth`, `ctx.req.auth` and `ctx.request.body` are then what the
 * gate evaluated.
 *
 * Place it before or behind a body parser, and for every method of the path (`router.all`). The gate's 403
 * answers an `InsufficientScopeError` from the handler given here or from middleware behind; every other
 * error is the application's.
 *
 * A rule that is a function receives the target as Koa has it here (`ctx.url`): as earlier middleware
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
  const guard = createNodeGuard(gate, rule, { write: answer, place });
  return async (ctx, next) => {
    const passed = await guard(ctx);
    if (passed === undefined) return;
    try {
      await (handler === undefined ? next() : handler(ctx, next));
    } catch (error) {
      if (!passed.refuse(error)) throw error;
    } finally {
      // Once more, for handlers that set the same headers.
      if (!ctx.headerSent) setHeaders(ctx.res, passed.headers);
    }
  };
}

/** Koa's parsers keep the body on its request; its router reads `ctx.url`. */
function place({ request, state, url }: ParameterizedContext<object, GateContext>): NodePlace {
  return { body: request, rawBody: request, auth: state, target: url };
}
