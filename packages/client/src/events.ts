/**
 * Emits events for a user interface.
 *
 * @module
 */
import { needs } from './errors.js';
import type { StepUpEvent } from './types.js';
import type { RefusedRequest } from './refused-request.js';

/**
 * Calls a listener. What it throws is ignored, because a listener only observes. So is the rejection of its
 * promise, which would end a Node process if nobody handled it. The request does not wait for the promise.
 */
export function callListener<T>(listener: ((event: T) => void) | undefined, event: T): void {
  const run = async () => listener?.(event);
  run().catch(() => undefined);
}

/** Calls the listener with the event that a refused request needs these scopes. */
export function emitEvent(
  listener: ((event: StepUpEvent) => void) | undefined,
  { reason, operation }: RefusedRequest,
  scopes: readonly string[],
): void {
  callListener(listener, { reason, operation, label: needs(operation, scopes), scopes });
}
