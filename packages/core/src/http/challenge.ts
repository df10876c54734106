/**
 * What a parsed challenge is, and when it may be acted on.
 *
 * @module
 */
import type { Problem } from '../errors.js';

/** What can be wrong with a challenge. */
export type ChallengeProblemCode =
  /**
   * A character that the grammar does not allow there: the rest of the list element is skipped. A
   * quoted value that holds one is kept as it came.
   */
  | 'illegal-character'
  /** A parameter with no challenge in front of it; it is kept under the scheme `''`. */
  | 'missing-scheme'
  /** A tab between scheme and parameters, where only spaces may stand. */
  | 'tab-after-scheme'
  /**
   * A comma directly after the scheme, as in `Bearer, error="..."`: the parameters are kept. With a space
   * before the comma the header is valid.
   */
  | 'comma-after-scheme'
  /** `a="1" b="2"`: the parameters are kept; a bare word is skipped up to the next comma. */
  | 'missing-comma'
  /** `name=` with nothing behind it; the parameter is left out. */
  | 'missing-value'
  /**
   * A value that needed quotes, such as a URL or a list with spaces: it is kept whole, up to the next
   * comma. It is left out, and so is the rest of the element, if that may be a parameter as well.
   */
  | 'unquoted-value'
  /** A quoted value without an end; it is left out, and so is the rest of the line. */
  | 'unterminated-quote'
  /** A name given twice (RFC 9110 s11.2); left out, since neither value can be trusted. */
  | 'duplicate-parameter'
  /** token68 and parameters in one challenge. */
  | 'token68-with-parameters';

export type ChallengeProblem = Problem<ChallengeProblemCode>;

/** One parsed challenge. */
export interface Challenge {
  /** Lower case. `''` if parameters came before any scheme. */
  readonly scheme: string;
  /** Names in lower case, values unescaped. */
  readonly params: ReadonlyMap<string, string>;
  readonly token68?: string;
  /** The violations of the grammar that the challenge contains; empty if there are none. */
  readonly problems: readonly ChallengeProblem[];
}

/**
 * Whether the challenge's parameters may be acted on: it has a scheme, and no parameter came twice.
 * Which of two values was meant cannot be known (RFC 9110 s11.2).
 *
 * @example
 * ```ts
 * const bearer = parseChallenges(response.headers.get('www-authenticate'))
 *   .filter(isUsableChallenge)
 *   .find(({ scheme }) => scheme === 'bearer');
 * ```
 * @group Headers
 */
export function isUsableChallenge(challenge: Challenge): boolean {
  return (
    challenge.scheme !== '' &&
    !challenge.problems.some((problem) => problem.code === 'duplicate-parameter')
  );
}
