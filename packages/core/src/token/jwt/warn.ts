/**
 * Sends warnings to the application.
 *
 * @module
 */
import { callHook } from '../../call-hook.js';
import type { JwtWarning, Warn } from './types.js';

/** Calls the application's hook, which cannot change a decision. */
export function emitWarning(warn: Warn, warning: JwtWarning): void {
  callHook(() => warn(Object.freeze(warning)));
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
