/**
 * How routers read a path, and which route they choose.
 *
 * @module
 */
import { HTTP_RULES } from '../policy.js';

export type ReadPath = (path: string) => string;

export const READERS: Readonly<Record<string, ReadPath>> = {
  exactly: (path) => path,
  /** Decodes once, in any case, without a slash at the end. */
  'in any case': (path) =>
    decoded(path)
      .toLowerCase()
      .replace(/(?<=.)\/$/, ''),
  /** As servlet containers do: parameters of segments away, then dots, then empty segments. */
  'without parameters': (path) => {
    const plain = decoded(path.replaceAll(/;[^/]*/g, ''));
    return new URL(plain.replaceAll(/\/{2,}/g, '/'), 'http://x').pathname;
  },
};

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A router that prefers what is written out, as most do: the path itself, if any route has it. */
export function routeOf(path: string): string | undefined {
  const fits = HTTP_RULES.some(({ path: pattern }) => {
    const segments = pattern.split('/');
    const given = path.split('/');
    return (
      segments.length === given.length &&
      segments.every((segment, i) =>
        segment.startsWith('{') ? given[i] !== '' : segment === given[i],
      )
    );
  });
  return fits ? path : undefined;
}
