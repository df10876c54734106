/**
 * Reports faults to the application, or on the console.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { internalsOf } from '@scopegate/core/engine';

export type Report<Context> = (error: unknown, context: Context, request: Request) => void;

/**
 * Returns a function that calls `onError` and ignores its result and exceptions. Without `onError` it writes
 * one line for each cause and minute to `console.error`. Secrets of the request are left out of the line.
 *
 * @param hints - what an operator can change, by reason
 * @throws {@link TypeError} naming the caller, if the gate is not one of this copy of core
 */
export function createReporter<Context extends { readonly reason: string }>(
  onError: ((error: unknown, context: Context) => void) | undefined,
  gate: Gate,
  caller: string,
  hints: Readonly<Record<Context['reason'], string>>,
): Report<Context> {
  const { settings, createErrorLog } = internalsOf(gate, caller);
  const log = createErrorLog(gate.resource, settings.tokenSource?.header, hints);
  return (error, context, request) => {
    try {
      if (onError === undefined) return log(error, context.reason, request);
      const result: unknown = onError(error, context);
      if (result instanceof Promise) result.catch(() => undefined);
    } catch {
      // An exception of a listener must not change the response.
    }
  };
}
