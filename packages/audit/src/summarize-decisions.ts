/**
 * Counts decisions: which scopes clients lack, and which scopes a catalogue needs.
 *
 * @module
 */
import type { DecisionEvent, Outcome, ScopeCatalogue } from '@scopegate/core';
import { Counter, Groups } from './counting.js';
import { Details } from './details.js';
import type { ClientDecisions, DecisionSummary } from './summary.js';

/**
 * Counts decisions that `onDecision` received, or that were read from a log. For rules that are only
 * reported (`reportOnly`), `losses` says which clients enforcement would refuse.
 *
 * Contains only operations that were called in that time. Clients are identified by issuer and id, in `scopes`
 * by the id alone. Texts come from clients: escape them where they are shown, as the tables of
 * `formatDecisionSummary` do.
 *
 * @example
 * ```ts
 * const events: DecisionEvent[] = [];
 * const gate = createGate({ ...options, onDecision: (event) => events.push(event) });
 * const summary = summarizeDecisions(events, gate.scopes);
 * ```
 * @param catalogue - `gate.scopes`. With it, implied scopes count as held, and scopes that no event names
 * are listed, too
 * @group Audit
 */
export function summarizeDecisions(
  events: Iterable<DecisionEvent>,
  catalogue?: ScopeCatalogue,
): DecisionSummary {
  const tally = new Tally(catalogue);
  for (const event of events) tally.add(event);
  return tally.summary();
}

class Tally {
  readonly #catalogue: ScopeCatalogue | undefined;
  readonly #counts = emptyCounts();
  readonly #reasons = new Counter();
  readonly #details = new Details();
  readonly #clients = new Map<string, ClientTally>();
  readonly #operations = new Map<string, OperationTally>();
  readonly #granted = new Groups();
  readonly #required = new Groups();
  #from = Infinity;
  #to = -Infinity;

  constructor(catalogue: ScopeCatalogue | undefined) {
    this.#catalogue = catalogue;
  }

  add(event: DecisionEvent): void {
    const { outcome, reason, time, first } = event;
    this.#from = Math.min(this.#from, time);
    this.#to = Math.max(this.#to, time);
    const client = this.#client(event);
    if (first !== undefined) this.#takeBack(first);
    this.#counts[outcome]++;
    client.counts[outcome]++;
    if (reason !== undefined) this.#reasons.add(reason);
    this.#details.add(event);
    for (const scope of event.missing ?? []) client.missing.add(scope);
    if (event.subject !== undefined) client.subjects.add(event.subject);
    this.#addScopes(event, first === undefined);
  }

  /** A later event of a request replaces what was counted for the earlier one. */
  #takeBack(first: DecisionEvent): void {
    const client = this.#client(first);
    uncount(this.#counts, first.outcome);
    uncount(client.counts, first.outcome);
    if (first.reason !== undefined) this.#reasons.remove(first.reason);
    this.#details.remove(first);
    for (const scope of first.missing ?? []) client.missing.remove(scope);
  }

  summary(): DecisionSummary {
    const clients = [...this.#clients.values()].map(toClient);
    const { allowed, refused, reported, withdrawn } = this.#counts;
    const granted = this.#granted;
    const required = this.#required;
    const known = this.#catalogue?.names ?? [];
    const names = [...new Set([...required.names(), ...granted.names(), ...known])].toSorted();
    return {
      requests: allowed + refused + reported + withdrawn,
      ...(this.#from <= this.#to && { from: this.#from, to: this.#to }),
      counts: { ...this.#counts },
      reasons: this.#reasons.sorted().map(([reason, count]) => ({ reason, count })),
      details: this.#details.sorted(),
      losses: clients
        .filter(({ missing }) => missing.length > 0)
        .toSorted((a, b) => lost(b) - lost(a)),
      clients,
      operations: [...this.#operations].map(([operation, seen]) => ({
        operation,
        requests: seen.requests,
        required: [...seen.required],
        heldByAll: [...(seen.held ?? [])],
      })),
      scopes: names.map((scope) => ({
        scope,
        clients: granted.of(scope),
        operations: required.of(scope),
      })),
      neverRequired: names.filter((scope) => required.of(scope).length === 0),
      neverGranted: names.filter((scope) => granted.of(scope).length === 0),
    };
  }

  #client(event: DecisionEvent): ClientTally {
    const { clientId, issuer } = event;
    const operation = operationOf(event);
    const key = JSON.stringify([operation, issuer, clientId]);
    let client = this.#clients.get(key);
    if (client === undefined) {
      const empty = { counts: emptyCounts(), missing: new Counter(), subjects: new Set<string>() };
      this.#clients.set(key, (client = { operation, clientId, issuer, ...empty }));
    }
    return client;
  }

  #addScopes(event: DecisionEvent, isRequest: boolean): void {
    const operation = operationOf(event);
    const { required, granted, clientId = '' } = event;
    for (const scope of new Set(required?.alternatives.flat()))
      this.#required.add(scope, operation);
    if (granted === undefined) return;
    const holds = this.#held(granted);
    for (const scope of holds) this.#granted.add(scope, clientId);
    let seen = this.#operations.get(operation);
    if (seen === undefined) {
      this.#operations.set(
        operation,
        (seen = { requests: 0, required: new Set(), held: undefined }),
      );
    }
    if (isRequest) seen.requests++;
    if (required !== undefined) seen.required.add(required.description);
    seen.held = seen.held === undefined ? holds : intersection(seen.held, holds);
  }

  /** The scopes of a token, with those that they imply. */
  #held(granted: readonly string[]): ReadonlySet<string> {
    const set = new Set(granted);
    const catalogue = this.#catalogue;
    const implied = catalogue?.names.filter((scope) => catalogue.grants(set, scope)) ?? [];
    return new Set([...granted, ...implied]);
  }
}

interface ClientTally {
  readonly operation: string;
  readonly clientId: string | undefined;
  readonly issuer: string | undefined;
  readonly counts: Record<Outcome, number>;
  readonly missing: Counter;
  readonly subjects: Set<string>;
}

interface OperationTally {
  requests: number;
  readonly required: Set<string>;
  held: ReadonlySet<string> | undefined;
}

function toClient({
  clientId,
  issuer,
  subjects,
  missing,
  ...client
}: ClientTally): ClientDecisions {
  return {
    operation: client.operation,
    ...(clientId !== undefined && { clientId }),
    ...(issuer !== undefined && { issuer }),
    counts: { ...client.counts },
    subjects: subjects.size,
    missing: missing.sorted().map(([scope, count]) => ({ scope, count })),
  };
}

/** Counts the requests that were refused, or would be if rules were enforced. */
function lost({ counts }: ClientDecisions): number {
  return counts.reported + counts.refused + counts.withdrawn;
}

/** The name under which requests of one operation are counted. */
function operationOf({ operation }: DecisionEvent): string {
  if (operation === undefined) return '(unknown)';
  const { entry, method, name } = operation;
  return entry ?? (name === undefined ? method : `${method} ${name}`);
}

function emptyCounts(): Record<Outcome, number> {
  return { allowed: 0, refused: 0, reported: 0, withdrawn: 0 };
}

/** The earlier event may be missing from the events, so a count stays at zero. */
function uncount(counts: Record<Outcome, number>, outcome: Outcome): void {
  if (counts[outcome] > 0) counts[outcome]--;
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((element) => b.has(element)));
}
