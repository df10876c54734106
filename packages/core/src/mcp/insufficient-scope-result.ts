/**
 * A refusal in band, as the result of a tool.
 *
 * @module
 */
import { bearerChallenge } from '../challenge/index.js';
import type { Refusal } from '../gate/index.js';
import { bodyFacts, challengeFacts, challengeValues } from './refusal-facts.js';

/** The `_meta` member in which hosts look for challenges. */
const CHALLENGES = 'mcp/www_authenticate';

/** A tool result that says why a call was refused. Fits the result types of both SDKs. */
// A type, not an interface: only types fit where the SDKs ask for an index signature.
export type ToolRefusal = {
  content: { type: 'text'; text: string }[];
  isError: true;
  /** Absent if no token could do it. */
  _meta?: { [CHALLENGES]: string[] };
};

/**
 * Says in a tool result what a refusal says in a 401 or 403: the text for people, and the challenges
 * in `_meta["mcp/www_authenticate"]`, each with `error` and `error_description`, as ChatGPT wants them.
 * Of the clients that follow the MCP specification, most show a text and do no more: where the status
 * is still open, send the refusal itself.
 *
 * @group MCP
 * @see {@link https://developers.openai.com/apps-sdk/build/auth Apps SDK, Authentication}
 */
export function insufficientScopeResult(refusal: Refusal): ToolRefusal {
  const { text: said } = bodyFacts(refusal);
  const text = typeof said === 'string' ? said : `The call was refused (${refusal.status})`;
  const challenges = challengeValues(refusal).map((value) => withError(value, text));
  return {
    content: [{ type: 'text', text }],
    isError: true,
    ...(challenges.length > 0 && { _meta: { [CHALLENGES]: challenges } }),
  };
}

/**
 * Adds `error` and `error_description`: a 401 without credentials has neither (RFC 6750 s3.1), and a long
 * challenge leaves out its description.
 */
function withError(value: string, text: string): string {
  const challenge = challengeFacts(value);
  if (challenge === undefined) return value;
  const { error, description, scopes, resourceMetadata } = challenge;
  if (error !== undefined && description !== undefined) return value;
  return bearerChallenge({
    error: error ?? 'insufficient_scope',
    errorDescription: description ?? text,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(resourceMetadata !== undefined && { resourceMetadata }),
    maxLength: Number.POSITIVE_INFINITY,
  });
}
