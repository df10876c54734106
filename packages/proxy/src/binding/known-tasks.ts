/**
 * Remembers under which id a caller knows a task of the upstream, so that every message names it alike.
 *
 * @module
 */

/** Maximum number of tasks; the oldest one is dropped. */
const MAX_TASKS = 10_000;

export class KnownTasks {
  readonly #outer = new Map<string, string>();

  get(owner: string, inner: string): string | undefined {
    return this.#outer.get(keyOf(owner, inner));
  }

  set(owner: string, inner: string, outer: string): void {
    if (this.#outer.size >= MAX_TASKS) {
      const [oldest] = this.#outer.keys();
      if (oldest !== undefined) this.#outer.delete(oldest);
    }
    this.#outer.set(keyOf(owner, inner), outer);
  }
}

function keyOf(owner: string, inner: string): string {
  return `${owner.length}:${owner}${inner}`;
}
