/**
 * The phases of a check, in the form of the gate and in that of applications.
 *
 * @module
 */
import type { Decision } from '../decision.js';
import type { Auth } from '../policy/index.js';
import type { GateRequest } from '../types.js';
import { toGateRequest } from '../web/index.js';
import type { Route } from './types.js';

type Answer = Decision | Promise<Decision>;

/** The phases of a check. They return no promise if the decision is known at once. */
export interface Phases {
  readonly decide: (request: GateRequest) => Answer;
  readonly authenticate: (request: GateRequest) => Answer;
  readonly authorize: (auth: Auth | undefined, request: GateRequest) => Answer;
}

/** Returns the phases in the form for applications, where all methods except `decide` return promises. */
export function toRoute({ decide, authenticate, authorize }: Phases): Route {
  return {
    decide,
    check: async (request) => decide(toGateRequest(request)),
    authenticate: async (request) => authenticate(request),
    authorize: async (auth, request) => authorize(auth, request),
  };
}
