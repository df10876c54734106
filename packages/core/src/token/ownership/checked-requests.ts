/**
 * Checks the ids in requests: each must be the caller's own.
 *
 * @module
 */
import type { MatchedOperation, Policy } from '../../policy/index.js';
import type { GateRequest } from '../../types.js';
import { isObject, ownMember } from '../../values.js';
import { readClock } from '../index.js';
import type { Clock } from '../index.js';
import type { MintedIds } from './minted-ids.js';
import { withRulesOf } from './task-rules.js';
import type {
  OpenedId,
  OwnedIdMint,
  OwnedMessage,
  Owner,
  OwnershipCheck,
  StreamEnds,
} from '../index.js';

/** Headers whose value is an id, with the kind of the id. */
const HEADERS = [
  ['mcp-session-id', 'session'],
  ['last-event-id', 'event'],
] as const;

/**
 * The answer to every id in a header or query that is not the caller's: the body with which the transports of
 * both MCP SDKs answer an unknown session.
 */
const UNKNOWN_SESSION = JSON.stringify({
  jsonrpc: '2.0',
  error: { code: -32001, message: 'Session not found' },
  id: null,
});

/**
 * The answer to every task that is not the caller's (SEP-2663, "Protocol Errors"). Errors that a server must
 * report before it looks at the id come first, so that the answer is the same with and without the gate.
 */
function unknownTask({ operation, rpcId = null }: MatchedOperation, params: unknown): string {
  const error = faultOf(operation.method, ownMember(params, '_meta')) ?? TASK_NOT_FOUND;
  return JSON.stringify({ jsonrpc: '2.0', error, id: rpcId });
}

const TASK_NOT_FOUND = { code: -32602, message: 'Task not found' };

const TASKS = 'io.modelcontextprotocol/tasks';

/** Returns the error of a request of MCP 2026-07-28 or later that any task would cause; `undefined` for none. */
function faultOf(method: string, meta: unknown): object | undefined {
  const version = ownMember(meta, 'io.modelcontextprotocol/protocolVersion');
  if (typeof version !== 'string' || version < '2026-07-28') return undefined;
  if (!method.startsWith('tasks/')) return undefined;
  // SEP-2663 removed the method with which 2025-11-25 waits for a result.
  if (method === 'tasks/result') return { code: -32601, message: 'Method not found' };
  const declared = ownMember(meta, 'io.modelcontextprotocol/clientCapabilities');
  if (ownMember(ownMember(declared, 'extensions'), TASKS) !== undefined) return undefined;
  const data = { requiredCapabilities: { extensions: { [TASKS]: {} } } };
  return { code: -32021, message: 'Missing required client capability', data };
}

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

/** Maximum number of tasks in one subscription. */
const MAX_TASKS = 100;

export interface CheckedRequestsSettings {
  readonly ids: MintedIds;
  readonly policy: Policy | undefined;
  readonly clock: Clock;
  /** The time in milliseconds until which ids that no gate minted are let through. */
  readonly unsealedUntil: number | undefined;
  readonly streamEnds: StreamEnds | undefined;
}

type MaybePromise<T> = T | Promise<T>;

export class CheckedRequests implements OwnershipCheck {
  readonly ids: OwnedIdMint;
  readonly unknownId: string = UNKNOWN_SESSION;
  readonly streamEnds: StreamEnds | undefined;
  readonly #ids: MintedIds;
  readonly #settings: CheckedRequestsSettings;

  constructor(settings: CheckedRequestsSettings) {
    this.ids = settings.ids;
    this.streamEnds = settings.streamEnds;
    this.#ids = settings.ids;
    this.#settings = settings;
  }

  checkHeaders<T>(
    { headers }: GateRequest,
    owner: Owner,
    decide: (refusal: string | undefined) => MaybePromise<T>,
  ): MaybePromise<T> {
    let pending: Promise<boolean>[] | undefined;
    for (const [name, kind] of HEADERS) {
      const id = headers.get(name);
      // An empty value is no id of the caller's either, and neither is the joined text of repeated headers.
      if (id === null) continue;
      const opened = this.#open(id, kind, owner);
      if (opened === undefined) return decide(UNKNOWN_SESSION);
      if (opened instanceof Promise) (pending ??= []).push(opened.then(isKnown));
    }
    return pending === undefined
      ? decide(undefined)
      : Promise.all(pending).then((all) =>
          decide(all.every((known) => known) ? undefined : UNKNOWN_SESSION),
        );
  }

  checkOperation<T>(
    message: OwnedMessage,
    owner: Owner,
    decide: (checked: string | MatchedOperation) => MaybePromise<T>,
  ): MaybePromise<T> {
    const { matched, request } = message;
    if (matched.operation.protocol !== 'mcp') return decide(matched);
    const legacy = legacySessions(request.url);
    if (legacy === undefined) {
      // `checkHeaders` found that the session in the header is the caller's.
      const isInSession = request.headers.get('mcp-session-id') !== null;
      return this.#checkMessage(message, isInSession, owner, decide);
    }
    return Promise.all(legacy.map(async (id) => this.#open(id, 'session', owner))).then((all) =>
      all.every(isKnown)
        ? this.#checkMessage(message, true, owner, decide)
        : decide(UNKNOWN_SESSION),
    );
  }

  #checkMessage<T>(
    { matched, body }: OwnedMessage,
    isInSession: boolean,
    owner: Owner,
    decide: (checked: string | MatchedOperation) => MaybePromise<T>,
  ): MaybePromise<T> {
    const { method } = matched.operation;
    // A response answers a request that the server sent in a session, so it must be in one of the caller. A message
    // with a method and a result is a request here (JSON-RPC 2.0 s4), but a server may read it as a response.
    const isResponse = method === 'response' || hasResult(body);
    if (isResponse && !isInSession) return decide(UNKNOWN_SESSION);
    if (method === 'response') return decide(matched);
    const params = ownMember(body, 'params');
    const tasks = tasksOf(method, params);
    if (tasks === undefined) return decide(matched);
    if (tasks.length > MAX_TASKS) return decide(unknownTask(matched, params));
    const opened = tasks.map((id) =>
      typeof id === 'string' ? this.#open(id, 'task', owner) : undefined,
    );
    const finish = (all: readonly (OpenedId | undefined)[]): MaybePromise<T> =>
      decide(
        all.every((one) => one !== undefined)
          ? withRulesOf(matched, all, this.#settings.policy)
          : unknownTask(matched, params),
      );
    return opened.some((one) => one instanceof Promise)
      ? Promise.all(opened.map(async (one) => one)).then(finish)
      : finish(opened as (OpenedId | undefined)[]);
  }

  #open(id: string, kind: string, owner: Owner): MaybePromise<OpenedId | undefined> {
    const { unsealedUntil, clock } = this.#settings;
    if (unsealedUntil !== undefined && id !== '' && !this.#ids.mayBeMinted(id)) {
      return readClock(clock) < unsealedUntil ? UNSEALED : undefined;
    }
    return this.#ids.open(id, kind, owner);
  }
}

/**
 * Returns the sessions that the query of a URL names, where the transport before 2025-03-26 (HTTP with SSE)
 * reads them. Returns `undefined` if it names none, as most queries do.
 */
function legacySessions(url: string): readonly string[] | undefined {
  const at = url.indexOf('?');
  if (at === -1) return undefined;
  const parameters = [...new URLSearchParams(url.slice(at + 1))];
  const found = parameters
    .filter(([name]) => /^session_?id$/i.test(name))
    .map(([, value]) => value);
  return found.length === 0 ? undefined : found;
}

/** The content of an id that no gate minted, while such ids are let through. */
const UNSEALED: OpenedId = Object.freeze({ operation: undefined, inner: undefined });

/** Whether a message has a member that only responses have (JSON-RPC 2.0 s5). */
function hasResult(body: unknown): boolean {
  return isObject(body) && (Object.hasOwn(body, 'result') || Object.hasOwn(body, 'error'));
}

function isKnown(opened: OpenedId | undefined): boolean {
  return opened !== undefined;
}

/**
 * Returns the tasks that a message names, also those that are no strings, which are no ids of the caller.
 * Returns `undefined` if the message names none.
 */
function tasksOf(method: string, params: unknown): readonly unknown[] | undefined {
  // Every method of tasks names a task, except `tasks/list`, whose result the server must filter.
  if (method.startsWith('tasks/') && method !== 'tasks/list') return [ownMember(params, 'taskId')];
  const tasks: unknown[] = [];
  if (method === 'subscriptions/listen') {
    for (const holder of [params, ownMember(params, 'notifications')]) {
      const list = ownMember(holder, 'taskIds');
      if (list !== undefined) tasks.push(...(Array.isArray(list) ? (list as unknown[]) : [list]));
    }
  }
  // A server may put the result of a request into the queue of the task that the request names. Notifications
  // may name tasks that the client itself runs.
  const related = ownMember(ownMember(params, '_meta'), RELATED_TASK);
  if (related !== undefined && !method.startsWith('notifications/')) {
    tasks.push(ownMember(related, 'taskId'));
  }
  return tasks.length === 0 ? undefined : tasks;
}
