/**
 * Comparison of audiences.
 *
 * @module
 */
import { expect } from '../options.js';

/** Whether two resource URIs are the same: exactly, except that an empty path equals `/` (RFC 3986 s6.2.3). */
export function isSameResource(a: unknown, b: string): boolean {
  return a === b || (typeof a === 'string' && withRootPath(a) === withRootPath(b));
}

/**
 * Whether an `aud` names one of the accepted audiences (RFC 9068 s4).
 *
 * @param others - other audiences that it may name; `undefined` for any
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
 * Returns the audiences that an `aud` names (RFC 7519 s4.1.3): one string, or a list of strings. A list
 * with any other member names none, since reading a part of it would be a guess.
 */
function audiencesOf(aud: unknown): readonly string[] {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.every((name) => typeof name === 'string') ? named : [];
}

/**
 * Reads the option `exclusiveAudience`: the audiences that are allowed beside an accepted one,
 * `undefined` for any.
 *
 * @throws {@link TypeError} when it is neither `true` nor a list of strings
 */
export function readExclusiveAudience(value: unknown, path: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const names: readonly unknown[] | undefined = value === true ? [] : toList(value);
  const isList = names?.every((name) => typeof name === 'string' && name !== '') === true;
  expect(isList, path, 'expected true or a list of non-empty strings');
  return Object.freeze([...(names as readonly string[])]);
}

function toList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function withRootPath(url: string): string {
  return /^https?:\/\/[^/?#]+$/.test(url) ? `${url}/` : url;
}
