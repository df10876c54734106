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

/** More names than these nobody honest gives one resource; each is a question to a function. */
const MAX_NAMES = 16;

/**
 * The names by which readers may know the resource of a URI, for functions that compare them: the URI
 * itself, and what the readers of {@link readUri} make of it, one after the other. In its own case:
 * whoever compares names decides whether case matters. `undefined` if there are more than 16.
 */
export function namesOf(uri: string): readonly string[] | undefined {
  const names = new Set([uri]);
  // A set also visits what is added on the way.
  for (const name of names) {
    for (const step of STEPS) names.add(step(name));
    if (names.size > MAX_NAMES) return undefined;
  }
  return [...names];
}

/** {@link namesOf} for a URI of which nothing is known yet; `undefined` also if there are others. */
export function namesOfAny(uri: string): readonly string[] | undefined {
  return isNormalUri(uri) && readUri(uri).isClear ? namesOf(uri) : undefined;
}

const STEPS: readonly ((text: string) => string)[] = [
  (text) => text.replace(/#.*$/s, ''),
  (text) => text.replace(/[?#].*$/s, ''),
  (text) => text.replace(/[;?#].*$/s, ''),
  (text) => text.replaceAll(/;[^/?#]*/g, ''),
  (text) => decode(text) ?? text,
  (text) => text.normalize('NFKC'),
  withoutEnd,
  (text) => (/^[^/:]*:\/*$/.test(text) ? text : strip(text, '/')),
  (text) => changePath(text, /[.\s]/, (segments) => segments.map(withoutEnd)),
  // Repeated and final slashes.
  (text) => changePath(text, /^\/|\/(?:\/|$)/, (segments) => segments.filter((one) => one !== '')),
  (text) => (isFile(text) ? changePath(text, /:/, withoutStream) : text),
];

/** Changes what stands between the authority's slashes and the query, if it holds what is looked for. */
function changePath(text: string, what: RegExp, change: (segments: string[]) => string[]): string {
  const [root] = /^[^/:]*:\/{0,3}/.exec(text) ?? [''];
  const [path] = /^[^?#]*/.exec(text.slice(root.length)) as unknown as [string];
  if (!what.test(path)) return text;
  return root + change(path.split('/')).join('/') + text.slice(root.length + path.length);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isFile(text: string): boolean {
  return /^file:/i.test(text);
}

/** `undefined` if a dot segment is left that the URL's own grammar did not take out. */
function fold(text: string): string | undefined {
  const segments: string[] = [];
  for (const segment of text.split('/')) {
    const bare = segment.trim();
    if (bare === '.' || bare === '..') return undefined;
    const kept = withoutEnd(bare);
    if (kept !== '') segments.push(kept);
  }
  const read = isFile(text) && segments.length > 1 ? withoutStream(segments) : segments;
  // First one way: it makes one letter of those that have several capitals; then what files fold to.
  return read.join('/').toLowerCase().toUpperCase();
}

/** Windows leaves out dots and spaces at the end of a segment. */
function withoutEnd(segment: string): string {
  return strip(segment.trim(), '. ');
}

function strip(text: string, ends: string): string {
  let end = text.length;
  while (end > 0 && ends.includes(text[end - 1] as string)) end--;
  return text.slice(0, end);
}

/** Windows: `secret.txt::$DATA` is the content of `secret.txt`. */
function withoutStream(segments: string[]): string[] {
  const last = segments.at(-1) ?? '';
  return [...segments.slice(0, -1), last.replace(/:.*$/s, '')];
}
