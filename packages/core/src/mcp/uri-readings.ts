/**
 * What readers make of a resource URI: the same one, or another.
 *
 * @module
 */
import { hidesSeparator } from '../policy/index.js';

/** How often a URI may be percent-encoded over and over; nobody who is honest does it thrice. */
const MAX_ENCODINGS = 3;

/** Longer URIs are refused: a subscription may name a hundred, and each is read in several ways. */
const MAX_LENGTH = 2048;

/** Unreserved characters need no encoding (RFC 3986 s6.2.2.2); hexadecimal digits are capitals (s6.2.2.1). */
const NEEDLESSLY_ENCODED = /%(?:2[DE]|3\d|[46][1-9A-F]|[57][\dA]|5F|7E)/i;
const SMALL_DIGITS = /%(?:[a-f]|.[a-f])/;

/**
 * Whether a URI is in normal form (RFC 3986 s6.2.2), as URL parsers write it: scheme in lower case, no
 * dot segments, nothing encoded without need. The case of a host is judged for schemes such as `file`
 * and `https` only: `notes://Weekly` is a name to the servers that made it up. At most 2,048 characters.
 */
export function isNormalUri(uri: string): boolean {
  return (
    uri.length <= MAX_LENGTH &&
    URL.canParse(uri) &&
    new URL(uri).href === uri &&
    !NEEDLESSLY_ENCODED.test(uri) &&
    !SMALL_DIGITS.test(uri)
  );
}

/** How lenient readers read a URI. */
export interface UriReadings {
  readonly texts: readonly string[];
  /** Whether that is all: no reader finds separators, dot segments or an end that others do not. */
  readonly isClear: boolean;
}

/**
 * Reads a URI as lenient readers do: percent-decoded, also over and over; in one case; cut at `;`, `?`
 * and `#`; without the dots and spaces at the end of a segment that Windows leaves out, and without
 * repeated and final slashes.
 */
export function readUri(uri: string): UriReadings {
  const texts: string[] = [];
  let text = uri;
  for (let round = 0; round <= MAX_ENCODINGS; round++) {
    if (hidesSeparator(text) || text.includes('\0')) break;
    const cut = [text.replace(/[;?#].*$/s, '')];
    // Some readers take parameters off each segment (`/a;x=1/b`).
    if (text.includes(';')) cut.push(text.replace(/[?#].*$/s, '').replaceAll(/;[^/]*/g, ''));
    for (const one of cut) {
      const folded = fold(one);
      if (folded === undefined) return { texts, isClear: false };
      texts.push(folded);
    }
    const decoded = decode(text);
    // What stays as it is decodes no further; `100%25` becomes `100%`, which is data.
    if (decoded === text || (decoded === undefined && round > 0)) return { texts, isClear: true };
    if (decoded === undefined) break;
    text = decoded.normalize('NFKC');
  }
  return { texts, isClear: false };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** `undefined` if a dot segment is left that the URL's own grammar did not take out. */
function fold(text: string): string | undefined {
  const isFile = /^file:/i.test(text);
  const segments: string[] = [];
  for (const segment of text.split('/')) {
    const bare = segment.trim();
    if (bare === '.' || bare === '..') return undefined;
    const kept = withoutEnd(bare);
    if (kept !== '') segments.push(kept);
  }
  // Windows: `secret.txt::$DATA` is the content of `secret.txt`.
  const last = segments.length - 1;
  if (isFile && last > 0) segments[last] = (segments[last] as string).replace(/:.*$/s, '');
  // First one way: it makes one letter of those that have several capitals; then what files fold to.
  return segments.join('/').toLowerCase().toUpperCase();
}

function withoutEnd(segment: string): string {
  let end = segment.length;
  while (end > 0 && (segment[end - 1] === '.' || segment[end - 1] === ' ')) end--;
  return segment.slice(0, end);
}
