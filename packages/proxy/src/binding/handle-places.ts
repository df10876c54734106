/**
 * The places in MCP's messages at which the protocol puts ids of tasks and `requestState`.
 *
 * @module
 */
import { ELEMENT } from './rewrite-strings.js';

export const RELATED_TASK = 'io.modelcontextprotocol/related-task';

/** The names of the members that hold handles. */
export const HANDLE_NAMES: ReadonlySet<string> = new Set(['taskId', 'taskIds', 'requestState']);

/** The kind of a handle. One of kind `related` may also be a task that the client itself minted. */
export type Handle = 'task' | 'related' | 'state';

const related = ['_meta', RELATED_TASK, 'taskId'];

/** Messages of clients. */
const SENT: Places = new Map<string, Handle>([
  [keyOf(['params', 'taskId']), 'task'],
  [keyOf(['params', 'taskIds', ELEMENT]), 'task'],
  [keyOf(['params', 'notifications', 'taskIds', ELEMENT]), 'task'],
  [keyOf(['params', ...related]), 'related'],
  [keyOf(['result', ...related]), 'related'],
  [keyOf(['params', 'requestState']), 'state'],
]);

/** Messages of servers. A request of theirs with `params.taskId` is about a task that the client minted. */
const RETURNED: Places = new Map<string, Handle>([
  [keyOf(['result', 'task', 'taskId']), 'task'],
  [keyOf(['result', 'taskId']), 'task'],
  [keyOf(['result', 'tasks', ELEMENT, 'taskId']), 'related'],
  [keyOf(['params', 'taskId']), 'related'],
  [keyOf(['params', ...related]), 'related'],
  [keyOf(['result', ...related]), 'related'],
  [keyOf(['result', 'requestState']), 'state'],
]);

type Places = ReadonlyMap<string, Handle>;

function keyOf(path: readonly string[]): string {
  return path.join('\n');
}

export function sentHandle(path: readonly string[]): Handle | undefined {
  return SENT.get(keyOf(path));
}

export function returnedHandle(path: readonly string[]): Handle | undefined {
  return RETURNED.get(keyOf(path));
}
