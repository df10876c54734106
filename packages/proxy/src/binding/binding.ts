/**
 * Binds the ids that an upstream mints to the callers for whom it minted them: the caller gets a sealed id, and
 * the upstream gets its own one back.
 *
 * @module
 */
import type { Auth } from '@scopegate/core';
import { ownMember } from '@scopegate/core/engine';
import type { OriginOperation } from '@scopegate/core/engine';
import { dropContentFacts } from '../select-headers.js';
import { BoundExchange } from './bound-exchange.js';
import { HANDLE_NAMES, sentHandle } from './handle-places.js';
import type { Handle } from './handle-places.js';
import { KnownTasks } from './known-tasks.js';
import { rewriteStrings } from './rewrite-strings.js';
import type { BindingSettings } from './types.js';

/** A request to the upstream, whose headers may still be changed. */
export interface BoundRequest {
  readonly auth: Auth | undefined;
  readonly target: URL;
  readonly headers: Headers;
  /** The body that the gate checked: parsed, and as text. */
  readonly parsedBody: unknown;
  readonly text: string | undefined;
}

/** In a query, servers of the transport before 2025-03-26 find the session under one of these names. */
const LEGACY_SESSION = /^session_?id$/i;

export class Binding {
  readonly #settings: BindingSettings;
  readonly #known = new KnownTasks();

  constructor(settings: BindingSettings) {
    this.#settings = settings;
  }

  /**
   * Opens the ids of a request, in headers and body. Returns a refusal instead if the URL names a session, or
   * if a `requestState` is not the caller's. The gate has already checked sessions, events and tasks.
   */
  async open(request: BoundRequest): Promise<BoundExchange | Response> {
    const { sessions, tasks, ids, unknownId } = this.#settings;
    const { auth, target, headers, parsedBody, text } = request;
    const isLegacy = [...target.searchParams.keys()].some((name) => LEGACY_SESSION.test(name));
    // The old transport names its sessions in URLs, and ids in URLs are not sealed.
    if (sessions && isLegacy) return jsonResponse(404, unknownId);
    const operation = operationOf(parsedBody);
    const settings = { ...this.#settings, known: this.#known, owner: auth?.bindingKey, operation };
    const exchange = new BoundExchange(settings);
    if (sessions) {
      for (const [name, kind] of HEADERS) {
        const outer = headers.get(name);
        if (outer === null) continue;
        const inner = (await ids.open(outer, kind, auth?.bindingKey))?.inner;
        if (inner === undefined) continue;
        headers.set(name, inner);
        if (kind === 'session') exchange.session = { inner, outer };
      }
    }
    if (!tasks || text === undefined) return exchange;
    const opened = await this.#openBody(text, parsedBody, exchange);
    if (opened === undefined) return jsonResponse(400, invalidState(parsedBody));
    exchange.body = opened;
    if (opened !== text) dropContentFacts(headers);
    const { method } = operation ?? {};
    const taskId = ownMember(ownMember(parsedBody, 'params'), 'taskId');
    if (method?.startsWith('tasks/') === true && headers.has('mcp-name')) {
      headers.set('mcp-name', toHeaderValue(exchange.innerOf(taskId) ?? String(taskId)));
    }
    return exchange;
  }

  /** Returns the body for the upstream; `undefined` if a `requestState` in it is not the caller's. */
  async #openBody(
    text: string,
    parsedBody: unknown,
    exchange: BoundExchange,
  ): Promise<string | undefined> {
    const found: (readonly [handle: Handle, value: string])[] = [];
    rewriteStrings(text, HANDLE_NAMES, (path, value) => {
      const handle = sentHandle(path);
      if (handle !== undefined) found.push([handle, value]);
      return undefined;
    });
    // A state that is no text cannot have been sealed.
    const state = ownMember(ownMember(parsedBody, 'params'), 'requestState');
    if (state !== undefined && typeof state !== 'string') return undefined;
    const states = new Map<string, string>();
    for (const [handle, value] of found) {
      if (handle !== 'state') await exchange.openTask(value);
      else {
        const inner = await exchange.unseal(value);
        if (inner === undefined) return undefined;
        states.set(value, inner);
      }
    }
    return rewriteStrings(text, HANDLE_NAMES, (path, value) => {
      const handle = sentHandle(path);
      if (handle === undefined) return undefined;
      return handle === 'state' ? states.get(value) : exchange.innerOf(value);
    });
  }
}

const HEADERS = [
  ['mcp-session-id', 'session'],
  ['last-event-id', 'event'],
] as const;

function operationOf(message: unknown): OriginOperation | undefined {
  const method = ownMember(message, 'method');
  if (typeof method !== 'string') return undefined;
  const params = ownMember(message, 'params');
  const name = ownMember(params, method === 'resources/read' ? 'uri' : 'name');
  return typeof name === 'string' ? { method, name } : { method };
}

/** Writes a value that is no plain header text in the form of MCP 2026-07-28, "Value Encoding". */
function toHeaderValue(value: string): string {
  const isPlain = /^[!-~](?:[ -~]*[!-~])?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value);
  if (isPlain) return value;
  const bytes = Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte));
  return `=?base64?${btoa(bytes.join(''))}?=`;
}

function invalidState(message: unknown): string {
  const id = ownMember(message, 'id') ?? null;
  const error = { code: -32602, message: 'Invalid requestState' };
  return JSON.stringify({ jsonrpc: '2.0', error, id });
}

function jsonResponse(status: number, body: string): Response {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return new Response(body, { status, headers });
}
