/**
 * Ids that are not the caller's own: foreign, stale, truncated, spliced, re-encoded, guessed.
 *
 * @module
 */

/** A generator of numbers below 2^32 that gives the same ones in each run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Ids by where they come from. */
export interface Seeds {
  /** Ids of the caller, each of which opens. None of them must be among the results. */
  readonly own: readonly string[];
  readonly foreign: readonly string[];
  /** Ids of the caller that are too old, of another kind, resource, or key. */
  readonly stale: readonly string[];
}

/** Returns `count` ids that must not open, all different. Every one is visible ASCII. */
export function hostileIds({ own, foreign, stale }: Seeds, count: number, seed = 1): string[] {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[random() % list.length] as T;
  const character = (): string => BASE64URL[random() % 64] as string;
  const text = (length: number): string => Array.from({ length }, character).join('');
  const seeds = [...own, ...foreign];
  const kinds: (() => string)[] = [
    // Guessed.
    () => crypto.randomUUID(),
    () => text(1 + (random() % 120)),
    () => `${text(8)}.${text(22)}.${29_000_000 + (random() % 2_000_000)}.${text(43)}`,
    () => `${pick(own).split('.', 1)[0]}.${text(22)}.${29_500_000 + (random() % 9)}.${text(43)}`,
    // One character changed.
    () => {
      const id = pick(seeds);
      const at = random() % id.length;
      return `${id.slice(0, at)}${character()}${id.slice(at + 1)}`;
    },
    // Truncated and extended.
    () => pick(seeds).slice(0, -(1 + (random() % 60))),
    () => pick(seeds).slice(1 + (random() % 60)),
    () => `${pick(seeds)}${pick(['=', '==', 'A', '.', '.A', '%00', ';', ',', '~'])}`,
    () => `${pick(['"', '.', 'A', '/', '?'])}${pick(seeds)}`,
    // Spliced: each part from another id.
    () => {
      const parts = pick(seeds).split('.');
      const others = pick(seeds).split('.');
      const at = random() % parts.length;
      parts[at] = others[at] ?? character();
      return parts.join('.');
    },
    () => pick(own).split('.').toReversed().join('.'),
    () => `${pick(own)}.${pick(foreign).split('.').at(-1)}`,
    // Re-encoded: the other alphabet, padding, another case, the unused bits of the last character.
    () => pick(seeds).replaceAll('-', '+').replaceAll('_', '/'),
    () => pick(seeds).replaceAll('.', '=.'),
    () => pick(seeds).toUpperCase(),
    () => pick(seeds).toLowerCase(),
    () => encodeURIComponent(pick(seeds)).replaceAll('.', '%2E'),
    () => {
      const id = pick(own);
      const last = BASE64URL.indexOf(id.at(-1) as string);
      return `${id.slice(0, -1)}${BASE64URL[(last & ~3) | (1 + (random() % 3))]}`;
    },
    () => btoa(pick(seeds)),
    // Another age.
    () => {
      const parts = pick(own).split('.');
      parts[2] = pick([`0${parts[2]}`, `${parts[2]}.0`, `+${parts[2]}`, String(random() % 1e8)]);
      return parts.join('.');
    },
    // Twice.
    () => `${pick(own)}, ${pick(own)}`,
    () => `${pick(own)},${pick(foreign)}`,
    () => 'x'.repeat(1 + (random() % 6000)),
  ];
  const mine = new Set(own);
  const found = new Set<string>([...foreign, ...stale]);
  for (let next = 0; found.size < count; next++) {
    const id = (kinds[next % kinds.length] as () => string)();
    if (!mine.has(id) && id !== '') found.add(id);
  }
  return [...found].slice(0, count);
}
