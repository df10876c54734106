/**
 * A refusal in band: as the result of a tool.
 *
 * @module
 */
import { bearerChallenge } from '../challenge/index.js';
import type { Refusal } from '../gate/index.js';
import { parseChallenges } from '../http/index.js';
import { own } from '../values.js';
import { isObject } from './read-message.js';

/** Where hosts that act on tool results look for challenges. */
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
  const text = textOf(refusal);
  const challenges = refusal.headers
    .filter(([name]) => name.toLowerCase() === 'www-authenticate')
    .map(([, value]) => withError(value, text));
  return {
    content: [{ type: 'text', text }],
    isError: true,
    ...(challenges.length > 0 && { _meta: { [CHALLENGES]: challenges } }),
  };
}

/** What the refusal tells people: OAuth's member, or the JSON-RPC message. */
function textOf({ body, status }: Refusal): string {
  try {
    const members: unknown = JSON.parse(body);
    const error = isObject(members) ? own(members, 'error') : undefined;
    const text = isObject(error)
      ? own(error, 'message')
      : isObject(members) && own(members, 'error_description');
    if (typeof text === 'string') return text;
  } catch {
    // Not one of ours.
  }
  return `The call was refused (${status})`;
}

/** A 401 says by its status what stands in no challenge; a long header loses its description. */
function withError(value: string, text: string): string {
  const [challenge] = parseChallenges(value);
  if (challenge?.scheme !== 'bearer') return value;
  const { params } = challenge;
  if (params.has('error') && params.has('error_description')) return value;
  const scope = params.get('scope');
  const resourceMetadata = params.get('resource_metadata');
  return bearerChallenge({
    error: params.get('error') ?? 'insufficient_scope',
    errorDescription: params.get('error_description') ?? text,
    ...(scope !== undefined && { scope }),
    ...(resourceMetadata !== undefined && { resourceMetadata }),
    maxLength: Number.POSITIVE_INFINITY,
  });
}
