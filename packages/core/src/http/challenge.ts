/**
 * The type of a parsed challenge, and the check whether its parameters may be used.
 *
 * @module
 */
import type { Problem } from '../errors.js';

/** A violation of the grammar in a challenge, and what the parser does with the text. */
export type ChallengeProblemCode =
  /**
   * A character that the grammar does not allow at this place. The rest of the list element is skipped. A
   * quoted value that contains such a character is kept unchanged.
   */
  | 'illegal-character'
  /** A parameter before any scheme. It is kept in a challenge with the scheme `''`. */
  | 'missing-scheme'
  /** A tab between scheme and parameters, where only spaces are allowed. */
  | 'tab-after-scheme'
  /**
   * A comma directly after the scheme, as in `Bearer, error="..."`. The parameters are kept. With a space
   * before the comma, the header is valid.
   */
  | 'comma-after-scheme'
  /**
   * No comma between two elements (`a="1" b="2"`). A parameter is kept; a word is skipped up to the next
   * comma.
   */
  | 'missing-comma'
  /** A parameter without a value (`name=`). It is left out. */
  | 'missing-value'
  /**
   * A value that needs quotes but has none, such as a URL or a list with spaces. It is kept, up to the next
   * comma. If the rest of the element may also be a parameter, the value and the rest are left out.
   */
  | 'unquoted-value'
  /** A quoted value whose closing quote is missing. The value and the rest of the line are left out. */
  | 'unterminated-quote'
  /** A parameter that comes twice (RFC 9110 s11.2). It is left out, since neither value can be trusted. */
  | 'duplicate-parameter'
  /** A token68 and parameters in one challenge. Both are kept. */
  | 'token68-with-parameters';

export type ChallengeProblem = Problem<ChallengeProblemCode>;

/** One parsed challenge. */
export interface Challenge {
  /** The scheme in lower case; `''` if parameters or illegal text came before any scheme. */
  readonly scheme: string;
  /** The parameters, with names in lower case and values without escapes. */
  readonly params: ReadonlyMap<string, string>;
  readonly token68?: string;
  /** The violations of the grammar that the challenge contains; empty if there are none. */
  readonly problems: readonly ChallengeProblem[];
}

/**
 * Whether the parameters of a challenge may be used: it has a scheme, and no parameter came twice. If one
 * came twice, nobody knows which of the two values was meant (RFC 9110 s11.2).
 */
export function isUsableChallenge(challenge: Challenge): boolean {
  return (
    challenge.scheme !== '' &&
    !challenge.problems.some((problem) => problem.code === 'duplicate-parameter')
  );
}
