/**
 * Lets the task store of SDK v1, which mints ids by itself, name tasks by ids that open for the caller alone.
 *
 * @module
 */
import type { Auth } from '../../policy/index.js';
import { isObject, ownText } from '../../values.js';
import { openOwnedId, ownedIdAsync } from './owned-id.js';
import type { OwningGateLike } from './owned-id.js';
import { owningCallerOf } from './owning-gate.js';
import type { OriginOperation } from '../index.js';

/** A task of {@link TaskStoreLike}. */
export interface TaskLike {
  readonly taskId: string;
}

/** The task store of SDK v1 (`TaskStore`, experimental). */
export interface TaskStoreLike {
  createTask(
    params: never,
    requestId: never,
    request: never,
    sessionId?: string,
  ): Promise<TaskLike>;
  getTask(taskId: string, sessionId?: string): Promise<TaskLike | null>;
  storeTaskResult(taskId: string, status: never, result: never, sessionId?: string): Promise<void>;
  getTaskResult(taskId: string, sessionId?: string): Promise<unknown>;
  updateTaskStatus(
    taskId: string,
    status: never,
    statusMessage?: string,
    sessionId?: string,
  ): Promise<void>;
  listTasks(cursor?: string, sessionId?: string): Promise<{ readonly tasks: readonly TaskLike[] }>;
}

const TASK = { kind: 'task' } as const;

/** Maximum number of minted ids that are remembered for a store, of all callers. */
const MAX_LISTED = 10_000;

/** For the lists of each store: the minted ids by the ids of the store. */
const minted = new WeakMap<object, Map<string, string>>();

/**
 * Wraps a task store that mints its ids by itself, so that each task has an id that the gate can check in
 * `tasks/*`. A store of your own needs no wrapper: let it mint `ownedId(gate, auth, { kind:
 * 'task' })`.
 *
 * A store gets no `auth`. Make the wrapper with the server of a session, for the `auth` of its `initialize`; for
 * a server that all callers share, give a function that returns the `auth` of the current request, from an
 * `AsyncLocalStorage`. Lists show the caller's tasks among the last 10000 that this process began.
 *
 * The methods reject with a {@link TypeError} for an `auth` of another gate, and if there is no `auth`; `createTask`
 * also for a token without a subject.
 *
 * @example
 * ```ts
 * const server = new McpServer(info, { taskStore: ownedTaskStore(gate, auth, store) });
 * ```
 * @group Ownership
 */
export function ownedTaskStore<Store extends TaskStoreLike>(
  gate: OwningGateLike,
  auth: Auth | (() => Auth | undefined),
  store: Store,
): Pick<Store, keyof TaskStoreLike> {
  const caller = (): Auth => (typeof auth === 'function' ? auth() : auth) as Auth;
  const ids = minted.get(store) ?? new Map<string, string>();
  minted.set(store, ids);
  const toInner = async (taskId: string): Promise<string | undefined> =>
    (await openOwnedId(gate, caller(), taskId, TASK))?.inner;
  const known = async (taskId: string): Promise<string> => {
    const inner = await toInner(taskId);
    if (inner === undefined) throw new Error('Task not found');
    return inner;
  };
  const owned: TaskStoreLike = {
    async createTask(params, requestId, request, sessionId) {
      const owner = caller();
      // Before the store creates a task that nobody could name.
      owningCallerOf(gate, owner, 'ownedTaskStore');
      const task = await store.createTask(params, requestId, request, sessionId);
      const { taskId: inner } = task;
      const operation = operationOf(request);
      const taskId = await ownedIdAsync(gate, owner, { ...TASK, ...operation, inner });
      if (ids.size >= MAX_LISTED) ids.delete([...ids.keys()][0] as string);
      ids.set(inner, taskId);
      return { ...task, taskId };
    },
    async getTask(taskId, sessionId) {
      const inner = await toInner(taskId);
      const task = inner === undefined ? null : await store.getTask(inner, sessionId);
      return task && { ...task, taskId };
    },
    async storeTaskResult(taskId, status, result, sessionId) {
      await store.storeTaskResult(await known(taskId), status, result, sessionId);
    },
    async getTaskResult(taskId, sessionId) {
      return store.getTaskResult(await known(taskId), sessionId);
    },
    async updateTaskStatus(taskId, status, statusMessage, sessionId) {
      await store.updateTaskStatus(await known(taskId), status, statusMessage, sessionId);
    },
    async listTasks(cursor, sessionId) {
      const { tasks, ...page } = await store.listTasks(cursor, sessionId);
      const listed = await Promise.all(
        tasks.map(async (task) => {
          const taskId = ids.get(task.taskId);
          const inner = taskId === undefined ? undefined : await toInner(taskId);
          return taskId === undefined || inner === undefined ? [] : [{ ...task, taskId }];
        }),
      );
      return { ...page, tasks: listed.flat() };
    },
  };
  return owned;
}

/** Returns the operation of the request that creates a task, such as a call with the name of its tool. */
function operationOf(request: unknown): { readonly operation?: OriginOperation } {
  const method = ownText(request, 'method');
  if (method === undefined) return {};
  const params: unknown = isObject(request) ? request['params'] : undefined;
  const name = ownText(params, 'name');
  return { operation: name === undefined ? { method } : { method, name } };
}
