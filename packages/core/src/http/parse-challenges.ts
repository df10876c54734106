/**
 * Reads `WWW-Authenticate` (RFC 9110 s11.6.1).
 *
 * @module
 */
import { HeaderSyntaxError } from '../errors.js';
import { ChallengeReader } from './challenge-reader.js';
import type { Challenge } from './challenge.js';

export interface ParseChallengesOptions {
  /** Throw a {@link HeaderSyntaxError} if anything is wrong, instead of reporting it in `problems`. */
  readonly strict?: boolean;
}

/**
 * Parses the value, or the field lines, of `WWW-Authenticate` into its challenges.
 *
 * Reads several challenges in one line and over several lines, token68, quoted-pairs, white space
 * around `=` and empty list elements. Never throws on any text, unless `strict`. A malformed
 * challenge keeps what can be trusted and says in `problems` what was wrong; see
 * `isUsableChallenge`. The length is not limited here: a caller that reads from the network must
 * limit it first.
 *
 * @example
 * ```ts
 * const [challenge] = parseChallenges('Bearer error="insufficient_scope", scope="notes:write"');
 * challenge?.scheme; // 'bearer'
 * challenge?.params.get('scope'); // 'notes:write'
 * ```
 * @param value - one value, several field lines, or `null` for an absent header
 * @throws {@link HeaderSyntaxError} with `strict`, when anything is malformed
 * @group Headers
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 RFC 9110 s11.6.1}
 */
export function parseChallenges(
  value: string | readonly string[] | null,
  options?: ParseChallengesOptions,
): Challenge[] {
  const reader = new ChallengeReader();
  // Line by line, not joined: an open quote in one line must not swallow the next. Offsets count
  // as if the lines were joined with ", " (RFC 9110 s5.3).
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
