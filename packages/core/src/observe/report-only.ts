/**
 * The report-only mode, in which operations may run without their scopes for a limited time and are reported.
 *
 * @module
 */
import { unknownOption } from '../options.js';
import { entryName } from '../policy/index.js';
import type { Policy } from '../policy/index.js';
import { readClock } from '../token/index.js';
import { callHook } from '../call-hook.js';
import type { SeenOperation } from './types.js';

/** The argument of {@link ReportOptions.onWarning}. */
export interface ReportWarning {
  /** `report_mode` if `until` is ahead when the gate is made, else `report_mode_over`. */
  readonly code: 'report_mode' | 'report_mode_over';
  readonly message: string;
}

export interface ReportOptions {
  /**
   * The time from which all scopes are enforced, without a restart: a `Date`, or a text such as `2026-03-01`
   * or `2026-03-01T08:00:00Z`. It must be at most 180 days ahead when the gate is made.
   */
  readonly until: Date | string;
  /**
   * Called once, when the gate is made, with the state of the mode.
   *
   * @default writes to `console.warn`
   */
  readonly onWarning?: (warning: ReportWarning) => void;
}

/** The names of operations in the policy, or a function that returns `true` for the operations to report. */
export type ReportedOperations = readonly string[] | ((operation: SeenOperation) => boolean);

/** The value for the option `enforce` of a gate, made by {@link reportOnly}. */
export interface Enforcement {
  /** @internal */
  readonly start: (gate: ReportingGate) => ReportOnlyMode;
}

/** The settings of a gate that report-only uses. */
export interface ReportingGate {
  readonly policy: Policy | undefined;
  readonly onDecision: unknown;
  readonly clock: () => number;
}

export interface ReportOnlyMode {
  /** Whether the operation is now reported instead of refused if its scopes are missing. */
  includes(operation: SeenOperation): boolean;
}

/** Maximum duration in days, so that report-only does not replace the policy permanently. */
const MAX_DAYS = 180;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Matches a date, or a time with its zone. `Date` would read other forms in the server's time zone. */
const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Lets operations run without their scopes for a limited time, for owners of servers that are already in use.
 * A request that would be refused with 403 `insufficient_scope` is let through, and the outcome of its event
 * is `reported`.
 *
 * The token must still be valid. Refusals with 401 or 503, logins that are missing, also beside scopes, faults
 * of the body, `deny()`, conditions, rules that fail and scope errors that handlers throw are enforced as
 * usual. Operations that are not named are enforced, too, and so are operations for which no event can be made.
 *
 * @param operations - the names of operations in the policy, such as `tools/call add_note`,
 * `resources/read notes://{id}` or `GET /export`. Use a function for routes with a rule of their own, for
 * guarded handlers (`guardTool`), and for operations that the policy does not name. The operation is enforced
 * unless the function returns `true`; a promise is not awaited
 * @throws {@link TypeError} naming the argument. The gate throws it for a name that is no operation of its
 * policy, for a date too far ahead, and without `onDecision`
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
  if (stray !== undefined) {
    throw new TypeError(`reportOnly.${stray}: ${unknownOption(stray, ['until', 'onWarning'])}`);
  }
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

/** Refuses a name that is no operation of the policy, because a misspelt operation would still be enforced. */
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
