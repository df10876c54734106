/**
 * Which gates let a request on, and as whose.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { Auth, GateRequest } from '@scopegate/core';

export interface Judged {
  readonly gate: object;
  readonly request: GateRequest;
  readonly auth: Auth | undefined;
}

/** A property costs much less than a `WeakMap` for every request. */
const JUDGED = Symbol('scopegate.judged');

type JudgedRequest = IncomingMessage & { [JUDGED]?: Judged };

/** Keeps it on the request. The innermost gate comes last, and answers for what is thrown behind it. */
export function keepJudged(req: IncomingMessage, judged: Judged): void {
  (req as JudgedRequest)[JUDGED] = judged;
}

/** What was kept, if this gate is the innermost. */
export function judgedBy(gate: object, req: IncomingMessage): Judged | undefined {
  const judged = (req as JudgedRequest)[JUDGED];
  return judged?.gate === gate ? judged : undefined;
}
