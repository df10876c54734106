/**
 * Report-only mode: operations run without their scopes for a while, and are reported.
 *
 * @module
 */
import { entryName } from '../policy/index.js';
import type { Policy } from '../policy/index.js';
import { readClock } from '../token/index.js';
import { callHook } from './call-hook.js';
import type { SeenOperation } from './types.js';

/** The argument of {@link ReportOptions.onWarning}. */
export interface ReportWarning {
  /** `report_mode` while operations are let through; `report_mode_over` once the date has passed. */
  readonly code: 'report_mode' | 'report_mode_over';
  readonly message: string;
}

export interface ReportOptions {
  /**
   * From then on everything is enforced, without a restart: a `Date`, or a text such as `2026-03-01` or
   * `2026-03-01T08:00:00Z`. At most 180 days ahead when the gate is made.
   */
  readonly until: Date | string;
  /**
   * Called once, when the gate is made.
   *
   * @default writes to `console.warn`
   */
  readonly onWarning?: (warning: ReportWarning) => void;
}

/** Names of the policy, or a function that picks operations. */
export type ReportedOperations = readonly string[] | ((operation: SeenOperation) => boolean);

/** What {@link reportOnly} returns. */
export interface Enforcement {
  /** @internal */
  readonly start: (gate: ReportingGate) => ReportOnlyMode;
}

/** What the mode reads of its gate's settings. */
export interface ReportingGate {
  readonly policy: Policy | undefined;
  readonly onDecision: unknown;
  readonly clock: () => number;
}

export interface ReportOnlyMode {
  /** Whether the operation is only reported now if its scopes are missing. */
  includes(operation: SeenOperation): boolean;
}

/** A limit, so that report-only does not replace the policy for good. */
const MAX_DAYS = 180;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A date, or a time with its zone. `Date` reads other forms in the server's time zone. */
const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Lets operations run without their scopes for a while, for owners of servers that are in use: what
 * would be refused with 403 `insufficient_scope` is let through, and its event says `reported`.
 *
 * The token must be valid all the same. A 401, a 503, faults of the body, `deny()`, conditions, rules that
 * fail and scope errors that handlers throw are enforced as usual. So are operations that are not
 * named, and named ones whose event cannot be made.
 *
 * @param operations - names of the policy, such as `tools/call add_note`, `resources/read notes://{id}`
 * or `GET /export`; or, for routes with a rule of their own and for what the policy has no name for, a
 * function. It must return `true` at once: anything else, and a throw, enforces
 * @throws {@link TypeError} naming the argument; when the gate is made, for a name that is no operation
 * of its policy, a date too far ahead, and without `onDecision`
 * @group Gate
 * @example
 * ```ts
 * createGate({
 *   enforce: reportOnly(['tools/call add_note'], { until: '2026-03-01' }),
 *   onDecision: (event) => log.write(JSON.stringify(event)),
 *   // ...
 * });
 * ```
 */
export function reportOnly(operations: ReportedOperations, options: ReportOptions): Enforcement {
  const { until, onWarning = warn, ...unknown } = options ?? {};
  const stray = Object.keys(unknown)[0];
  if (stray !== undefined) throw new TypeError(`reportOnly.${stray}: unknown option`);
  if (typeof onWarning !== 'function') {
    throw new TypeError('reportOnly.onWarning: expected a function');
  }
  const isNamed = toPredicate(operations);
  const end = toTime(until);
  const start = ({ policy, onDecision, clock }: ReportingGate): ReportOnlyMode => {
    if (onDecision === undefined) {
      throw new TypeError('enforce: needs onDecision, or nobody sees what is let through');
    }
    if (typeof operations !== 'function') checkNames(operations, policy);
    const now = readClock(clock);
    if (end - now > MAX_DAYS * DAY_MS) {
      throw new TypeError(`enforce: until must be at most ${MAX_DAYS} days ahead`);
    }
    callHook(() => onWarning(warning(operations, end, now)));
    return {
      includes(operation) {
        try {
          return readClock(clock) < end && isNamed(operation) === true;
        } catch {
          return false;
        }
      },
    };
  };
  return Object.freeze({ start });
}

function toPredicate(operations: ReportedOperations): (operation: SeenOperation) => boolean {
  if (typeof operations === 'function') return operations;
  if (!Array.isArray(operations) || operations.length === 0) {
    throw new TypeError('reportOnly: expected names of operations, or a function');
  }
  const names = new Set<string>(operations as readonly string[]);
  return ({ entry }) => entry !== undefined && names.has(entry);
}

/** Refuses a name that is no operation of the policy: its operation would be enforced unexpectedly. */
function checkNames(names: readonly string[], policy: Policy | undefined): void {
  const known = new Set(policy?.entries().map(({ operation }) => entryName(operation)));
  const stray = names.findIndex((name) => !known.has(name));
  if (stray === -1) return;
  throw new TypeError(
    `enforce: ${JSON.stringify(names[stray])} is no operation of the policy; for routes with a rule of their own, give a function`,
  );
}

function toTime(until: unknown): number {
  const time =
    until instanceof Date || (typeof until === 'string' && ISO.test(until))
      ? new Date(until).getTime()
      : NaN;
  if (Number.isFinite(time)) return time;
  throw new TypeError('reportOnly.until: expected a Date, 2026-03-01 or 2026-03-01T08:00:00Z');
}

function warning(operations: ReportedOperations, end: number, now: number): ReportWarning {
  const day = new Date(end).toISOString();
  if (now >= end) {
    const message = `report mode ended ${day}: everything is enforced, and the option can go`;
    return { code: 'report_mode_over', message };
  }
  const which = typeof operations === 'function' ? 'what a function picks' : operations.join(', ');
  const message = `SCOPES ARE NOT ENFORCED until ${day} for ${which}`;
  return { code: 'report_mode', message };
}

function warn({ message }: ReportWarning): void {
  console.warn(`scopegate: ${message}`);
}
