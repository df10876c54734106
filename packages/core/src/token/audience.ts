/**
 * Comparison of audiences.
 *
 * @module
 */

/** Exact, but for the one pair of spellings that mean the same: an empty path and `/`. */
export function isSameResource(a: unknown, b: string): boolean {
  return a === b || (typeof a === 'string' && withRootPath(a) === withRootPath(b));
}

/** The audiences an `aud` names (RFC 7519 s4.1.3): one, or a list of them. */
export function audiencesOf(aud: unknown): readonly unknown[] {
  return Array.isArray(aud) ? aud : [aud];
}

/** Whether an `aud` names one of the accepted audiences. */
export function namesOneOf(aud: unknown, accepted: readonly string[]): boolean {
  return audiencesOf(aud).some((name) => accepted.some((one) => isSameResource(name, one)));
}

function withRootPath(url: string): string {
  return /^https?:\/\/[^/?#]+$/.test(url) ? `${url}/` : url;
}
