/**
 * Turns a refusal into the result of a tool.
 *
 * @module
 */
import { bearerChallenge } from '../challenge/index.js';
import type { Refusal, RefusalChallenge } from '../decision.js';
import { readRefusalBody } from './refusal-body.js';

/** The `_meta` member in which hosts look for challenges. */
const CHALLENGES = 'mcp/www_authenticate';

/** A tool result that says why a call was refused. It fits the result types of both SDKs. */
// This is a type and no interface, because the SDKs ask for an index signature, which interfaces do not
// fit.
export type ToolRefusal = {
  content: { type: 'text'; text: string }[];
  isError: true;
  /** The challenges of the refusal; absent if no token would be enough. */
  _meta?: { [CHALLENGES]: string[] };
};

/**
 * Makes a tool result of a refusal: the text for people, and the challenges in
 * `_meta["mcp/www_authenticate"]`, each with `error` and `error_description`, as ChatGPT wants them.
 * Most other clients only show the text: as long as no status has been sent, send the refusal itself.
 *
 * @example
 * ```ts
 * if (!auth.has('notes:write')) {
 *   return insufficientScopeResult(insufficientScope(gate, 'notes:write', { auth }));
 * }
 * ```
 * @group MCP
 * @see {@link https://developers.openai.com/apps-sdk/build/auth Apps SDK, Authentication}
 */
export function insufficientScopeResult(refusal: Refusal): ToolRefusal {
  const { text: said } = readRefusalBody(refusal);
  const text = typeof said === 'string' ? said : `The call was refused (${refusal.status})`;
  const challenges = refusal.headers
    .filter(([name]) => name.toLowerCase() === 'www-authenticate')
    .map(([, value]) => withError(value, refusal.challenge, text));
  return {
    content: [{ type: 'text', text }],
    isError: true,
    ...(challenges.length > 0 && { _meta: { [CHALLENGES]: challenges } }),
  };
}

/**
 * Returns a challenge that has `error` and `error_description`. A 401 without credentials has neither (RFC 6750
 * s3.1), and a long challenge leaves out its description: for these, a new challenge is written.
 */
function withError(value: string, challenge: RefusalChallenge | undefined, text: string): string {
  if (challenge === undefined) return value;
  const { error, description, scopes, resourceMetadata } = challenge;
  if (error !== undefined && description !== undefined) return value;
  const bearer = bearerChallenge({
    error: error ?? 'insufficient_scope',
    errorDescription: description ?? text,
    scope: scopes,
    resourceMetadata,
    maxLength: Number.POSITIVE_INFINITY,
  });
  // DPoP is offered behind the challenge, or takes the place of `Bearer` (RFC 9449 s7.1).
  const [offer = ''] = /, (?:DPoP )?algs="[^"]*"$/.exec(value) ?? [];
  return (value.startsWith('DPoP ') ? bearer.replace('Bearer', 'DPoP') : bearer) + offer;
}
