/**
 * Counts and groups by names that come from clients. They are kept in maps, because a name such as
 * `__proto__` is not a member of a record.
 *
 * @module
 */

/** Counts by name. */
export class Counter {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Takes one back. A name that was not counted stays at zero. */
  remove(name: string): void {
    const count = this.#counts.get(name) ?? 0;
    if (count > 1) this.#counts.set(name, count - 1);
    else this.#counts.delete(name);
  }

  sorted(): [string, number][] {
    return [...this.#counts].toSorted((a, b) => b[1] - a[1]);
  }
}

/** Distinct members by name, in the order in which they were added. */
export class Groups {
  readonly #groups = new Map<string, Set<string>>();

  add(name: string, member: string): void {
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = new Set()));
    group.add(member);
  }

  of(name: string): string[] {
    return [...(this.#groups.get(name) ?? [])];
  }

  names(): string[] {
    return [...this.#groups.keys()];
  }
}
