/**
 * Lets an SDK's event store name events by ids of the caller.
 *
 * @module
 */
import type { Auth } from '../../policy/index.js';
import { openOwnedId, ownedIdAsync } from './owned-id.js';
import type { OwningGateLike } from './owned-id.js';

/** The event store of both MCP SDKs (`EventStore`). */
export interface EventStoreLike<Message> {
  storeEvent(streamId: string, message: Message): Promise<string>;
  getStreamIdForEventId?(eventId: string): Promise<string | undefined>;
  replayEventsAfter(
    lastEventId: string,
    options: { send: (eventId: string, message: Message) => Promise<void> },
  ): Promise<string>;
}

const EVENT = { kind: 'event' } as const;

/**
 * Wraps the event store of a session, so that a stream can be resumed by its caller alone. Make it with the
 * transport of the session, for the `auth` of its `initialize`. The gate then finds the caller's own ids in
 * `Last-Event-ID`.
 *
 * A store may be shared by all sessions: the SDKs name the stream of a GET alike in all of them, so the wrapper
 * adds a name of its own to each stream, and no session replays the events of another.
 *
 * @throws {@link TypeError} for an `auth` of another gate
 * @example
 * ```ts
 * const transport = new StreamableHTTPServerTransport({
 *   sessionIdGenerator: () => ownedId(gate, auth, { kind: 'session' }),
 *   eventStore: ownedEventStore(gate, auth, store),
 * });
 * ```
 * @group Ownership
 */
export function ownedEventStore<Message>(
  gate: OwningGateLike,
  auth: Auth,
  store: EventStoreLike<Message>,
): EventStoreLike<Message> {
  const scope = crypto.randomUUID();
  const toOuter = (inner: string): Promise<string> => ownedIdAsync(gate, auth, { ...EVENT, inner });
  const toInner = async (id: string): Promise<string> => {
    const opened = await openOwnedId(gate, auth, id, EVENT);
    if (opened?.inner === undefined) throw new Error('unknown event id');
    return opened.inner;
  };
  const owned: EventStoreLike<Message> = {
    async storeEvent(streamId, message) {
      return toOuter(await store.storeEvent(`${scope}.${streamId}`, message));
    },
    async replayEventsAfter(lastEventId, { send }) {
      const streamId = await store.replayEventsAfter(await toInner(lastEventId), {
        send: async (eventId, message) => send(await toOuter(eventId), message),
      });
      return withoutScope(streamId);
    },
  };
  if (store.getStreamIdForEventId === undefined) return owned;
  return {
    ...owned,
    async getStreamIdForEventId(eventId) {
      const opened = await openOwnedId(gate, auth, eventId, EVENT);
      if (opened?.inner === undefined) return undefined;
      const streamId = await store.getStreamIdForEventId?.(opened.inner);
      return streamId === undefined ? undefined : withoutScope(streamId);
    },
  };
}

/** Removes the scope, which contains no dot, also of an earlier transport of the session. */
function withoutScope(streamId: string): string {
  return streamId.slice(streamId.indexOf('.') + 1);
}
