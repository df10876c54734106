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
import type { TokenReading } from './read-token.js';
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
  const { timeout, isExplained } = options;
  const reasons = isExplained === true ? reasonsFor(token) : undefined;
  try {
    // Inside `try`, since the application's `choose` may throw.
    const chosen = chosenFor(verifier, token);
    const check = (verified: unknown): VerifyOutcome =>
      checkAnswer(verified, chosen, options, reasons);
    const verified: unknown = within(timeout, 'the verifier', (waiting) =>
      verifier(token, new Context(options, waiting, reasons)),
    );
    return verified instanceof Promise
      ? verified.then(check).catch((error: unknown) => fail(error, reasons))
      : check(verified);
  } catch (error) {
    return fail(error, reasons);
  }
}

/** Collects why a token is refused, for an event. */
interface Reasons {
  /** Keeps the detail that the verifier gives. The last one counts, before that of the gate. */
  readonly explain: NonNullable<VerifierContext['explain']>;
  /** Returns the outcome for a refused token. A detail that cannot be read is left out. */
  readonly invalid: (detail: RefusalDetail) => VerifyOutcome;
}

function reasonsFor(token: string): Reasons {
  let given: unknown;
  return {
    explain(detail) {
      given = detail;
    },
    invalid(detail) {
      try {
        return { ok: false, reason: 'invalid', detail: toEventDetail(given ?? detail, token) };
      } catch {
        return INVALID;
      }
    },
  };
}

function refuse(detail: RefusalDetail, reasons: Reasons | undefined): VerifyOutcome {
  return reasons?.invalid(detail) ?? INVALID;
}

/** The context of a verifier. Its signal is created only if the verifier reads it. */
class Context implements VerifierContext {
  readonly resource: string;
  readonly checksBinding: boolean;
  readonly explain: VerifierContext['explain'];
  readonly #waiting: Waiting;

  constructor({ resource, sender }: VerifyOptions, waiting: Waiting, reasons: Reasons | undefined) {
    this.resource = resource;
    this.checksBinding = sender !== undefined;
    this.#waiting = waiting;
    this.explain = reasons?.explain;
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
  if (verified === undefined || verified === null) return refuse({ detail: 'other' }, reasons);
  const reading = readToken(verified);
  const clockTolerance = clockToleranceOf(verifier);
  const audiences = audiencesFor(verifier, options.resource);
  const now = readClock(options.clock) / 1000;
  const problem =
    findBindingProblem(reading, options.sender) ??
    findProblem(reading, audiences, now, clockTolerance) ??
    findRevocation(reading, options.revocations);
  return problem === undefined
    ? { ok: true, facts: reading.facts, clockTolerance }
    : refuse(problem, reasons);
}

type Problem = RefusalDetail | undefined;

/** A bound token must never be accepted as a plain bearer token (RFC 9449 s7.2, RFC 8705 s3). */
function findBindingProblem(
  { confirmation: cnf }: TokenReading,
  sender: Confirmation | undefined,
): Problem {
  const isConfirmed = sender === undefined ? cnf === undefined : sender.confirms(cnf);
  return isConfirmed ? undefined : { detail: 'binding' };
}

/** The list of revocations is asked on every use, also for cached tokens and answers. */
function findRevocation({ facts }: TokenReading, revocations: Revocations | undefined): Problem {
  const revoked: unknown = revocations !== undefined && revocations.isRevoked(facts);
  if (typeof revoked === 'boolean') return revoked ? { detail: 'revoked' } : undefined;
  // An answer of another type, such as a promise, is an error: the outcome is a 503. An unhandled rejection would
  // end the process.
  Promise.resolve(revoked).catch(() => {});
  throw new TypeError('isRevoked: expected a boolean');
}

function fail(error: unknown, reasons: Reasons | undefined): VerifyOutcome {
  if (saysInsufficientScope(error)) return { ok: false, reason: 'insufficient_scope', error };
  if (!saysInvalid(error)) return { ok: false, reason: 'unavailable', error };
  return refuse(describeError(wordsOf(error)), reasons);
}
