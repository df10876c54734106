/**
 * Calls tools of a served app, by hand: the answer's status, headers and message.
 *
 * @module
 */
import { statelessCall, statelessHeaders } from '../../../../adapter-testkit/src/cases/index.js';
import { INITIALIZE } from '../../support/handed.js';
import type { Gate, Rule } from '../../../src/index.js';
import type { NotesScope } from '../../support/mcp.js';
import { callTool, rpc } from '../../support/mcp.js';
import type { McpApp, McpHost, Wire } from './host.js';

export interface CallAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export type Question = 'prompts/get' | 'resources/read';

export interface OpenedApp {
  /** Calls a tool with `{ text: 'x' }`; tokens are scopes, as `scopesAsToken` says. */
  readonly call: (tool: string, token: string | undefined) => Promise<CallAnswer>;
  /** The same, and the answer as it comes. */
  readonly begin: (
    tool: string,
    token: string | undefined,
    signal?: AbortSignal,
  ) => Promise<Response>;
  /** Gets a prompt with `{ text: 'x' }`, or reads a resource. */
  readonly ask: (method: Question, name: string, token: string | undefined) => Promise<CallAnswer>;
  /** Opens the stream of a session. */
  readonly listen: (token: string, signal: AbortSignal) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** Serves an app, with a session where it has some. */
export async function open(
  host: McpHost,
  gate: Gate<NotesScope>,
  app: McpApp,
  wire: Wire,
  rule?: Rule<NotesScope>,
): Promise<OpenedApp> {
  const { origin, close } = await host.start(gate, app, rule);
  const post = (
    body: object,
    token: string | undefined,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Response> =>
    fetch(`${origin}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify(body),
      ...(signal !== undefined && { signal }),
    });
  let session: Record<string, string> = { 'mcp-protocol-version': '2025-11-25' };
  if (app.name.includes('sessions')) {
    const opened = await post(INITIALIZE, 'notes.read', {});
    await opened.text();
    session = { ...session, 'mcp-session-id': String(opened.headers.get('mcp-session-id')) };
    const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
    await (await post(initialized, 'notes.read', session)).text();
  }
  const begin: OpenedApp['begin'] = (tool, token, signal) => {
    const { body, headers } = toolCall(tool, wire);
    return post(body, token, wire === '2026-07-28' ? headers : session, signal);
  };
  const answerOf = async (response: Response): Promise<CallAnswer> => {
    const { status, headers } = response;
    return { status, headers, text: await response.text() };
  };
  return {
    begin,
    close,
    async ask(method, name, token) {
      const { body, headers } = questionOf(method, name, wire);
      return answerOf(await post(body, token, wire === '2026-07-28' ? headers : session));
    },
    listen: (token, signal) =>
      fetch(`${origin}/mcp`, {
        headers: { accept: 'text/event-stream', authorization: `Bearer ${token}`, ...session },
        signal,
      }),
    async call(tool, token) {
      return answerOf(await begin(tool, token));
    },
  };
}

/** The message of a call, and its headers. */
export function toolCall(
  tool: string,
  wire: Wire,
): { readonly body: object; readonly headers: Record<string, string> } {
  const args = { text: 'x' };
  return wire === '2026-07-28'
    ? { body: statelessCall(tool, args), headers: Object.fromEntries(statelessHeaders(tool)) }
    : { body: callTool(tool, args), headers: { 'mcp-protocol-version': wire } };
}

/** The message that gets a prompt or reads a resource, and its headers. */
export function questionOf(
  method: Question,
  name: string,
  wire: Wire,
): { readonly body: object; readonly headers: Record<string, string> } {
  const params = method === 'prompts/get' ? { name, arguments: { text: 'x' } } : { uri: name };
  if (wire === '2025-11-25') {
    return { body: rpc(method, params), headers: { 'mcp-protocol-version': wire } };
  }
  const {
    params: { _meta },
  } = statelessCall(name) as { params: { _meta: object } };
  return {
    body: rpc(method, { ...params, _meta }),
    headers: Object.fromEntries(statelessHeaders(name, method)),
  };
}

/** The message in an answer, be it a JSON document or the last event of a stream. */
export function messageOf(text: string): Record<string, unknown> {
  const json = text.startsWith('{') ? text : (text.match(/^data: ?(.+)$/gm)?.at(-1) ?? '').slice(5);
  return JSON.parse(json) as Record<string, unknown>;
}
