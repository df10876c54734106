/**
 * `@scopegate/core/audit`: what a policy comes to, for people who answer for it.
 *
 * @module
 */
export { scopeMap } from './scope-map.js';
export type {
  Passes,
  ScopeMap,
  ScopeMapAccess,
  ScopeMapGrant,
  ScopeMapOptions,
  ScopeMapRow,
} from './scope-map.js';
export type { Grant } from './grants.js';
export { formatScopeMap } from './format-scope-map.js';
export { diffScopeMaps } from './diff-scope-maps.js';
export type {
  AccessChange,
  GrantChange,
  OperationChange,
  ScopeMapDiff,
} from './diff-scope-maps.js';
export { formatDiff } from './format-diff.js';
export { lintPolicy } from './lint-policy.js';
export type { LintCode, LintFinding, LintOptions } from './lint-policy.js';
