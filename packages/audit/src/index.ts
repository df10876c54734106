/**
 * `@scopegate/audit`: reports on a policy and on its decisions, for the owner of the policy.
 *
 * @module @scopegate/audit
 */
export { scopeMap } from './scope-map.js';
export type {
  AnnotatedTool,
  Grant,
  LintCode,
  LintFinding,
  LintOptions,
  Passes,
  RouteRules,
  ScopeMap,
  ScopeMapAccess,
  ScopeMapGrant,
  ScopeMapOptions,
  ScopeMapRow,
  ToolHints,
} from './types.js';
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
export { formatDecisionSummary } from './format-summary.js';
export type { SummaryFormat } from './format-summary.js';
export { summarizeDecisions } from './summarize-decisions.js';
export type {
  ClientDecisions,
  Counts,
  DecisionSummary,
  DetailCount,
  OperationScopes,
  ScopeCount,
  ScopeUse,
} from './summary.js';
