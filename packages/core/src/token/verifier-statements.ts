/**
 * Members that a verifier function has beside its call. Only own members are read, since a polluted
 * prototype must not widen what a gate accepts.
 *
 * @module
 */
import { checkKind } from '../options.js';
import { CLOCK_TOLERANCE, DEFAULT_CLOCK_TOLERANCE } from './clock.js';
import type { Verifier } from './verifier.js';

/** Returns the verifier whose audiences and tolerance apply to the token. */
export function chosenFor(verifier: Verifier, token: string): Verifier {
  const choose = Object.hasOwn(verifier, 'choose') ? verifier.choose : undefined;
  return choose === undefined ? verifier : choose(token);
}

/** Returns the audiences of which a token's `aud` must name one. */
export function audiencesFor(verifier: Verifier, resource: string): readonly string[] {
  const audiences = Object.hasOwn(verifier, 'audiences') ? verifier.audiences : undefined;
  return [resource, ...(audiences ?? [])];
}

/**
 * Seconds of clock difference to forgive.
 *
 * @throws {@link TypeError} when the verifier states something else: a text would concatenate with `exp`
 */
export function clockToleranceOf(verifier: Verifier): number {
  const stated = Object.hasOwn(verifier, 'clockTolerance') ? verifier.clockTolerance : undefined;
  if (stated === undefined) return DEFAULT_CLOCK_TOLERANCE;
  checkKind(stated, 'verifier.clockTolerance', CLOCK_TOLERANCE);
  return stated;
}
