/**
 * `@scopegate/core/mcp`: policies for Model Context Protocol servers.
 *
 * @module
 */
export { mcpPolicy } from './mcp-policy.js';
export type { McpPolicyOptions } from './mcp-policy.js';
