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
  /** The target that is served. Asked only when the request is judged anew. */
  readonly target: () => string;
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
}

/** A property costs much less than a `WeakMap` for every request. */
const PASSES = Symbol('scopegate.passes');

interface StagedRequest extends GuardedRequest {
  /** The innermost gate's pass is the last: it says who calls, and answers what is thrown. */
  [PASSES]?: Pass[];
}

/**
 * Makes a judge that is asked at each stage, and judges what is left to judge: `undefined` if that is
 * nothing. A stage that never comes is made up for by the next one. A body that was
 * changed or that another one took the place of is judged again, and so is everything when the rule,
 * the method or the target is another one: routers can be asked again. What is allowed stands on the request, as {@link handOn} says;
 * before each stage `req.body` must be the body that the handler would get.
 */
export function createStages(
  gate: Gate,
): (req: GuardedRequest, stage: Stage) => Decision | Promise<Decision> | undefined {
  return function judge(req: StagedRequest, stage) {
    const passes = (req[PASSES] ??= []);
    const { rule, early } = stage;
    const { method, url } = req;
    const last = passes.find((one) => one.judge === judge);
    const isSame = last?.rule === rule && last?.method === method && last?.url === url;
    const pass = isSame ? last : undefined;
    if (pass !== undefined && isSettled(pass, req, stage)) return undefined;
    const view = pass?.view ?? fromNodeRequest(req, stage.target());
    const judged = rule !== undefined ? 'rule' : early ? 'token' : 'policy';
    const settle = (decision: Decision): Decision => {
      if (!decision.allowed) return decision;
      const { auth, body = req.body } = decision;
      const found = { judged, body, copy: copyOf(decision.body) } as const;
      if (pass !== undefined) Object.assign(pass, found);
      else {
        if (last !== undefined) passes.splice(passes.indexOf(last), 1);
        passes.push({ judge, gate, view, auth, rule, method, url, ...found });
      }
      handOn(req, view, { ...decision, auth: passes.at(-1)?.auth });
      return decision;
    };
    const decision =
      pass !== undefined
        ? gate.authorize(pass.auth, view.gateRequest, rule)
        : judged === 'token'
          ? gate.authenticate(view.gateRequest)
          : gate.decide(view.gateRequest, rule);
    return decision instanceof Promise ? decision.then(settle) : settle(decision);
  };
}

/** The refusal for a thrown scope error, in the words of the innermost gate that let the request on. */
export function refuseThrown(thrown: unknown, req: GuardedRequest): Refusal | undefined {
  const pass = (req as StagedRequest)[PASSES]?.at(-1);
  return pass?.gate.refuse(thrown, pass.view.gateRequest, pass.auth);
}

function isSettled({ judged, body, copy }: Pass, req: GuardedRequest, stage: Stage): boolean {
  if (stage.early || judged === 'rule') return true;
  if (judged !== 'policy' || body !== req.body) return false;
  // Hooks may change a body in place.
  return copy === undefined || isDeepStrictEqual(copy, body);
}

function copyOf(body: unknown): unknown {
  try {
    return structuredClone(body);
  } catch {
    // Not data, and equal to nothing.
    return Symbol('no copy');
  }
}
