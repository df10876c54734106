/**
 * Guards a route.
 *
 * @module
 */
import type { Allowed, Auth, Gate, HeaderList, Rule } from '@scopegate/core';
import { attachBody, createWebGuard, isListHeader } from '@scopegate/core/adapter';
import type { WebPlace, WebRequestView } from '@scopegate/core/adapter';
import type { Context, Handler, MiddlewareHandler } from 'hono';
import { answer } from './answer.js';

/** What a guarded handler finds in `c.var`. */
export interface GateVariables<S extends string = string> {
  /** `undefined` on a public operation without a token. */
  auth: Auth<S> | undefined;
  /** The evaluated body, if the rule needed it. */
  parsedBody: unknown;
}

interface GateEnv<S extends string> {
  Variables: GateVariables<S>;
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
 * @throws {@link TypeError} at mount, for an unknown scope, without rule and policy, and without a rule
 * where the policy goes by the path (`httpPolicy`)
 */
export function protect<S extends string>(
  gate: Gate<S>,
  rule?: Rule<NoInfer<S>>,
  handler?: Handler<GateEnv<S>>,
): MiddlewareHandler<GateEnv<S>> {
  const guard = createWebGuard(gate, rule, { place, write: answer, attach });
  return async (c, next) => {
    const decided = guard(c);
    const passed = decided instanceof Promise ? await decided : decided;
    if (passed.answer !== undefined) return passed.answer;
    announce(c, passed.headers);
    const thrown = await run(c, next, handler);
    if (thrown !== undefined) {
      const refusal = passed.refuse(thrown.error);
      // A gate further out must not answer the same error again, in its own words.
      if (refusal !== undefined) c.error = undefined;
      if (refusal !== undefined) return refusal;
      if (thrown.error !== c.error) throw thrown.error;
    }
    const response = await passed.finish(c.res);
    c.res = undefined;
    c.res = response;
    return undefined;
  };
}

/** Hono's router reads `c.req.path`, also if middleware replaced the request. */
function place({ req }: Context): WebPlace {
  const target = (): string => req.path + (/^[^?#]*(\?[^#]*)/.exec(req.raw.url)?.[1] ?? '');
  return { request: req.raw, reread: () => req.text(), target };
}

/** Runs the handler. An error that `app.onError` answered already counts as thrown, too. */
async function run<S extends string>(
  c: Context<GateEnv<S>>,
  next: () => Promise<void>,
  handler: Handler<GateEnv<S>> | undefined,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    if (handler === undefined) await next();
    else {
      const response = (await handler(c, next)) as Response | undefined;
      // As in Hono: if `next()` produced a response, what the handler returned is ignored.
      if (response !== undefined && !c.finalized) c.res = response;
    }
    return c.error && { error: c.error };
  } catch (error) {
    return { error };
  }
}

/**
 * Sets the added headers before the handler runs, once: a response of `c.json()` and its kind has them
 * then, and only a response that the handler made itself must be copied.
 */
function announce(c: Announced, headers: HeaderList): void {
  if (c[ANNOUNCED] === true) return;
  c[ANNOUNCED] = true;
  for (const [name, value] of headers) c.header(name, value, { append: isListHeader(name) });
}

const ANNOUNCED = Symbol('scopegate.announced');

type Announced = Pick<Context, 'header'> & { [ANNOUNCED]?: true };

/** Attaches `auth` and the body where handlers, validators and the MCP SDK look for them. */
function attach(c: Context, { auth, body }: Allowed, view: WebRequestView): void {
  c.set('auth', auth);
  const { incoming } = (c.env ?? {}) as { incoming?: { auth?: unknown } };
  if (incoming !== undefined) incoming.auth = auth;
  if (body === undefined) return;
  c.set('parsedBody', body);
  attachBody(c.req, view);
  // Hono then gives the evaluated body to whoever asks for it, and leaves the request unread.
  c.req.bodyCache = { json: Promise.resolve(body) };
}
