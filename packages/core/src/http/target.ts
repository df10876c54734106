/**
 * Request targets, RFC 9112 s3.2.
 *
 * @module
 */

/** The target without scheme and authority: absolute-form is legal too (RFC 9112 s3.2.2). */
export function withoutOrigin(target: string): string {
  return target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
}

/** The path of a target. */
export function pathOf(target: string): string {
  return withoutOrigin(target).replace(/[?#].*/s, '') || '/';
}
