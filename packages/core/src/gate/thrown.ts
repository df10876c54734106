/**
 * Recognises a scope error that a handler threw, whoever's class it is.
 *
 * @module
 */

/**
 * The scopes that a thrown value says are required; `undefined` if it is no scope error. Told by
 * name and shape: the class may come from another copy of this package, or from a library that
 * carries the scopes in `data`.
 */
export function requiredScopesOf(thrown: unknown): readonly string[] | undefined {
  try {
    if (typeof thrown !== 'object' || thrown === null) return undefined;
    const { name, requiredScopes, data } = thrown as {
      name?: unknown;
      requiredScopes?: unknown;
      data?: { requiredScopes?: unknown } | null;
    };
    if (name !== 'InsufficientScopeError') return undefined;
    const scopes = requiredScopes ?? data?.requiredScopes;
    return isStringList(scopes) ? [...new Set(scopes)] : [];
  } catch {
    // A getter that throws: then it says nothing.
    return undefined;
  }
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
