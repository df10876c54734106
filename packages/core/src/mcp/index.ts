/**
 * `@scopegate/core/mcp`: policies of Model Context Protocol servers, and refusals inside their handlers.
 *
 * @module @scopegate/core/mcp
 */
export { guardPrompt, guardResource } from './guard-prompt.js';
export type { GuardPromptOptions, GuardResourceOptions } from './guard-prompt.js';
export { guardTool } from './guard-tool.js';
export type { ChallengeStyle, GuardToolOptions } from './guard-tool.js';
export { insufficientScopeResult } from './insufficient-scope-result.js';
export type { ToolRefusal } from './insufficient-scope-result.js';
export { mcpPolicy } from './mcp-policy.js';
export type { McpPolicyOptions } from './policy-options.js';
export { scopeChallenge } from './scope-challenge.js';
export type { ScopeChallenge, ScopeChallengeContext } from './scope-challenge.js';
export { describeTools } from './describe-tools.js';
export type { DescribedTool, SecurityScheme } from './describe-tools.js';
export {
  visiblePrompts,
  visibleResourceTemplates,
  visibleResources,
  visibleTools,
} from './visible-lists.js';
