/**
 * One request to an upstream and its answer, with the ids that were opened for it.
 *
 * @module
 */
import { ownMember, parseJson } from '@scopegate/core/engine';
import type { OriginOperation } from '@scopegate/core/engine';
import { UpstreamError } from '../faults.js';
import { dropContentFacts } from '../select-headers.js';
import { HANDLE_NAMES, returnedHandle } from './handle-places.js';
import type { Handle } from './handle-places.js';
import type { KnownTasks } from './known-tasks.js';
import { rewriteStrings } from './rewrite-strings.js';
import { sealedEvents } from './sealed-events.js';
import type { BindingSettings } from './types.js';

export interface ExchangeSettings extends BindingSettings {
  /** Identifies the caller; `undefined` for callers that own nothing. */
  readonly owner: string | undefined;
  /** The operation of the request; `undefined` for a request without a message. */
  readonly operation: OriginOperation | undefined;
  readonly known: KnownTasks;
}

/** The kind of the values that are sealed as `requestState`. */
const STATE = 'proxy-request-state';

/** Seconds for which a client may take to answer what a server asked. */
const STATE_MAX_AGE = 60 * 60;

/** Maximum number of characters of an answer or an event that is read for its ids. */
const MAX_MESSAGE = 16 * 1024 * 1024;

export class BoundExchange {
  /** The session that the request named, as the upstream and as the caller know it. */
  session: { readonly inner: string; readonly outer: string } | undefined;
  /** The body for the upstream; `undefined` for the body as it came. */
  body: string | undefined;
  readonly #settings: ExchangeSettings;
  readonly #inner = new Map<string, string>();
  readonly #outer = new Map<string, string>();

  constructor(settings: ExchangeSettings) {
    this.#settings = settings;
  }

  /** Opens the id of a task; an id that is not sealed for the caller stays as it is. */
  async openTask(outer: string): Promise<void> {
    const { ids, owner, known } = this.#settings;
    const inner = (await ids.open(outer, 'task', owner))?.inner;
    if (inner === undefined || owner === undefined) return;
    this.#inner.set(outer, inner);
    this.#outer.set(inner, outer);
    known.set(owner, inner, outer);
  }

  /** Returns the upstream's id of a task that was opened. */
  innerOf(outer: unknown): string | undefined {
    return this.#inner.get(outer as string);
  }

  /** Returns the upstream's `requestState`; `undefined` if it was not sealed for this caller and request. */
  async unseal(text: string): Promise<string | undefined> {
    const { ids, owner } = this.#settings;
    const value = await ids.unseal(text, owner, { kind: STATE, origin: this.#origin() });
    return typeof value === 'string' ? value : undefined;
  }

  /** Seals the id of the session, or drops one that cannot be the caller's, and headers about the old body. */
  async sealHeaders(headers: Headers): Promise<void> {
    const { sessions, tasks, ids, owner } = this.#settings;
    const inner = headers.get('mcp-session-id');
    if (sessions && inner !== null) {
      const outer =
        inner === this.session?.inner
          ? this.session.outer
          : this.session === undefined && owner !== undefined
            ? await ids.mint(owner, { kind: 'session', inner })
            : undefined;
      if (outer === undefined) headers.delete('mcp-session-id');
      else headers.set('mcp-session-id', outer);
    }
    if (tasks || sessions) dropContentFacts(headers);
  }

  /** Returns the body of the answer with sealed ids. */
  async sealBody(
    body: ReadableStream<Uint8Array>,
    contentType: string | null,
  ): Promise<ReadableStream<Uint8Array> | string> {
    const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (type === 'text/event-stream') {
      const { sessions, tasks } = this.#settings;
      return sealedEvents(body, {
        maxLength: MAX_MESSAGE,
        // The data of this event is a URL with a session of the old transport. Ids in URLs are not sealed.
        keeps: (event) => !(sessions && event === 'endpoint'),
        sealId: sessions ? (id) => this.#sealEvent(id) : undefined,
        sealData: tasks ? (data) => this.#sealMessage(data) : undefined,
      });
    }
    const isJson = type === 'application/json' || type.endsWith('+json');
    return this.#settings.tasks && isJson ? this.#sealMessage(await textOf(body)) : body;
  }

  /** Returns the sealed id of an event; `undefined` for callers that own nothing. */
  async #sealEvent(inner: string): Promise<string | undefined> {
    const { ids, owner } = this.#settings;
    return owner === undefined ? undefined : ids.mint(owner, { kind: 'event', inner });
  }

  async #sealMessage(given: string): Promise<string> {
    const message = parseJson(given);
    if (message === undefined) return given;
    const text = this.#listedOnly(message) ?? given;
    const handles = new Map<string, Handle>();
    rewriteStrings(text, HANDLE_NAMES, (path, value) => {
      const handle = returnedHandle(path);
      if (handle !== undefined) handles.set(`${handle}\n${value}`, handle);
      return undefined;
    });
    if (handles.size === 0) return text;
    const sealed = new Map<string, string | undefined>();
    for (const [key, handle] of handles) {
      sealed.set(key, await this.#seal(handle, key.slice(handle.length + 1)));
    }
    return rewriteStrings(text, HANDLE_NAMES, (path, value) =>
      sealed.get(`${returnedHandle(path) ?? ''}\n${value}`),
    );
  }

  /**
   * Returns the sealed form of a handle; `undefined` to keep the upstream's id, which opens nothing at this
   * gate. A task keeps it if this caller neither began nor named the task through this process.
   */
  async #seal(handle: Handle, value: string): Promise<string | undefined> {
    const { ids, owner, operation, known } = this.#settings;
    if (owner === undefined) return undefined;
    if (handle === 'state') {
      const origin = this.#origin();
      return ids.seal(owner, { value, kind: STATE, maxAge: STATE_MAX_AGE, origin });
    }
    const outer = this.#outer.get(value) ?? known.get(owner, value);
    const begins = handle === 'task' && operation?.method.startsWith('tasks/') !== true;
    if (outer !== undefined || !begins) return outer;
    const minted = await ids.mint(owner, { kind: 'task', operation, inner: value });
    known.set(owner, value, minted);
    return minted;
  }

  /** Returns the text of a list of tasks with those of the caller alone; `undefined` for other messages. */
  #listedOnly(message: unknown): string | undefined {
    const { owner, operation, known } = this.#settings;
    const result = ownMember(message, 'result');
    const tasks = ownMember(result, 'tasks');
    const mayList = operation === undefined || operation.method === 'tasks/list';
    if (!mayList || !Array.isArray(tasks)) return undefined;
    const isKnown = (task: unknown): boolean => {
      const id = ownMember(task, 'taskId');
      if (owner === undefined || typeof id !== 'string') return false;
      return known.get(owner, id) !== undefined;
    };
    const own = (tasks as unknown[]).filter(isKnown);
    return JSON.stringify({
      ...(message as object),
      result: { ...(result as object), tasks: own },
    });
  }

  /** Identifies the request that a `requestState` belongs to. */
  #origin(): string {
    const { method, name } = this.#settings.operation ?? {};
    return JSON.stringify([method ?? null, name ?? null]);
  }
}

async function textOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_MESSAGE) {
      throw new UpstreamError('upstream_invalid', 'the answer is too long to find its ids');
    }
  }
  return text + decoder.decode();
}
