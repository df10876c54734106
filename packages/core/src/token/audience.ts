/**
 * Comparison of audiences.
 *
 * @module
 */
import { expect } from '../options.js';

/** Exact, but for the one pair of spellings that mean the same: an empty path and `/`. */
export function isSameResource(a: unknown, b: string): boolean {
  return a === b || (typeof a === 'string' && withRootPath(a) === withRootPath(b));
}

/**
 * The audiences that an `aud` names (RFC 7519 s4.1.3): one string, or a list of strings. What is
 * neither names none: a list with a foreign member is not read in part.
 */
export function audiencesOf(aud: unknown): readonly string[] {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.every((name) => typeof name === 'string') ? named : [];
}

/** Whether an `aud` names one of the accepted audiences, whatever else it names (RFC 9068 s4). */
export function namesOneOf(aud: unknown, accepted: readonly string[]): boolean {
  return isForAudience(aud, accepted, undefined);
}

/**
 * Whether an `aud` names one of the accepted audiences.
 *
 * @param others - what may stand beside it; `undefined` for anything
 */
export function isForAudience(
  aud: unknown,
  accepted: readonly string[],
  others: readonly string[] | undefined,
): boolean {
  const isOurs = (name: string): boolean => accepted.some((one) => isSameResource(name, one));
  const named = audiencesOf(aud);
  return (
    named.some(isOurs) &&
    (others === undefined || named.every((name) => isOurs(name) || others.includes(name)))
  );
}

/**
 * Reads the option `exclusiveAudience`: which audiences may stand beside an accepted one, `undefined`
 * for any.
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
