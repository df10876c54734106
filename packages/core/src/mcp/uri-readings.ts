/**
 * Finds the forms in which servers may read a resource URI: a lenient reader may take it for the URI of
 * another resource.
 *
 * @module
 */
import { hidesSeparator } from '../policy/index.js';

/** Maximum number of times that a URI may be percent-encoded. Honest clients encode it once or twice. */
const MAX_ENCODINGS = 3;

/**
 * Maximum number of characters of a URI. Longer URIs are refused, since a subscription names many and
 * each is read several times.
 */
const MAX_LENGTH = 2048;

/**
 * These patterns find encodings that normal form does not have: of unreserved characters, which need
 * none (RFC 3986 s6.2.2.2), and with hexadecimal digits in lower case (s6.2.2.1).
 */
const NEEDLESSLY_ENCODED = /%(?:2[DE]|3\d|[46][1-9A-F]|[57][\dA]|5F|7E)/i;
const SMALL_DIGITS = /%(?:[a-f]|.[a-f])/;

/**
 * Whether a URI is in normal form (RFC 3986 s6.2.2), as URL parsers write it: scheme in lower case, no
 * dot segments, and nothing is encoded without need. The case of a host is checked for schemes such as
 * `file` and `https` only, because servers with their own scheme may use names such as `notes://Weekly`.
 * It has at most 2,048 characters.
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

/** The forms in which lenient readers may read a URI. */
export interface UriReadings {
  readonly texts: readonly string[];
  /** Whether the texts are complete: no reader finds a separator, dot segment or end that others do not. */
  readonly isClear: boolean;
}

/**
 * Reads a URI as lenient readers do: percent-decoded once or several times, in Unicode normal form NFKC;
 * without difference of case; cut at `;`, `?` and `#`; without the dots and spaces at the ends of segments
 * that Windows leaves out, without repeated and final slashes, and in `file` URIs without names of streams.
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
    // The text cannot be decoded further. For example, `100%25` became `100%`, in which `%` is data.
    if (decoded === text || (decoded === undefined && round > 0)) return { texts, isClear: true };
    if (decoded === undefined) break;
    text = decoded.normalize('NFKC');
  }
  return { texts, isClear: false };
}

/**
 * Maximum number of names of one URI, because a function in a rule is called for each. Honest URIs have
 * fewer.
 */
const MAX_NAMES = 16;

/**
 * Returns the names by which readers may know the resource of a URI, for functions that compare names:
 * the URI itself, and each form that the readers of {@link readUri} turn it into. The case is kept, so
 * that the function can compare with or without it. The result is `undefined` if there are more than 16.
 */
export function namesOf(uri: string): readonly string[] | undefined {
  const names = new Set([uri]);
  // Iterating a set also visits the members that the loop adds.
  for (const name of names) {
    for (const step of STEPS) names.add(step(name));
    if (names.size > MAX_NAMES) return undefined;
  }
  return [...names];
}

/**
 * Returns {@link namesOf} a URI that was not checked; `undefined` also if it is not in normal form or if
 * readers disagree about it.
 */
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
  // Remove repeated and final slashes.
  (text) => changePath(text, /^\/|\/(?:\/|$)/, (segments) => segments.filter((one) => one !== '')),
  (text) => (isFile(text) ? changePath(text, /:/, withoutStream) : text),
];

/** Changes the segments between the authority's slashes and the query, if `what` matches there. */
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

/**
 * Returns the text in the form in which lenient readers compare it; `undefined` if it has a dot segment
 * that URL parsers do not remove.
 */
function fold(text: string): string | undefined {
  const segments: string[] = [];
  for (const segment of text.split('/')) {
    const bare = segment.trim();
    if (bare === '.' || bare === '..') return undefined;
    const kept = withoutEnd(bare);
    if (kept !== '') segments.push(kept);
  }
  const read = isFile(text) && segments.length > 1 ? withoutStream(segments) : segments;
  // Convert to lower case first, which unifies letters that have several capitals. File systems compare
  // capitals.
  return read.join('/').toLowerCase().toUpperCase();
}

/** Removes the spaces around a segment, and the dots at its end: Windows leaves both out. */
function withoutEnd(segment: string): string {
  return strip(segment.trim(), '. ');
}

function strip(text: string, ends: string): string {
  let end = text.length;
  while (end > 0 && ends.includes(text[end - 1] as string)) end--;
  return text.slice(0, end);
}

/** Removes the name of a stream: on Windows, `secret.txt::$DATA` is the content of `secret.txt`. */
function withoutStream(segments: string[]): string[] {
  const last = segments.at(-1) ?? '';
  return [...segments.slice(0, -1), last.replace(/:.*$/s, '')];
}
