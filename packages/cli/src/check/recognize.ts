/**
 * Recognizes servers that do not seem to be the protected resource that the user meant.
 *
 * @module
 */
import { visible } from '../visible.js';

/** The answer to the operation without a token. */
export interface FirstAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The beginning of the body. */
  readonly text: string;
}

/** Returns a sentence that says what to check, or `undefined` for a 401 and for an answer that shows nothing. */
export function recognize(answer: FirstAnswer, isMcp: boolean): string | undefined {
  const { status, headers, text } = answer;
  const type = headers.get('content-type') ?? 'no Content-Type';
  if (status === 401) return undefined;
  if (status >= 300 && status < 400) return redirect(headers.get('location'));
  if (headers.has('x-amzn-errortype') && text.includes('Missing Authentication Token')) {
    return 'AWS API Gateway has no route for this path and method (it says "Missing Authentication Token"): check the path, with its stage';
  }
  if (status === 404)
    return `nothing is at this path (404)${isMcp ? '' : ', or it needs --as mcp'}: check the path`;
  if (status === 405) return `the path does not take this method (405): ${otherMethod(isMcp)}`;
  if (status === 421)
    return 'the server answers for other host names (421): give the one that clients use';
  if (status >= 500)
    return `the server, or the proxy in front of it, fails (${status}): look at its log first`;
  if ((status === 403 || status === 429) && isJsonRpc(text)) {
    return `the server refuses this request before it asks for a token (${status}): it may know clients by another host name or origin, or count requests; check from where clients call`;
  }
  if (status < 400 && text.startsWith('event: endpoint')) {
    return 'this is the SSE endpoint of the former HTTP+SSE transport (MCP 2024-11-05), open without a token: guard it, and the URL of its messages, or move to Streamable HTTP';
  }
  if (/^(?:text\/html|application\/xhtml)/i.test(type)) {
    return 'this is a web page, not an API: give the URL of the endpoint, such as https://notes.example.com/mcp';
  }
  if (isJsonRpc(text)) {
    return 'a JSON-RPC (MCP) server answers here without a token: nothing guards it. Put a gate in front of it';
  }
  if (status < 400 && type.startsWith('text/event-stream')) {
    return 'an event stream opens here without a token: nothing guards it';
  }
  // 202 is the answer to a notification, and has no body.
  if (isMcp && status < 400 && status !== 202) {
    return `the answer is no JSON-RPC (${visible(type)}), so this is no MCP server: check the path, or check an HTTP API with --as http`;
  }
  return undefined;
}

function redirect(location: string | null): string {
  return location === null
    ? 'the server redirects to nowhere: give the URL that answers'
    : `the server redirects to ${visible(location.slice(0, 200))}: give the URL that answers; clients do not carry a token across origins`;
}

function otherMethod(isMcp: boolean): string {
  return isMcp
    ? 'MCP endpoints take POST; check the path, or check an HTTP API with --as http'
    : 'an MCP endpoint is checked with --as mcp, another operation with --method';
}

/** Whether a body, or the first event of a stream, seems to be a JSON-RPC message, by its beginning. */
function isJsonRpc(text: string): boolean {
  return (
    /^(?:event: ?message\r?\n)?(?:(?:id|retry):.*\r?\n)*(?:data: ?)?\s*[[{]/.test(text) &&
    /"jsonrpc"\s*:\s*"2\.0"/.test(text)
  );
}
