/**
 * Paths as lenient routers read them.
 *
 * @module
 */
import type { Segments } from './segment-rules.js';

/**
 * A path, or a key, as a lenient router reads it: decoded, in lower case, each segment cut at `;`, and
 * without a trailing slash. Returns the same list where that changes nothing.
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
 * All readings: some servers cut parameters off each segment, others drop all that follows the first
 * `;` of the path.
 */
export function lenientReadings(segments: readonly string[]): readonly (readonly string[])[] {
  const folded = fold(segments);
  const first = segments.findIndex((segment) => cut(decode(segment)) !== decode(segment));
  return first === -1 ? [folded] : [folded, folded.slice(0, first + 1)];
}

/** Cuts before and after decoding, since servers do it in either order. */
function foldSegment(segment: string): string {
  return cut(decode(cut(segment))).toLowerCase();
}

function cut(segment: string): string {
  const at = segment.indexOf(';');
  return at === -1 ? segment : segment.slice(0, at);
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
