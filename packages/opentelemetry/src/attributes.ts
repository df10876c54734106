/**
 * Attributes of decisions. Those that the semantic conventions define have the names of the conventions.
 *
 * @module
 * @see {@link https://opentelemetry.io/docs/specs/semconv/ Semantic conventions}
 */
import type { Attributes } from '@opentelemetry/api';
import type { DecisionEvent } from '@scopegate/core';

/** Attributes with few values: they contain nothing that callers can invent. */
export function decisionAttributes({
  outcome,
  reason,
  detail,
  operation,
}: DecisionEvent): Attributes {
  return {
    'scopegate.outcome': outcome,
    ...(reason !== undefined && { 'scopegate.reason': reason }),
    ...(detail !== undefined && { 'scopegate.detail': detail }),
    ...(operation?.entry !== undefined && { 'scopegate.operation': operation.entry }),
  };
}

/** Attributes of one request. Operations that the policy does not name are left out here, too. */
export function spanAttributes(event: DecisionEvent, subject: boolean): Attributes {
  const { operation, required, missing, status, outcome, expected, found } = event;
  return {
    ...decisionAttributes(event),
    'scopegate.resource': event.resource,
    'scopegate.duration_ms': event.ms,
    ...(required && { 'scopegate.required': required.description }),
    ...(missing && { 'scopegate.missing': [...missing] }),
    ...(expected && { 'scopegate.expected': [...expected] }),
    // From a token that is not verified, so it is no attribute of a counter.
    ...(found && { 'scopegate.found': [...found] }),
    ...(event.clientId !== undefined && { 'scopegate.client_id': event.clientId }),
    ...(event.actors && { 'scopegate.delegated': true }),
    ...(event.issuer !== undefined && { 'scopegate.issuer': event.issuer }),
    // The status of the refusal; in report-only mode the handler answers, with a status of its own.
    ...(status !== undefined && outcome !== 'reported' && { 'http.response.status_code': status }),
    ...mcpAttributes(operation),
    ...(subject && event.subject !== undefined && { 'enduser.id': event.subject }),
    // The current actor first. An actor may be a person, as the subject may.
    ...(subject && event.actors && { 'scopegate.actors': event.actors.map((one) => one.subject) }),
  };
}

/** The method of an MCP operation, and the name of its tool or prompt, if the policy names the operation. */
function mcpAttributes(operation: DecisionEvent['operation']): Attributes {
  if (operation?.protocol !== 'mcp' || operation.entry === undefined) return {};
  const { method, name } = operation;
  return {
    'mcp.method.name': method,
    ...(method === 'tools/call' && name !== undefined && { 'gen_ai.tool.name': name }),
    ...(method === 'prompts/get' && name !== undefined && { 'gen_ai.prompt.name': name }),
  };
}
