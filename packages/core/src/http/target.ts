/**
 * Reads request targets, RFC 9112 s3.2.
 *
 * @module
 */

/** Returns the target without scheme and authority, which an absolute-form has (RFC 9112 s3.2.2). */
export function withoutOrigin(target: string): string {
  return target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
}

/** Returns the path of a target, without query and fragment. */
export function pathOf(target: string): string {
  return withoutOrigin(target).replace(/[?#].*/s, '') || '/';
}
