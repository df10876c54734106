/**
 * Writes bodies of refusals: OAuth's JSON members, or a JSON-RPC error object for a JSON-RPC call.
 *
 * @module
 */
import { serializeScope } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';

/** The id of a JSON-RPC request; `null` if the request has no id or its id cannot be trusted. */
export type JsonRpcId = string | number | null;

export interface RefusalFacts {
  /** An OAuth error code, or a plain word where OAuth has none (`unauthorized`, `forbidden`). */
  readonly error: string;
  readonly description: string;
  /** Scopes of the catalogue. The body contains their request names, as the challenge does. */
  readonly scope: readonly string[];
  /** The classes of login that are enough (RFC 9470 s3). */
  readonly acrValues?: readonly string[];
  readonly maxAge?: number;
}

/** The JSON-RPC call that a refusal answers. */
export interface RefusedCall {
  readonly id: JsonRpcId;
  /**
   * The error code: a code of JSON-RPC or MCP, or the HTTP status, which is outside the ranges that they
   * reserve.
   */
  readonly code: number;
}

/** Writes the body of a refusal: a JSON-RPC error for a JSON-RPC call, else an object with OAuth's members. */
export function refusalBody(
  facts: RefusalFacts,
  catalogue: ScopeCatalogue,
  call?: RefusedCall,
): string {
  return call === undefined
    ? JSON.stringify(members(facts, catalogue))
    : jsonRpcRefusalBodies(call.code, facts, catalogue)(call.id);
}

/** Returns a function that writes the body for an id. Everything except the id is written only once. */
export function jsonRpcRefusalBodies(
  code: number,
  facts: RefusalFacts,
  catalogue: ScopeCatalogue,
): (id: JsonRpcId) => string {
  const data = members(facts, catalogue);
  const error = JSON.stringify({ code, message: facts.description, data });
  return (id) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${error}}`;
}

function members(facts: RefusalFacts, catalogue: ScopeCatalogue): object {
  const scopes = facts.scope.map((scope) => ({
    name: catalogue.requestName(scope),
    description: catalogue.get(scope)?.description,
  }));
  return {
    error: facts.error,
    error_description: facts.description,
    ...(scopes.length > 0 && { scope: serializeScope(scopes.map(({ name }) => name)), scopes }),
    ...(facts.acrValues !== undefined && { acr_values: facts.acrValues.join(' ') }),
    max_age: facts.maxAge,
  };
}
