/**
 * Runs a verifier and checks its answer. The outcome is always a value, even if the verifier throws.
 *
 * @module
 */
import { within } from '../wait.js';
import type { Waiting } from '../wait.js';
import { isForAudience } from './audience.js';
import { hasBegun, isUnexpired, readClock } from './clock.js';
import type { Clock } from './clock.js';
import type { Confirmation } from './confirmation.js';
import { readToken } from './read-token.js';
import type { TokenReading } from './read-token.js';
import { isOptionalText } from './registered-claims.js';
import type { TokenFacts } from './types.js';
import { saysInsufficientScope, saysInvalid } from './verifier-errors.js';
import { audiencesFor, chosenFor, clockToleranceOf } from './verifier-statements.js';
import type { Verifier, VerifierContext } from './verifier.js';

export interface VerifyOptions {
  readonly resource: string;
  /** The time-out in milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
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
  | { readonly ok: false; readonly reason: 'invalid' }
  | {
      readonly ok: false;
      /** `insufficient_scope`: the token is valid, and the verifier says that it has too few scopes. */
      readonly reason: 'unavailable' | 'insufficient_scope';
      readonly error: unknown;
    };

const INVALID: VerifyOutcome = Object.freeze({ ok: false, reason: 'invalid' });

/**
 * Verifies a token. It never throws and never rejects. The outcome is available within the time-out, and
 * without a promise if the verifier returns none.
 */
export function verifyToken(
  verifier: Verifier,
  token: string,
  options: VerifyOptions,
): VerifyOutcome | Promise<VerifyOutcome> {
  const { resource, timeout } = options;
  try {
    // Inside `try`, since the application's `choose` may throw.
    const chosen = chosenFor(verifier, token);
    const check = (verified: unknown): VerifyOutcome => checkAnswer(verified, chosen, options);
    const verified: unknown = within(timeout, 'the verifier', (waiting) =>
      verifier(token, new Context(resource, waiting, options.sender !== undefined)),
    );
    return verified instanceof Promise ? verified.then(check).catch(fail) : check(verified);
  } catch (error) {
    return fail(error);
  }
}

/** The context of a verifier. Its signal is created only if the verifier reads it. */
class Context implements VerifierContext {
  readonly resource: string;
  readonly checksBinding: boolean;
  readonly #waiting: Waiting;

  constructor(resource: string, waiting: Waiting, checksBinding: boolean) {
    this.resource = resource;
    this.checksBinding = checksBinding;
    this.#waiting = waiting;
  }

  get signal(): AbortSignal {
    return this.#waiting.signal;
  }
}

function checkAnswer(verified: unknown, verifier: Verifier, options: VerifyOptions): VerifyOutcome {
  if (verified === undefined || verified === null) return INVALID;
  const reading = readToken(verified);
  const audiences = audiencesFor(verifier, options.resource);
  const clockTolerance = clockToleranceOf(verifier);
  const now = readClock(options.clock) / 1000;
  const { sender } = options;
  const { confirmation: cnf } = reading;
  // A bound token must never be accepted as a plain bearer token (RFC 9449 s7.2, RFC 8705 s3).
  const isConfirmed = sender === undefined ? cnf === undefined : sender.confirms(cnf);
  return isConfirmed && isUsable(reading, audiences, now, clockTolerance)
    ? { ok: true, facts: reading.facts, clockTolerance }
    : INVALID;
}

/**
 * Whether a token may be used: it is not expired, not too early, for one of these audiences, and its
 * identifiers are strings. This is checked on every use, so that a cached
 * token does not outlive its expiry. Times are seconds.
 */
function isUsable(
  token: TokenReading,
  audiences: readonly string[],
  now: number,
  clockTolerance: number,
): boolean {
  return (
    token.texts.every(isOptionalText) &&
    // The verifier decides whether a token must have an expiry.
    (token.expiry === undefined || isUnexpired(token.expiry, now, clockTolerance)) &&
    hasBegun(token.notBefore, now, clockTolerance) &&
    (token.audiences.every((audience) => isForAudience(audience, audiences)) ||
      now < token.observedUntil)
  );
}

function fail(error: unknown): VerifyOutcome {
  if (saysInsufficientScope(error)) return { ok: false, reason: 'insufficient_scope', error };
  return saysInvalid(error) ? INVALID : { ok: false, reason: 'unavailable', error };
}
