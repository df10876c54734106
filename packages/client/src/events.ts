/**
 * What a user interface is told.
 *
 * @module
 */
import { needs } from './errors.js';
import type { StepUpEvent } from './types.js';
import type { Refusal } from './refusal.js';

/** Calls a listener; what it throws must not change how a request ends. */
export function tell<T>(listener: ((event: T) => void) | undefined, event: T): void {
  try {
    listener?.(event);
  } catch {
    // A listener decides nothing.
  }
}

/** Tells that a refusal is about these scopes. */
export function announce(
  listener: ((event: StepUpEvent) => void) | undefined,
  { reason, operation }: Refusal,
  scopes: readonly string[],
): void {
  tell(listener, { reason, operation, label: needs(operation, scopes), scopes });
}
