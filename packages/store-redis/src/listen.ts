/**
 * Listens to a channel, on a connection of its own.
 *
 * @module
 */
import { isIoredis } from './client.js';
import type { RedisClient } from './client.js';

export interface Listening {
  close(): void;
}

/**
 * Calls `listener` for each message. It rejects if the server refuses the subscription. If the connection is
 * lost later, the next connection subscribes again.
 */
export async function listenTo(
  client: RedisClient,
  channel: string,
  listener: (message: string) => void,
): Promise<Listening> {
  // A connection with a subscription can send no other commands (RESP2).
  const subscriber = duplicateOf(client);
  const listening = { close: () => ignoreErrors(() => subscriber.disconnect()) };
  // An error without a listener would end the process. The polling notices a lost server.
  subscriber.on('error', () => {});
  try {
    if (isIoredis(subscriber)) {
      subscriber.on('message', (_channel: string, message: string) => listener(message));
      await subscriber.subscribe(channel);
      subscriber.on('ready', () => void subscriber.subscribe(channel).catch(() => {}));
    } else {
      await subscriber.connect();
      await subscriber.subscribe(channel, listener);
    }
    return listening;
  } catch (error) {
    listening.close();
    throw error;
  }
}

function duplicateOf(client: RedisClient): RedisClient {
  if (!isIoredis(client) || client.isCluster) return client.duplicate();
  // If ioredis resubscribes, the rejection of a refused subscription is unhandled, which ends the process.
  return client.duplicate({ autoResubscribe: false } as never);
}

function ignoreErrors(work: () => unknown): void {
  try {
    Promise.resolve(work()).catch(() => {});
  } catch {
    // It is closed already.
  }
}
