/**
 * The guard for frameworks that parse bodies themselves between their hooks.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type { Decision, Refusal } from '../decision.js';
import type { Gate } from '../gate/index.js';
import type { Passed } from '../web/index.js';
import type { Auth, Rule } from '../policy/index.js';
import type { NodeRequestView, ParsedRequest } from './gate-request.js';
import { admit, nowhere, viewOf, writeToNode } from './node-guard.js';
import type { NodeContext, NodeGuardOptions } from './node-guard.js';

/** Where in a request's life the guard is called. */
export interface Stage {
  /** What the route needs; without it the gate's policy decides. */
  readonly rule: Rule | undefined;
  /** Before the body is parsed: the token is checked, and a rule, which needs no body. */
  readonly early: boolean;
}

/** What the guard returns at a stage; errors are answered by {@link keepRefusal}. */
export type StagePassed<S extends string = string> = Omit<Passed<S>, 'refuse'>;

/** As a node guard, called at each stage. */
export type StagedNodeGuard<Context> = (
  context: Context,
  stage: Stage,
) => StagePassed | undefined | Promise<StagePassed | undefined>;

/** What one guard allowed for a request so far. */
interface Pass {
  readonly guard: object;
  readonly gate: Gate;
  readonly view: NodeRequestView;
  readonly auth: Auth | undefined;
  /** With another rule, method or target the pass is void. */
  readonly rule: Rule | undefined;
  readonly method: string | undefined;
  readonly url: string | undefined;
  checked: 'token' | 'rule' | 'policy';
  /** The body that was there. */
  body: unknown;
  /** A copy of it, if the policy evaluated it. */
  copy: unknown;
  /** The refusal of the last error that was thrown behind the guard. */
  pendingRefusal: Refusal | undefined;
}

/** A property costs much less than a `WeakMap` entry for every request. */
const PASSES = Symbol('scopegate.passes');

interface StagedRequest extends ParsedRequest {
  /** The innermost gate's pass is the last: its `auth` is attached, and it answers errors. */
  [PASSES]?: Pass[];
}

/**
 * Makes a guard that is called at each stage and checks what the stages before did not; a stage that
 * never comes is made up for by the next one. A body that was changed or replaced is evaluated again,
 * and so is everything if the rule, the method or the target differs, since a router can run again. An
 * allowed request is treated as {@link createNodeGuard} does. Where nothing is left to check, the
 * returned `headers` are empty.
 */
export function createStagedNodeGuard<Context extends NodeContext>(
  gate: Gate,
  { write = writeToNode, place = nowhere }: NodeGuardOptions<Context> = {},
): StagedNodeGuard<Context> {
  return function guard(context, stage) {
    const req: StagedRequest = context.req;
    const where = place(context);
    if (where.body?.body !== undefined) req.body = where.body.body;
    const passes = (req[PASSES] ??= []);
    const { rule, early } = stage;
    const { method, url } = req;
    const last = passes.find((one) => one.guard === guard);
    const isSame = last?.rule === rule && last?.method === method && last?.url === url;
    const pass = isSame ? last : undefined;
    if (pass !== undefined && isChecked(pass, req, stage)) {
      return { auth: pass.auth, body: undefined, headers: [] };
    }
    const view = pass?.view ?? viewOf(req, { target: url });
    const checked = rule !== undefined ? 'rule' : early ? 'token' : 'policy';
    const finish = (decision: Decision): StagePassed | undefined => {
      if (!decision.allowed) {
        write(context, decision);
        return undefined;
      }
      const { auth, body, headers } = decision;
      const current = body === undefined ? req.body : body;
      const found = { checked, body: current, copy: copyOf(body) } as const;
      if (pass !== undefined) Object.assign(pass, found);
      else {
        if (last !== undefined) passes.splice(passes.indexOf(last), 1);
        const fixed = { guard, gate, view, auth, rule, method, url };
        passes.push({ ...fixed, ...found, pendingRefusal: undefined });
      }
      admit(gate, context, { view, where, decision, auth: passes.at(-1)?.auth });
      return { auth, body, headers };
    };
    const decision =
      pass !== undefined
        ? gate.authorize(pass.auth, view.gateRequest, rule)
        : checked === 'token'
          ? gate.authenticate(view.gateRequest)
          : gate.decide(view.gateRequest, rule);
    return decision instanceof Promise ? decision.then(finish) : finish(decision);
  };
}

/**
 * Keeps the refusal for a thrown scope error, in the words of the innermost gate that allowed the
 * request: for frameworks whose error hooks cannot answer. {@link pendingRefusalOf} returns it.
 */
export function keepRefusal(thrown: unknown, req: ParsedRequest): void {
  const pass = (req as StagedRequest)[PASSES]?.at(-1);
  if (pass === undefined) return;
  pass.pendingRefusal = pass.gate.refuse(thrown, pass.view.gateRequest, pass.auth);
}

/** The refusal that {@link keepRefusal} kept last, if the error was a scope error. */
export function pendingRefusalOf(req: ParsedRequest): Refusal | undefined {
  return (req as StagedRequest)[PASSES]?.at(-1)?.pendingRefusal;
}

function isChecked({ checked, body, copy }: Pass, req: ParsedRequest, stage: Stage): boolean {
  if (stage.early || checked === 'rule') return true;
  if (checked !== 'policy' || body !== req.body) return false;
  // A hook may have changed the body in place.
  return copy === undefined || isDeepStrictEqual(copy, body);
}

function copyOf(body: unknown): unknown {
  if (body === undefined) return undefined;
  try {
    return structuredClone(body);
  } catch {
    // What cannot be copied is equal to nothing, so that it is evaluated again.
    return Symbol('no copy');
  }
}
