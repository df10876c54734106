/**
 * What a user interface is told.
 *
 * @module
 */
import { needs } from './errors.js';
import type { StepUpEvent } from './options.js';
import type { Refusal } from './refusal.js';

export function eventOf({ reason, operation }: Refusal, scopes: readonly string[]): StepUpEvent {
  return { reason, operation, label: needs(operation, scopes), scopes };
}

/** Calls a listener; what it throws must not change how a request ends. */
export function tell<T>(listener: ((event: T) => void) | undefined, event: T): void {
  try {
    listener?.(event);
  } catch {
    // A listener decides nothing.
  }
}
