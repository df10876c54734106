/**
 * Emits events for a user interface.
 *
 * @module
 */
import { needs } from './errors.js';
import type { StepUpEvent } from './types.js';
import type { RefusedRequest } from './refused-request.js';

/** Calls a listener and ignores what it throws, which must not change the result of a request. */
export function callListener<T>(listener: ((event: T) => void) | undefined, event: T): void {
  try {
    listener?.(event);
  } catch {
    // Ignore the exception, because a listener only observes.
  }
}

/** Calls the listener with the event that a refused request needs these scopes. */
export function emitEvent(
  listener: ((event: StepUpEvent) => void) | undefined,
  { reason, operation }: RefusedRequest,
  scopes: readonly string[],
): void {
  callListener(listener, { reason, operation, label: needs(operation, scopes), scopes });
}
