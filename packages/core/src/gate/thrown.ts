/**
 * Recognises a scope error that a handler threw, whoever's class it is.
 *
 * @module
 */

import type { AuthErrorCode } from '../errors.js';
import { own } from '../values.js';

/** Says across copies of this package, realms and subclasses: ours. */
const BRAND: AuthErrorCode = 'ERR_INSUFFICIENT_SCOPE';

/**
 * The scopes that a thrown value says are required; `undefined` if it is no scope error. Ours is told
 * by its code, since its class may come from another copy of this package or from another realm; the
 * error of a library that carries the scopes in `data`, by its name. Own members only.
 */
export function requiredScopesOf(thrown: unknown): readonly string[] | undefined {
  try {
    if (own(thrown, 'code') !== BRAND && own(thrown, 'name') !== 'InsufficientScopeError') {
      return undefined;
    }
    const scopes = own(thrown, 'requiredScopes') ?? own(own(thrown, 'data'), 'requiredScopes');
    return isStringList(scopes) ? [...new Set(scopes)] : [];
  } catch {
    // A getter that throws: then it says nothing.
    return undefined;
  }
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
