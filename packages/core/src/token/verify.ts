/**
 * Runs a verifier and judges what comes back; whatever it does, the outcome is a value.
 *
 * @module
 */
import { within } from '../wait.js';
import type { Waiting } from '../wait.js';
import { readClock } from './clock.js';
import type { Clock } from './clock.js';
import { isUsableToken } from './is-usable-token.js';
import { readToken } from './read-token.js';
import type { TokenFacts } from './types.js';
import { saysInsufficientScope, saysInvalid } from './verifier-errors.js';
import { audiencesFor, chosenFor, clockToleranceOf } from './verifier-statements.js';
import type { Verifier, VerifierContext } from './verifier.js';

export interface VerifyOptions {
  readonly resource: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
}

export type VerifyOutcome =
  | {
      readonly ok: true;
      readonly facts: TokenFacts;
      /** Seconds, as the verifier has it. */
      readonly clockTolerance: number;
    }
  | { readonly ok: false; readonly reason: 'invalid' }
  | {
      readonly ok: false;
      /** `insufficient_scope`: the token holds, and the verifier says that it has too few scopes. */
      readonly reason: 'unavailable' | 'insufficient_scope';
      readonly error: unknown;
    };

const INVALID: VerifyOutcome = Object.freeze({ ok: false, reason: 'invalid' });

/**
 * Verifies a token. Never throws and never rejects; settles within the time-out, and at once where
 * the verifier answers at once.
 */
export function verifyToken(
  verifier: Verifier,
  token: string,
  options: VerifyOptions,
): VerifyOutcome | Promise<VerifyOutcome> {
  const { resource, timeout } = options;
  try {
    // Inside the net: what chooses may throw.
    const chosen = chosenFor(verifier, token);
    const judge = (verified: unknown): VerifyOutcome => judgeAnswer(verified, chosen, options);
    const verified: unknown = within(timeout, 'the verifier', (waiting) =>
      verifier(token, new Context(resource, waiting)),
    );
    return verified instanceof Promise ? verified.then(judge).catch(fail) : judge(verified);
  } catch (error) {
    return fail(error);
  }
}

/** The signal is made only if the verifier looks at it. */
class Context implements VerifierContext {
  readonly resource: string;
  readonly #waiting: Waiting;

  constructor(resource: string, waiting: Waiting) {
    this.resource = resource;
    this.#waiting = waiting;
  }

  get signal(): AbortSignal {
    return this.#waiting.signal;
  }
}

function judgeAnswer(
  verified: unknown,
  verifier: Verifier,
  { resource, clock }: VerifyOptions,
): VerifyOutcome {
  if (verified === undefined || verified === null) return INVALID;
  const reading = readToken(verified);
  const audiences = audiencesFor(verifier, resource);
  const clockTolerance = clockToleranceOf(verifier);
  const now = readClock(clock) / 1000;
  const holds = isUsableToken(reading, { audiences, now, clockTolerance });
  return holds ? { ok: true, facts: reading.facts, clockTolerance } : INVALID;
}

function fail(error: unknown): VerifyOutcome {
  if (saysInsufficientScope(error)) return { ok: false, reason: 'insufficient_scope', error };
  return saysInvalid(error) ? INVALID : { ok: false, reason: 'unavailable', error };
}
