/**
 * Guards a route.
 *
 * @module
 */
import type { Allowed, Auth, Gate, HeaderList, Rule } from '@scopegate/core';
import {
  fromWebRequest,
  handOnIn,
  isListHeader,
  swapResponse,
  withHeaders,
} from '@scopegate/core/adapter';
import type { WebRequestView } from '@scopegate/core/adapter';
import type { Context, Handler, MiddlewareHandler } from 'hono';
import { answer } from './answer.js';

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
 * the gate's policy. `c.var.auth` and `c.var.parsedBody` are then what was judged, and `c.req` and
 * `c.req.raw` can be read again.
 *
 * A thrown `InsufficientScopeError` becomes the gate's 403. `app.onError` sees it first, unless the
 * handler is given here; every other error is the application's.
 *
 * What a validator in front made of the body (`c.req.valid`) is not judged: place validators behind the
 * gate.
 *
 * @throws {@link TypeError} at mount, for an unknown scope, without rule and policy, and without a rule
 * where the policy goes by the path (`httpPolicy`)
 */
export function protect<S extends string>(
  gate: Gate<S>,
  rule?: Rule<NoInfer<S>>,
  handler?: Handler<GateEnv<S>>,
): MiddlewareHandler<GateEnv<S>> {
  const route = gate.route(rule);
  return async (c, next) => {
    const { raw } = c.req;
    // What Hono chose the route by, also where middleware put another request in the place of it.
    const target = (): string => c.req.path + (/^[^?#]*(\?[^#]*)/.exec(raw.url)?.[1] ?? '');
    const view = fromWebRequest(raw, () => c.req.text(), target);
    const decided = route.decide(view.gateRequest);
    const decision = decided instanceof Promise ? await decided : decided;
    if (!decision.allowed) return answer(c, decision);
    leave(c, view, decision);
    announce(c, decision.headers);
    const thrown = await run(c, next, handler);
    if (thrown !== undefined) {
      const refusal = gate.refuse(thrown.error, view.gateRequest, decision.auth);
      if (refusal === undefined && thrown.error !== c.error) throw thrown.error;
      if (refusal !== undefined) {
        // Answered: a gate further out must not answer it again, in its own words.
        c.error = undefined;
        return answer(c, refusal);
      }
    }
    const swapped = await swapResponse(gate, decision.auth, c.res, raw);
    const res = 'reply' in swapped ? answer(c, swapped.reply) : swapped;
    c.res = undefined;
    c.res = withHeaders(res, decision.headers);
    return undefined;
  };
}

/** Runs what is guarded. What `app.onError` answered already counts as thrown, too. */
async function run<S extends string>(
  c: Context<GateEnv<S>>,
  next: () => Promise<void>,
  handler: Handler<GateEnv<S>> | undefined,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    if (handler === undefined) await next();
    else {
      const response = (await handler(c, next)) as Response | undefined;
      // As Hono does it: who let the next one answer has nothing to say.
      if (response !== undefined && !c.finalized) c.res = response;
    }
    return c.error && { error: c.error };
  } catch (error) {
    return { error };
  }
}

/**
 * Says the added headers in front of the handler, once: what `c.json()` and its like make has them
 * then, and only a response that the handler made by itself must be copied.
 */
function announce(c: Announced, headers: HeaderList): void {
  if (c[ANNOUNCED] === true) return;
  c[ANNOUNCED] = true;
  for (const [name, value] of headers) c.header(name, value, { append: isListHeader(name) });
}

const ANNOUNCED = Symbol('scopegate.announced');

type Announced = Pick<Context, 'header'> & { [ANNOUNCED]?: true };

/** Leaves what was judged where handlers, validators and the MCP SDK look for it. */
function leave(c: Context, view: WebRequestView, { auth, body }: Allowed): void {
  c.set('auth', auth);
  const { incoming } = (c.env ?? {}) as { incoming?: { auth?: unknown } };
  if (incoming !== undefined) incoming.auth = auth;
  if (body === undefined) return;
  c.set('parsedBody', body);
  handOnIn(c.req, view);
  // Whoever asks Hono for the body again gets the judged one, and leaves the request unread.
  c.req.bodyCache = { json: Promise.resolve(body) };
}
