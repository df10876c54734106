/** Scope tokens, sets and the catalogue: what other rooms may use of them. @module */
export { defineScopes, expectKnown, isScopeCatalogue, knownScopes } from './define-scopes.js';
export type { ScopeCatalogue, ScopeEntry } from './define-scopes.js';
export {
  PARAMETER,
  checkScope,
  expectUnmistakable,
  isScopeSuperset,
  isScopeToken,
  parseScope,
  serializeScope,
  toScopeSet,
  unionScopes,
} from './scope-token.js';
export { scopesFromClaims } from './scopes-from-claims.js';
export type { ScopesFromClaimsOptions } from './scopes-from-claims.js';
