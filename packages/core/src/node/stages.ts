/**
 * Judges a request in stages, for frameworks that parse bodies themselves between their hooks.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type { Decision, Gate, Refusal } from '../gate/index.js';
import type { Auth, Rule } from '../policy/index.js';
import { fromNodeRequest } from './gate-request.js';
import type { NodeRequestView } from './gate-request.js';
import { handOn } from './hand-on.js';
import type { GuardedRequest } from './hand-on.js';

/** Where in a request's life it is judged. */
export interface Stage {
  /** What the route needs; without it the gate's policy judges. */
  readonly rule: Rule | undefined;
  /** In front of the body: the token is judged, and a rule, which needs no body. */
  readonly early: boolean;
}

/** What one judge let on, so far. */
interface Pass {
  readonly judge: object;
  readonly gate: Gate;
  readonly view: NodeRequestView;
  readonly auth: Auth | undefined;
  /** What it was let on for: on another one it counts for nothing. */
  readonly rule: Rule | undefined;
  readonly method: string | undefined;
  readonly url: string | undefined;
  judged: 'token' | 'rule' | 'policy';
  /** The body that stood there. */
  body: unknown;
  /** What it was like, if the policy looked at it. */
  copy: unknown;
  /** For the last thing that was thrown behind. */
  refusal: Refusal | undefined;
}

/** A property costs much less than a `WeakMap` for every request. */
const PASSES = Symbol('scopegate.passes');

interface StagedRequest extends GuardedRequest {
  /** The innermost gate's pass is the last: it says who calls, and answers what is thrown. */
  [PASSES]?: Pass[];
}

/** Judges what is left to judge of a request. */
export type Judge = <T>(
  req: GuardedRequest,
  stage: Stage,
  /** Called with the decision; without one if nothing was left. */
  settle: (decision: Decision | undefined) => T,
) => T | Promise<T>;

/**
 * Makes a judge that is asked at each stage. A stage that never comes is made up for by the next one.
 * A body that was changed or that another one took the place of is judged again, and so is everything
 * when the rule, the method or the target is another one: routers can be asked again. What is allowed
 * stands on the request, as {@link handOn} says; before each stage `req.body` must be the body that
 * the handler would get.
 */
export function createStages(gate: Gate): Judge {
  return function judge(req: StagedRequest, stage, settle) {
    const passes = (req[PASSES] ??= []);
    const { rule, early } = stage;
    const { method, url } = req;
    const last = passes.find((one) => one.judge === judge);
    const isSame = last?.rule === rule && last?.method === method && last?.url === url;
    const pass = isSame ? last : undefined;
    if (pass !== undefined && isSettled(pass, req, stage)) return settle(undefined);
    const view = pass?.view ?? fromNodeRequest(req, url);
    const judged = rule !== undefined ? 'rule' : early ? 'token' : 'policy';
    const keep = (decision: Decision): void => {
      if (!decision.allowed) return;
      const { auth, body } = decision;
      const stands = body === undefined ? req.body : body;
      const found = { judged, body: stands, copy: copyOf(body) } as const;
      if (pass !== undefined) Object.assign(pass, found);
      else {
        if (last !== undefined) passes.splice(passes.indexOf(last), 1);
        passes.push({ judge, gate, view, auth, rule, method, url, ...found, refusal: undefined });
      }
      handOn(req, view, { auth: passes.at(-1)?.auth, body });
    };
    const go = (decision: Decision): ReturnType<typeof settle> => {
      keep(decision);
      return settle(decision);
    };
    const decision =
      pass !== undefined
        ? gate.authorize(pass.auth, view.gateRequest, rule)
        : judged === 'token'
          ? gate.authenticate(view.gateRequest)
          : gate.decide(view.gateRequest, rule);
    return decision instanceof Promise ? decision.then(go) : go(decision);
  };
}

/**
 * The refusal for a thrown scope error, in the words of the innermost gate that let the request on;
 * {@link refusalOf} remembers it.
 */
export function refuseThrown(thrown: unknown, req: GuardedRequest): Refusal | undefined {
  const pass = (req as StagedRequest)[PASSES]?.at(-1);
  if (pass === undefined) return undefined;
  pass.refusal = pass.gate.refuse(thrown, pass.view.gateRequest, pass.auth);
  return pass.refusal;
}

/** What the last thing that was thrown behind the gates was refused with, if it was. */
export function refusalOf(req: GuardedRequest): Refusal | undefined {
  return (req as StagedRequest)[PASSES]?.at(-1)?.refusal;
}

function isSettled({ judged, body, copy }: Pass, req: GuardedRequest, stage: Stage): boolean {
  if (stage.early || judged === 'rule') return true;
  if (judged !== 'policy' || body !== req.body) return false;
  // Hooks may change a body in place.
  return copy === undefined || isDeepStrictEqual(copy, body);
}

function copyOf(body: unknown): unknown {
  if (body === undefined) return undefined;
  try {
    return structuredClone(body);
  } catch {
    // Not data, and equal to nothing.
    return Symbol('no copy');
  }
}
