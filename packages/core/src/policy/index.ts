/** Rules and policies: what other rooms may use of them. @module */
export type { Auth } from './auth.js';
export { compileRule } from './compile.js';
export type { CompiledNode, CompiledRule } from './compile.js';
export { describeRule } from './describe-rule.js';
export { explainRule } from './explain-rule.js';
export { evaluate, evaluateCompiled } from './evaluate.js';
export type { Evaluation } from './evaluate.js';
export { doubtfulRule, hopefulRule } from './hopeful-rule.js';
export { entryName } from './operation.js';
export type {
  BodyNeed,
  Fault,
  Judgement,
  Operation,
  Policy,
  PolicyDefault,
  PolicyEntry,
  RulePart,
} from './operation.js';
export { httpPolicy } from './http-policy.js';
export type { HttpRoute } from './http-policy.js';
export { scopesOf } from './scopes-of.js';
export { refuseOverlappingTexts } from './refuse-overlaps.js';
export { SegmentRules, hidesSeparator } from './segment-rules.js';
export { clientsOnly, recentLogin, usersOnly } from './recent-login.js';
export { resolveParts, resolveRule, unknownFact } from './resolve.js';
export {
  allOf,
  anyOf,
  authenticated,
  deny,
  isRule,
  isRuleNode,
  publicAccess,
  rule,
  where,
} from './rule.js';
export type { LoginRequirement, Predicate, Rule, RuleContext, RuleFunction } from './rule.js';
