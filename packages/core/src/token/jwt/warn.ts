/**
 * Warnings to the application.
 *
 * @module
 */
import type { JwtWarning, Warn } from './types.js';

/** Calls the application's hook and ignores what it throws. */
export function emitWarning(warn: Warn, warning: JwtWarning): void {
  try {
    warn(Object.freeze(warning));
  } catch {
    // The hook observes only: its errors must not change a decision.
  }
}

/** Passes on the first warning of each code, so that bad tokens cannot fill a log. */
export function oncePerCode(warn: Warn): Warn {
  const told = new Set<JwtWarning['code']>();
  return (warning) => {
    if (told.has(warning.code)) return;
    told.add(warning.code);
    emitWarning(warn, warning);
  };
}
