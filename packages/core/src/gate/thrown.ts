/**
 * Recognises a scope error that a handler threw, whoever's class it is.
 *
 * @module
 */

import type { AuthErrorCode } from '../errors.js';
import { own, ownText } from '../values.js';

/** Says across copies of this package, realms and subclasses: ours. */
const BRAND: AuthErrorCode = 'ERR_INSUFFICIENT_SCOPE';

/** What a thrown scope error says. */
export interface ScopeError {
  /** Empty if it names none that can be read. */
  readonly scopes: readonly string[];
  readonly description: string | undefined;
}

/**
 * What a thrown value says of scopes; `undefined` if it is no scope error. Ours is told by its code,
 * since its class may come from another copy of this package or from another realm; the error of a
 * library that carries the scopes in `data`, by its name. Own members only, and never the `message`,
 * which is for logs.
 */
export function readScopeError(thrown: unknown): ScopeError | undefined {
  try {
    if (own(thrown, 'code') !== BRAND && own(thrown, 'name') !== 'InsufficientScopeError') {
      return undefined;
    }
    const data = own(thrown, 'data');
    const scopes = own(thrown, 'requiredScopes') ?? own(data, 'requiredScopes');
    return {
      scopes: isStringList(scopes) ? [...new Set(scopes)] : [],
      description: ownText(thrown, 'description') ?? ownText(data, 'description'),
    };
  } catch {
    // A getter that throws: then it says nothing.
    return undefined;
  }
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
