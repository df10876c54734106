/**
 * Runs a verifier and checks its answer. The outcome is always a value, even if the verifier throws.
 *
 * @module
 */
import { within } from '../wait.js';
import type { Waiting } from '../wait.js';
import { readClock } from './clock.js';
import type { Clock } from './clock.js';
import type { Confirmation } from './confirmation.js';
import { readToken } from './read-token.js';
import type { Revocations } from './stores.js';
import type { TokenFacts } from './types.js';
import { describeError, findProblem, toEventDetail } from './refusal-detail.js';
import type { RefusalDetail } from './token-problem.js';
import { saysInsufficientScope, saysInvalid, wordsOf } from './verifier-errors.js';
import { audiencesFor, chosenFor, clockToleranceOf } from './verifier-statements.js';
import type { Verifier, VerifierContext } from './verifier.js';

export interface VerifyOptions {
  readonly resource: string;
  /** The time-out in milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Whether the outcome of an invalid token says why, for an event. */
  readonly isExplained?: boolean;
  readonly revocations?: Revocations | undefined;
  /** What the sender of the request holds. Without it, a bound token is invalid. */
  readonly sender?: Confirmation | undefined;
}

export type VerifyOutcome =
  | {
      readonly ok: true;
      readonly facts: TokenFacts;
      /** The clock tolerance of the verifier, in seconds. */
      readonly clockTolerance: number;
    }
  | VerifyFailure;

export type VerifyFailure =
  | {
      readonly ok: false;
      readonly reason: 'invalid';
      /** Why, if {@link VerifyOptions.isExplained}. */
      readonly detail?: RefusalDetail;
    }
  | {
      readonly ok: false;
      /** `insufficient_scope`: the token is valid, and the verifier says that it has too few scopes. */
      readonly reason: 'unavailable' | 'insufficient_scope';
      readonly error: unknown;
    };

const INVALID: VerifyOutcome = Object.freeze({ ok: false, reason: 'invalid' });

/**
 * Verifies a token. It never throws and never rejects. If the verifier returns a promise, the outcome is
 * available within the time-out; otherwise, it is returned without a promise.
 */
export function verifyToken(
  verifier: Verifier,
  token: string,
  options: VerifyOptions,
): VerifyOutcome | Promise<VerifyOutcome> {
  const { resource, timeout, isExplained } = options;
  const reasons = isExplained === true ? new Reasons(token) : undefined;
  try {
    // Inside `try`, since the application's `choose` may throw.
    const chosen = chosenFor(verifier, token);
    const check = (verified: unknown): VerifyOutcome =>
      unlessRevoked(checkAnswer(verified, chosen, options, reasons), options.revocations, reasons);
    const verified: unknown = within(timeout, 'the verifier', (waiting) =>
      verifier(token, new Context(resource, waiting, reasons, options.sender !== undefined)),
    );
    return verified instanceof Promise
      ? verified.then(check).catch((error: unknown) => fail(error, reasons))
      : check(verified);
  } catch (error) {
    return fail(error, reasons);
  }
}

/** The last detail that a verifier gave for a token. */
class Reasons {
  given: unknown;
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Returns the outcome for a refused token. A detail that cannot be read is left out. */
  invalid(detail: RefusalDetail): VerifyOutcome {
    try {
      return {
        ok: false,
        reason: 'invalid',
        detail: toEventDetail(this.given ?? detail, this.#token),
      };
    } catch {
      return INVALID;
    }
  }
}

/** The context of a verifier. Its signal is created only if the verifier reads it. */
class Context implements VerifierContext {
  readonly resource: string;
  readonly checksBinding: boolean;
  readonly #waiting: Waiting;
  readonly #reasons: Reasons | undefined;

  constructor(
    resource: string,
    waiting: Waiting,
    reasons: Reasons | undefined,
    checksBinding: boolean,
  ) {
    this.resource = resource;
    this.checksBinding = checksBinding;
    this.#waiting = waiting;
    this.#reasons = reasons;
  }

  get explain(): VerifierContext['explain'] {
    const reasons = this.#reasons;
    return (
      reasons &&
      ((detail) => {
        reasons.given = detail;
      })
    );
  }

  get signal(): AbortSignal {
    return this.#waiting.signal;
  }
}

function checkAnswer(
  verified: unknown,
  verifier: Verifier,
  options: VerifyOptions,
  reasons: Reasons | undefined,
): VerifyOutcome {
  if (verified === undefined || verified === null) {
    return reasons?.invalid({ detail: 'other' }) ?? INVALID;
  }
  const reading = readToken(verified);
  const audiences = audiencesFor(verifier, options.resource);
  const clockTolerance = clockToleranceOf(verifier);
  const now = readClock(options.clock) / 1000;
  const { sender } = options;
  const { confirmation: cnf } = reading;
  // A bound token must never be accepted as a plain bearer token (RFC 9449 s7.2, RFC 8705 s3).
  const isConfirmed = sender === undefined ? cnf === undefined : sender.confirms(cnf);
  const problem: RefusalDetail | undefined = isConfirmed
    ? findProblem(reading, audiences, now, clockTolerance)
    : { detail: 'binding' };
  if (problem === undefined) return { ok: true, facts: reading.facts, clockTolerance };
  return reasons?.invalid(problem) ?? INVALID;
}

/** Refuses a token that was revoked. The list is asked on every use, also for cached tokens and answers. */
function unlessRevoked(
  outcome: VerifyOutcome,
  revocations: Revocations | undefined,
  reasons: Reasons | undefined,
): VerifyOutcome {
  const revoked: unknown = outcome.ok && revocations?.isRevoked(outcome.facts);
  if (revoked === true) return reasons?.invalid({ detail: 'revoked' }) ?? INVALID;
  // An answer of another type, such as a promise, is an error: the outcome is a 503.
  if (revoked === false || revocations === undefined) return outcome;
  // An unhandled rejection would end the process.
  Promise.resolve(revoked).catch(() => {});
  throw new TypeError('isRevoked: expected a boolean');
}

function fail(error: unknown, reasons: Reasons | undefined): VerifyOutcome {
  if (saysInsufficientScope(error)) return { ok: false, reason: 'insufficient_scope', error };
  if (!saysInvalid(error)) return { ok: false, reason: 'unavailable', error };
  return reasons?.invalid(describeError(wordsOf(error))) ?? INVALID;
}
