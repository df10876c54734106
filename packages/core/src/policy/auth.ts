/**
 * Who was let in, as handlers and rules see it.
 *
 * @module
 */
import type { Rule } from './rule.js';

/**
 * What a gate knows about a request's token after it held. Frozen, made anew for every request.
 *
 * Assignable to the `AuthInfo` of the MCP SDK (v1 and v2), whose transports hand it to tools.
 */
export interface Auth<S extends string = string> {
  /** The access token. Not enumerable: it stays out of logs, JSON and copies. Never forward it. */
  readonly token: string;
  /** `''` if the token does not say. */
  readonly clientId: string;
  /** As granted, without implied ones: ask {@link Auth.has} instead of searching here. */
  readonly scopes: string[];
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
  readonly resource: URL;
  readonly resourceMetadataUrl: string;
  /** The claims once more, where the SDK's handlers look for them. */
  readonly extra: Record<string, unknown>;
  readonly subject?: string;
  readonly issuer?: string;
  /** `client` if the token names no subject, or the client itself. */
  readonly kind: 'user' | 'client';
  readonly claims: Readonly<Record<string, unknown>>;
  /** Identifies issuer, client and subject: bind to it what outlives the request (tasks, handles). */
  readonly bindingKey: string;
  /** Whether the token satisfies a static rule; conditions and computed rules do not hold here. */
  has(rule: Rule<S>): boolean;
}
