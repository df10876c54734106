/**
 * Events for a user interface.
 *
 * @module
 */
import { needs } from './errors.js';
import type { StepUpEvent } from './types.js';
import type { RefusedRequest } from './refused-request.js';

/** Calls a listener. An exception of it must not change how a request ends. */
export function callListener<T>(listener: ((event: T) => void) | undefined, event: T): void {
  try {
    listener?.(event);
  } catch {
    // A listener only watches.
  }
}

/** Emits the event that a refused request needs these scopes. */
export function emitEvent(
  listener: ((event: StepUpEvent) => void) | undefined,
  { reason, operation }: RefusedRequest,
  scopes: readonly string[],
): void {
  callListener(listener, { reason, operation, label: needs(operation, scopes), scopes });
}
