/**
 * Compares audiences, and reads the options that name them.
 *
 * @module
 */
import { expect } from '../options.js';

/**
 * Whether two resource URIs are the same. They are compared exactly, except that an http(s) URL without path
 * and query equals the same URL with the path `/` (RFC 3986 s6.2.3).
 */
export function isSameResource(a: unknown, b: string): boolean {
  return a === b || (typeof a === 'string' && withRootPath(a) === withRootPath(b));
}

/**
 * Whether an `aud` names one of the accepted audiences (RFC 9068 s4).
 *
 * @param others - other audiences that `aud` may name; `undefined` allows any
 */
export function isForAudience(
  aud: unknown,
  accepted: readonly string[],
  others?: readonly string[],
): boolean {
  const isAccepted = (name: string): boolean => accepted.some((one) => isSameResource(name, one));
  const named = audiencesOf(aud);
  return (
    named.some(isAccepted) &&
    (others === undefined || named.every((name) => isAccepted(name) || others.includes(name)))
  );
}

/**
 * Returns the audiences that an `aud` names (RFC 7519 s4.1.3): one string, or a list of strings. The
 * result is empty for anything else. A list with another value in it names none, since it would be a guess to
 * read only a part of it.
 */
function audiencesOf(aud: unknown): readonly string[] {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.every((name) => typeof name === 'string') ? named : [];
}

/**
 * Reads the option `exclusiveAudience`: the audiences that are allowed beside an accepted one.
 * `undefined` allows any.
 *
 * @throws {@link TypeError} when it is neither `true` nor a list of non-empty strings
 */
export function readExclusiveAudience(value: unknown, path: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const names: unknown = value === true ? [] : value;
  const isList = Array.isArray(names) && names.every(isName);
  expect(isList, path, 'expected true or a list of non-empty strings');
  return Object.freeze([...names]);
}

/**
 * Reads an option that is a non-empty string or a list of such strings.
 *
 * @throws {@link TypeError} when it is another value, or has fewer than `atLeast` strings
 */
export function readNames(value: unknown, path: string, atLeast: 0 | 1 = 0): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  const what = atLeast === 0 ? 'non-empty strings' : 'at least one non-empty string';
  expect(names.length >= atLeast && names.every(isName), path, `expected ${what}`);
  return Object.freeze([...names]);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function withRootPath(url: string): string {
  return /^https?:\/\/[^/?#]+$/.test(url) ? `${url}/` : url;
}
