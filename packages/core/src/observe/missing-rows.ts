/**
 * Warns of operations that callers ask for and no row of the policy names.
 *
 * @module
 */
import type { Auth, MatchedOperation, Policy } from '../policy/index.js';
import { showText } from '../secrets.js';
import { describeOperation } from './decision-event.js';
import { callHook } from '../call-hook.js';
import type { GateWarning } from './types.js';

/** Maximum number of operations that are named, because callers can invent names. */
const MAX_OPERATIONS = 5;

/** Maximum number of characters of a name in a warning. */
const MAX_NAME = 60;

/** Called with each refused operation of a caller with a valid token. */
export type ReportMissingRow = (matched: MatchedOperation, auth: Auth) => void;

/** Makes the function that warns once for each operation, for the first five of them. */
export function missingRowReporter(
  policy: Policy | undefined,
  onWarning: (warning: GateWarning) => void,
): ReportMissingRow {
  const named = new Set<string>();
  return (matched, { token }) => {
    if (matched.entry !== undefined || named.size >= MAX_OPERATIONS) return;
    callHook(() => {
      // Ask with the raw name first: few refusals need a row, and making a name safe to show costs more.
      if (policy?.adviseRow?.(matched.operation) === undefined) return undefined;
      const { protocol, method, name = '' } = describeOperation(matched);
      const shown = showText(name, [token]).slice(0, MAX_NAME);
      const message = policy.adviseRow({ protocol, method, name: shown });
      if (message === undefined || named.has(message)) return undefined;
      named.add(message);
      return onWarning(Object.freeze({ code: 'operation_unnamed', message }));
    });
  };
}
