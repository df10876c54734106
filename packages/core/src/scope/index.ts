/** Exports the parts of scope tokens, sets and the catalogue that other folders may use. @module */
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
