/**
 * Converts paths to the form in which lenient routers compare them.
 *
 * @module
 */
import type { Segments } from './segment-rules.js';

/**
 * Returns the path of a request or of a route as a lenient router reads it: without a trailing slash, and
 * each segment decoded, in lower case, cut at `;`, without control characters, spaces around it and dots at
 * its end. Returns the same list if nothing changes.
 */
export function fold<Path extends Segments>(segments: Path): Path {
  const { length } = segments;
  // The root is a slash alone, so its slash is not a trailing one.
  const kept = length > 2 && segments[length - 1] === '' ? segments.slice(0, -1) : segments;
  const folded = kept.map((segment) => segment && foldSegment(segment));
  const isSame = kept === segments && folded.every((segment, at) => segment === segments[at]);
  return isSame ? segments : (folded as Segments as Path);
}

/**
 * Returns the readings of a path by lenient servers: some cut parameters off each segment, others drop
 * everything after the first `;` of the path.
 */
export function lenientReadings(segments: readonly string[]): readonly (readonly string[])[] {
  const folded = fold(segments);
  const first = segments.findIndex((segment) => cut(decode(segment)) !== decode(segment));
  return first === -1 ? [folded] : [folded, folded.slice(0, first + 1)];
}

/** Folds one segment. It cuts at `;` before and after decoding, since servers do it in either order. */
function foldSegment(segment: string): string {
  return withoutEnd(cut(decode(cut(segment))).replaceAll(CONTROLS, '')).toLowerCase();
}

// Control characters. URL parsers drop some of them anywhere (WHATWG URL s4.4), and other readers drop them
// at the end.
// oxlint-disable-next-line no-control-regex -- these are what is meant
const CONTROLS = /[\u0000-\u001f\u007f]/g;

/** Removes the spaces around a segment and the dots at its end, which some readers drop. */
function withoutEnd(segment: string): string {
  const bare = segment.trim();
  let end = bare.length;
  while (bare[end - 1] === '.') end--;
  // Keep a segment that consists of dots only: it is a dot segment or a name.
  return end === 0 ? bare : bare.slice(0, end).trimEnd();
}

function cut(segment: string): string {
  const at = segment.indexOf(';');
  return at === -1 ? segment : segment.slice(0, at);
}

/** Returns the segment percent-decoded, or unchanged if it cannot be decoded. */
export function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
