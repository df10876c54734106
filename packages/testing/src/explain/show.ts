/**
 * Values of tokens as text that is safe for a terminal.
 *
 * @module
 */

const MAX_LENGTH = 300;

/** Returns a text, or another value as JSON, in visible ASCII and shortened. */
export function show(value: unknown): string {
  const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none')).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text;
}

/** Returns a claim as JSON, or `missing`. */
export function showClaim(value: unknown): string {
  return value === undefined ? 'missing' : show(JSON.stringify(value));
}

/** Seconds since the epoch above which a time must be in milliseconds: the year 5138. */
export const MAX_SECONDS = 1e11;

/** Returns a time in seconds since the epoch as a date, with its distance from `now`; other values as JSON. */
export function showTime(value: unknown, now: number): string {
  if (typeof value !== 'number' || !(Math.abs(value) < MAX_SECONDS)) return showClaim(value);
  const seconds = Math.round(value - now);
  const distance = seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`;
  return `${toTime(value)} (${distance})`;
}

export function toTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** Says how two texts differ if the difference is small and easily missed. */
export function nearMiss(found: unknown, expected: string): string | undefined {
  if (typeof found !== 'string' || found === expected) return undefined;
  if (trimSlash(found) === trimSlash(expected)) {
    return found.endsWith('/')
      ? 'it has a slash at its end too many'
      : 'it lacks the slash at its end';
  }
  if (found.toLowerCase() === expected.toLowerCase()) return 'it differs in upper and lower case';
  if (found.trim() === expected.trim()) return 'it differs in white space';
  const [one, other] = [parse(found), parse(expected)];
  if (one === undefined || other === undefined) return undefined;
  if (one.host === other.host && one.pathname === other.pathname)
    return 'it differs in scheme or query';
  if (one.host === other.host) return 'it has the same host and another path';
  return one.hostname === other.hostname ? 'it has another port' : undefined;
}

function trimSlash(text: string): string {
  return text.replace(/\/$/, '');
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
