/**
 * Tells the application what should not stay as it is.
 *
 * @module
 */
import type { JwtWarning, Warn } from './types.js';

/** Tells the application; a hook that throws changes nothing. */
export function tell(warn: Warn, warning: JwtWarning): void {
  try {
    warn(Object.freeze(warning));
  } catch {
    // The hook is for watching only.
  }
}

/** Passes each code on once: tokens of strangers must not write a log full. */
export function oncePerCode(warn: Warn): Warn {
  const told = new Set<JwtWarning['code']>();
  return (warning) => {
    if (told.has(warning.code)) return;
    told.add(warning.code);
    tell(warn, warning);
  };
}
