/**
 * Events of a session's streams, for clients that come back with `Last-Event-ID`.
 *
 * @module
 */

export interface EventStore<Message> {
  storeEvent(streamId: string, message: Message): Promise<string>;
  getStreamIdForEventId(eventId: string): Promise<string | undefined>;
  replayEventsAfter(
    lastEventId: string,
    to: { send: (eventId: string, message: Message) => Promise<void> },
  ): Promise<string>;
}

/** In memory: the session does not outlive the process either. */
export function createEventStore<Message>(): EventStore<Message> {
  const events: { readonly streamId: string; readonly message: Message }[] = [];
  const streamOf = (eventId: string): string | undefined => events[Number(eventId) - 1]?.streamId;
  return {
    storeEvent: async (streamId, message) => String(events.push({ streamId, message })),
    getStreamIdForEventId: async (eventId) => streamOf(eventId),
    async replayEventsAfter(lastEventId, { send }) {
      const streamId = streamOf(lastEventId);
      if (streamId === undefined) return '';
      for (const [index, event] of events.entries()) {
        if (index < Number(lastEventId) || event.streamId !== streamId) continue;
        await send(String(index + 1), event.message);
      }
      return streamId;
    },
  };
}
