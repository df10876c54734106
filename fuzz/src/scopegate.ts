/**
 * The names of the library that the fuzzer calls, so that a rename is followed in one place.
 *
 * @module
 */
export {
  allOf,
  anyOf,
  authenticated,
  createGate,
  defineScopes,
  httpPolicy,
  publicAccess,
  where,
} from '@scopegate/core';
export type { Auth, Gate, GateOptions, Policy, Rule, RuleContext, Verifier } from '@scopegate/core';
export { mcpPolicy, scopeChallenge } from '@scopegate/core/mcp';
export type { McpPolicyOptions, ScopeChallenge } from '@scopegate/core/mcp';
export { createProxy } from '@scopegate/proxy';
