/** Exports the parts of rules and policies that other folders may use. @module */
export { actedBy, notDelegated } from './acted-by.js';
export { compileRule } from './compile.js';
export { describeRule } from './describe-rule.js';
export type { RuleWords } from './describe-rule.js';
export { evaluate, evaluateCompiled } from './evaluate.js';
export type { Evaluation } from './evaluate.js';
export { foldRule } from './fold-rule.js';
export type { RuleCases } from './fold-rule.js';
export { entryName } from './policy.js';
export type {
  BodyBounds,
  Fault,
  MatchedOperation,
  Policy,
  ReadBody,
  PolicyDefault,
  PolicyEntry,
  RulePart,
} from './policy.js';
export { httpPolicy } from './http-policy.js';
export type { HttpRoute } from './http-policy.js';
export { refuseOverlappingTexts } from './refuse-overlaps.js';
export { SegmentRules, hidesSeparator } from './segment-rules.js';
export { clientsOnly, recentLogin, usersOnly } from './recent-login.js';
export { partsOfTarget } from './target-name.js';
export { resolveParts, resolveRule, unknownFact } from './resolve.js';
export { allOf, anyOf, authenticated, deny, isRule, publicAccess, rule, where } from './rule.js';
export type {
  Actor,
  Auth,
  CompiledRule,
  LoginRequirement,
  Operation,
  Predicate,
  Rule,
  RuleContext,
  RuleFunction,
} from './types.js';
