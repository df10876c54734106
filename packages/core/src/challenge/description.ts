/**
 * Text that may stand in `error_description` (RFC 6750 s3) and that no known reader mistakes.
 *
 * @module
 */
import { PARAMETER } from '../scope/index.js';

/** What RFC 6750 s3 does not allow: all but `%x20-21 / %x23-5B / %x5D-7E`. */
const ILLEGAL = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;

/**
 * Makes any text a legal description: `"`, `\`, controls and non-ASCII become a space, runs of
 * spaces one, and `scope=` and its like lose their `=`, since many clients read the first match
 * anywhere in the line as the parameter. Returns `''` if nothing is left.
 */
export function toDescription(text: string): string {
  const legal = text.replaceAll(ILLEGAL, ' ');
  return legal.replaceAll(PARAMETER, '$1 ').replaceAll(/ {2,}/g, ' ').trim();
}
