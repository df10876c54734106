/**
 * Sends single commands through a client of `redis` or `ioredis`, within bounds of time and number.
 *
 * @module
 */
import { within } from '@scopegate/core/engine';

/** A client of the package `ioredis` for one server (`Redis`) or a Cluster (`Cluster`). */
export interface IoredisClient {
  readonly status: string;
  readonly isCluster: boolean;
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(...options: never[]): IoredisClient;
  subscribe(channel: string): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'ready', listener: () => void): unknown;
  disconnect(): void;
}

/** A client of the package `redis` for one server: `createClient()`. */
export interface NodeRedisClient {
  readonly isReady: boolean;
  sendCommand(args: readonly string[]): Promise<unknown>;
  duplicate(): NodeRedisClient;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  disconnect(): unknown;
}

/** A client of the package `redis` for a Cluster: `createCluster()`. */
export interface NodeRedisCluster {
  readonly slots: unknown;
  sendCommand(firstKey: string, isReadonly: boolean, args: string[]): Promise<unknown>;
  duplicate(): NodeRedisCluster;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  disconnect(): unknown;
}

/**
 * A client of the package `redis` or `ioredis`, connected to one server or to a Cluster, of Redis or of
 * Valkey. Connecting, authentication, TLS and reconnecting are the client's.
 */
export type RedisClient = IoredisClient | NodeRedisClient | NodeRedisCluster;

/** Sends a command whose first argument is its key. Rejects if there is no answer in time. */
export type Send = (command: string, key: string, ...args: string[]) => Promise<unknown>;

/**
 * Maximum number of commands without an answer. Clients queue commands while they have no connection, and
 * a server that stopped answers none: without a bound, a flood would fill the memory.
 */
const MAX_UNANSWERED = 16_384;

/**
 * Makes the function that sends commands.
 *
 * @param timeout - milliseconds within which a command must be answered
 * @throws {@link TypeError} if `client` is no client
 */
export function commandSender(client: RedisClient, timeout: number, caller: string): Send {
  const run = runner(client, caller);
  let unanswered = 0;
  const answered = (): void => void (unanswered -= 1);
  return async (command, key, ...args) => {
    if (unanswered >= MAX_UNANSWERED) {
      throw new Error(`${caller}: ${unanswered} commands are without an answer: too many`);
    }
    return within(timeout, `${caller}: ${command}`, () => {
      const answer = run(command, key, args);
      unanswered += 1;
      // Counted until the client settles it, which may be long after the time is over.
      answer.then(answered, answered);
      return answer;
    });
  };
}

type Run = (command: string, key: string, args: readonly string[]) => Promise<unknown>;

function runner(client: RedisClient, caller: string): Run {
  if (isIoredis(client)) {
    return (command, key, args) => {
      // Refused at once, since the client would queue the command until it has a connection again.
      if (LOST.has(client.status)) throw new Error(`${caller}: the connection is lost`);
      // In lower case, so that every version of ioredis finds the key, by which a Cluster chooses the node.
      return client.call(command.toLowerCase(), key, ...args);
    };
  }
  if (typeof client?.sendCommand !== 'function') {
    throw new TypeError(`${caller}: expected a client of redis or ioredis`);
  }
  if (isCluster(client)) {
    // `false`: only the node that accepts writes knows what was written last.
    return (command, key, args) => client.sendCommand(key, false, [command, key, ...args]);
  }
  return (command, key, args) => {
    if (!client.isReady) throw new Error(`${caller}: the client is not connected`);
    return client.sendCommand([command, key, ...args]);
  };
}

/** States of an ioredis client in which it has lost its connection, or has none any more. */
const LOST: ReadonlySet<string> = new Set(['close', 'reconnecting', 'disconnecting', 'end']);

export function isIoredis(client: RedisClient): client is IoredisClient {
  return typeof (client as Partial<IoredisClient> | undefined)?.call === 'function';
}

function isCluster(client: NodeRedisClient | NodeRedisCluster): client is NodeRedisCluster {
  return 'slots' in client;
}

/**
 * Returns an answer as a text: clients can be set up to return bytes.
 *
 * @throws {@link TypeError} for any other answer
 */
export function textOf(answer: unknown): string {
  if (typeof answer === 'string') return answer;
  if (answer instanceof Uint8Array) return Buffer.from(answer).toString();
  throw new TypeError(`Redis answered with ${answer === null ? 'null' : typeof answer}`);
}
