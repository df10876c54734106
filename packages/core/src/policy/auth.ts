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
  /**
   * Who acts: a client if the token's `sub` is the client it states, a user if it is another, or what
   * the provider or `identify` says. `undefined` if the token names no subject, or no client beside it.
   */
  readonly kind: 'user' | 'client' | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /**
   * Identifies issuer (or introspection endpoint), client and subject: bind to it what outlives the
   * request (tasks, handles). `undefined` if the token names no subject: then nothing tells its user
   * from others, and it must own and open nothing.
   */
  readonly bindingKey: string | undefined;
  /** Whether the token satisfies a static rule; conditions and computed rules do not hold here. */
  has(rule: Rule<S>): boolean;
}
