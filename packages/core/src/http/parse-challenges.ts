/**
 * Parses `WWW-Authenticate` (RFC 9110 s11.6.1).
 *
 * @module
 */
import { HeaderSyntaxError } from '../errors.js';
import { ChallengeReader } from './challenge-reader.js';
import type { Challenge } from './challenge.js';

export interface ParseChallengesOptions {
  /** Throw a {@link HeaderSyntaxError} if a challenge has problems, instead of returning it with them. */
  readonly strict?: boolean;
}

/**
 * Parses the value, or the field lines, of `WWW-Authenticate` into its challenges.
 *
 * It reads several challenges in one line and in several lines, token68, quoted-pairs, white space around `=`
 * and empty list elements. It never throws unless `strict` is set. A malformed challenge contains the parts
 * that can be trusted, and lists the violations of the grammar in `problems`. Do not use a challenge with a
 * `duplicate-parameter`. The length is not limited here: a caller that reads from the network must limit it.
 *
 * @example
 * ```ts
 * const [challenge] = parseChallenges('Bearer error="insufficient_scope", scope="notes:write"');
 * challenge?.scheme; // 'bearer'
 * challenge?.params.get('scope'); // 'notes:write'
 * ```
 * @param value - one value, several field lines, or `null` for an absent header
 * @throws {@link HeaderSyntaxError} if `strict` is set and a challenge is malformed
 * @group Headers
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 RFC 9110 s11.6.1}
 */
export function parseChallenges(
  value: string | readonly string[] | null,
  options?: ParseChallengesOptions,
): Challenge[] {
  const reader = new ChallengeReader();
  // The lines are read one by one, because a missing quote in one line must not affect the next line. Offsets
  // are those of the lines joined with ", " (RFC 9110 s5.3).
  let offset = 0;
  for (const line of typeof value === 'string' ? [value] : (value ?? [])) {
    reader.readLine(line, offset);
    offset += line.length + 2;
  }
  const { challenges } = reader;
  if (options?.strict === true) assertNoProblems(challenges);
  return challenges;
}

function assertNoProblems(challenges: readonly Challenge[]): void {
  const problems = challenges.flatMap((challenge) => challenge.problems);
  const first = problems[0];
  if (first === undefined) return;
  throw new HeaderSyntaxError(
    `malformed WWW-Authenticate: ${first.code} at offset ${first.offset}`,
    problems,
  );
}
