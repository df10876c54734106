/**
 * The clients that applications use.
 *
 * @module
 */
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { RedisClient } from '../../src/index.js';

export interface Connected {
  readonly client: RedisClient;
  readonly close: () => void;
}

export type ClientName = 'ioredis' | 'redis';

export const CLIENTS: readonly ClientName[] = ['ioredis', 'redis'];

/** Connects to one server. Lost connections are tried again every 50 ms. */
export async function connectTo(name: ClientName, port: number): Promise<Connected> {
  if (name === 'ioredis') {
    const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50 });
    client.on('error', () => {});
    return { client, close: () => client.disconnect() };
  }
  const socket = { host: '127.0.0.1', port, reconnectStrategy: () => 50 };
  const client = createClient({ socket });
  client.on('error', () => {});
  await client.connect();
  return { client, close: () => client.destroy() };
}

export async function connectToCluster(
  name: ClientName,
  ports: readonly number[],
): Promise<Connected> {
  if (name === 'ioredis') {
    const nodes = ports.map((port) => ({ host: '127.0.0.1', port }));
    const client = new Cluster(nodes, { clusterRetryStrategy: () => 50 });
    client.on('error', () => {});
    await new Promise((resolve) => client.once('ready', resolve));
    return { client, close: () => client.disconnect() };
  }
  const client = createCluster({
    rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })),
    defaults: { socket: { reconnectStrategy: () => 50 } },
  });
  client.on('error', () => {});
  await client.connect();
  return { client, close: () => client.destroy() };
}
