/**
 * Counts refused tokens by the check that they failed.
 *
 * @module
 */
import type { DecisionEvent } from '@scopegate/core';
import type { DetailCount } from './summary.js';

/** With this many rows, new values are no longer listed: anybody can send tokens with ever new values. */
const MAX_ROWS = 100;

/** Checks of times. Each token has other times, so these checks are counted together. */
const TIMES: ReadonlySet<string> = new Set(['expired', 'not_yet_valid']);

export class Details {
  readonly #rows = new Map<string, Omit<DetailCount, 'count'> & { count: number }>();

  add({ detail, expected, found }: DecisionEvent): void {
    if (detail === undefined) return;
    const key = JSON.stringify([detail, expected, found]);
    const isPlain = TIMES.has(detail) || (this.#rows.size >= MAX_ROWS && !this.#rows.has(key));
    if (isPlain) this.#count(plainKey(detail), { detail });
    else {
      this.#count(key, {
        detail,
        ...(expected !== undefined && { expected }),
        ...(found !== undefined && { found }),
      });
    }
  }

  /** Takes one back, from the row that has its values, else from the row without values. */
  remove({ detail, expected, found }: DecisionEvent): void {
    if (detail === undefined) return;
    const key = JSON.stringify([detail, expected, found]);
    const at = this.#rows.has(key) ? key : plainKey(detail);
    const row = this.#rows.get(at);
    if (row !== undefined && --row.count === 0) this.#rows.delete(at);
  }

  sorted(): readonly DetailCount[] {
    return [...this.#rows.values()]
      .map((row) => ({ ...row }))
      .toSorted((a, b) => b.count - a.count);
  }

  #count(key: string, row: Omit<DetailCount, 'count'>): void {
    const known = this.#rows.get(key);
    if (known === undefined) this.#rows.set(key, { ...row, count: 1 });
    else known.count++;
  }
}

function plainKey(detail: string): string {
  return JSON.stringify([detail]);
}
