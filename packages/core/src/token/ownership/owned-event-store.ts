/**
 * Lets an event store of an MCP SDK name events by ids that open for the caller alone.
 *
 * @module
 */
import type { Auth } from '../../policy/index.js';
import { openOwnedId, ownedIdAsync } from './owned-id.js';
import type { OwningGateLike } from './owned-id.js';
import { owningCallerOf } from './owning-gate.js';

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
 * A store may be shared by all sessions. The SDKs give the stream of a GET the same name in all of them, so the
 * wrapper adds a name of its own to each stream: an event id resumes the stream of its own session alone.
 *
 * The methods reject with a {@link TypeError} for an `auth` of another gate and for a token without a subject,
 * and `replayEventsAfter` with an {@link Error} for an event that is not the caller's.
 *
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
      // Before the store keeps an event that nobody could name.
      owningCallerOf(gate, auth, 'ownedEventStore');
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

/** Removes the name that a wrapper, of this or an earlier transport, added. It contains no dot. */
function withoutScope(streamId: string): string {
  return streamId.slice(streamId.indexOf('.') + 1);
}
