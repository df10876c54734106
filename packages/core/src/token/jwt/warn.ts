/**
 * Sends warnings to the application.
 *
 * @module
 */
import type { JwtWarning, Warn } from './types.js';

/** Calls the application's hook and ignores what it throws. */
export function emitWarning(warn: Warn, warning: JwtWarning): void {
  try {
    warn(Object.freeze(warning));
  } catch {
    // An error of the hook must not change a decision.
  }
}

/** Passes on the first warning of each code only, so that bad tokens cannot fill a log. */
export function oncePerCode(warn: Warn): Warn {
  const seen = new Set<JwtWarning['code']>();
  return (warning) => {
    if (seen.has(warning.code)) return;
    seen.add(warning.code);
    emitWarning(warn, warning);
  };
}
