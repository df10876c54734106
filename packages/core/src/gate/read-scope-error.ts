/**
 * Recognises scope errors that handlers throw, of any class.
 *
 * @module
 */
import type { AuthErrorCode } from '../errors.js';
import { ownMember, ownText } from '../values.js';

/** The code of this package's errors, which identifies them across realms and copies of the package. */
const INSUFFICIENT_SCOPE: AuthErrorCode = 'ERR_INSUFFICIENT_SCOPE';

/** What a thrown scope error says. */
export interface ScopeError {
  /** The scopes that the error names; empty if it names none that can be read. */
  readonly scopes: readonly string[];
  readonly description: string | undefined;
}

/**
 * Reads the scopes of a thrown value; `undefined` if it is no scope error. An error of this package is
 * recognised by its code, since its class may come from another copy of this package or from another
 * realm. Errors of libraries that carry the scopes in `data` are recognised by their name. It reads own
 * members only, and never the `message`, which is for logs.
 */
export function readScopeError(thrown: unknown): ScopeError | undefined {
  try {
    if (
      ownMember(thrown, 'code') !== INSUFFICIENT_SCOPE &&
      ownMember(thrown, 'name') !== 'InsufficientScopeError'
    ) {
      return undefined;
    }
    const data = ownMember(thrown, 'data');
    const scopes = ownMember(thrown, 'requiredScopes') ?? ownMember(data, 'requiredScopes');
    return {
      scopes: isStringList(scopes) ? [...new Set(scopes)] : [],
      description: ownText(thrown, 'description') ?? ownText(data, 'description'),
    };
  } catch {
    // A getter threw, so the value cannot be read.
    return undefined;
  }
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
