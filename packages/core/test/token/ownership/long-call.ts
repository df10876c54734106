/**
 * A tool whose call takes long: it asks its client for roots, for a sample and for consent, and tells its
 * progress. What others could do to it is recorded.
 *
 * @module
 */
import type { AnyServer, Register } from './session-apps.js';

/** What a call of `admin_purge` saw. */
export interface LongCall {
  /** Whether the call was cancelled. */
  aborted: boolean;
  /** The client's answers. An error is its message. */
  roots?: string;
  sampled?: string;
  elicited?: string;
  /** Progress that was told of the requests of the server. */
  readonly progress: number[];
  isDone: boolean;
}

export interface LongCalls {
  readonly register: Register;
  readonly calls: LongCall[];
  /** How often clients said that their roots changed, by server. */
  readonly listChanges: { count: number }[];
}

interface Asking {
  listRoots(params: object, options: object): Promise<{ roots: { uri: string }[] }>;
  createMessage(params: object, options: object): Promise<{ content: { text?: string } }>;
  setNotificationHandler(method: unknown, handler: () => void): void;
}

/** The context of a tool, in both SDKs. */
interface Context {
  readonly signal?: AbortSignal;
  readonly requestId?: unknown;
  readonly _meta?: Meta;
  readonly sendNotification?: (notification: object) => Promise<void>;
  readonly mcpReq?: {
    readonly signal: AbortSignal;
    readonly id: unknown;
    readonly _meta?: Meta;
    readonly notify: (notification: object) => Promise<void>;
  };
}
interface Meta {
  readonly progressToken?: unknown;
}

/** `listChanged` names the notification as the SDK does: by its schema (v1) or by its method (v2). */
export function longCalls(listChanged: unknown): LongCalls {
  const calls: LongCall[] = [];
  const listChanges: { count: number }[] = [];
  const register: Register = (server) => {
    const asking = server.server as unknown as Asking;
    const changes = { count: 0 };
    listChanges.push(changes);
    asking.setNotificationHandler(listChanged, () => void (changes.count += 1));
    server.registerTool('read_notes', {}, async (context: Context) => {
      await tellProgress(context, 'read_notes');
      return { content: [] };
    });
    server.registerTool('admin_purge', {}, async (context: Context) => {
      const call: LongCall = { aborted: false, progress: [], isDone: false };
      calls.push(call);
      await run(server, context, call);
      call.isDone = true;
      return { content: [] };
    });
  };
  return { register, calls, listChanges };
}

async function run(server: AnyServer, context: Context, call: LongCall): Promise<void> {
  const signal = context.mcpReq?.signal ?? context.signal;
  signal?.addEventListener('abort', () => (call.aborted = true));
  await tellProgress(context, 'admin_purge');
  const asking = server.server as unknown as Asking;
  const options = {
    relatedRequestId: context.mcpReq?.id ?? context.requestId,
    onprogress: ({ progress }: { progress: number }) => void call.progress.push(progress),
  };
  const attempt = (ask: () => Promise<string | undefined>): Promise<string> =>
    ask().then(String, (error: Error) => `error: ${error.message}`);
  call.roots = await attempt(async () =>
    (await asking.listRoots({}, options)).roots.map(({ uri }) => uri).join(),
  );
  const messages = [{ role: 'user', content: { type: 'text', text: 'Purge?' } }];
  call.sampled = await attempt(async () => {
    const { content } = await asking.createMessage({ messages, maxTokens: 9 }, options);
    return content.text;
  });
  const requestedSchema = { type: 'object', properties: { sure: { type: 'boolean' } } };
  call.elicited = await attempt(async () => {
    const asked = { message: 'Purge all notes?', requestedSchema };
    return (await server.server.elicitInput(asked, options)).action;
  });
}

async function tellProgress(context: Context, message: string): Promise<void> {
  const { progressToken } = (context.mcpReq ?? context)._meta ?? {};
  if (progressToken === undefined) return;
  const notify = context.mcpReq?.notify ?? context.sendNotification;
  const params = { progressToken, progress: 1, message };
  await notify?.({ method: 'notifications/progress', params });
}
