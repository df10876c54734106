/**
 * Says in a failure which duty of an adapter is not done, and where the answer differs.
 *
 * @module
 */
import { AssertionError } from 'node:assert/strict';

/** The beginning of the message of every failure. */
export const PREFIX = 'duty not done:';

/** The status, the headers with lower-case names, and the body of an answer. */
export interface AnswerParts {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Fails unless the values are the same as JSON, cut to {@link MAX_LENGTH}. The message names duty and part. */
export function expectSame(duty: string, part: string, found: unknown, expected: unknown): void {
  if (toText(found) !== toText(expected)) fail(duty, [difference(part, found, expected)]);
}

/** Fails unless the answer is the expected one; the message names the duty and each part that differs. */
export function expectAnswer(duty: string, found: AnswerParts, expected: AnswerParts): void {
  const names = new Set([...Object.keys(expected.headers), ...Object.keys(found.headers)]);
  const parts = [
    ['status', found.status, expected.status] as const,
    ...[...names].map(
      (name) => [`header ${name}`, found.headers[name], expected.headers[name]] as const,
    ),
    ['body', found.body, expected.body] as const,
  ];
  const different = parts.filter(([, one, other]) => one !== other);
  if (different.length === 0) return;
  fail(
    duty,
    different.map(([part, one, other]) => difference(part, one, other)),
    { found, expected },
  );
}

/** Fails with the duty and its problems, one on each line. */
export function fail(duty: string, problems: readonly string[], values?: object): never {
  throw new AssertionError({
    message: [`${PREFIX} ${duty}`, ...problems].join('\n  '),
    ...(values !== undefined && {
      actual: (values as { found?: unknown }).found,
      expected: (values as { expected?: unknown }).expected,
    }),
    stackStartFn: fail,
  });
}

function difference(part: string, found: unknown, expected: unknown): string {
  return `${part}: expected ${toText(expected)}, found ${toText(found)}`;
}

/** Maximum number of characters of a value in a message. */
const MAX_LENGTH = 1_000;

function toText(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value).slice(0, MAX_LENGTH);
}
