/**
 * What this example uses of Cloudflare's types. An application takes `@cloudflare/workers-types` instead.
 *
 * @module
 */

/** Whatever answers requests: another worker, or a Durable Object. */
export interface Fetcher {
  fetch(request: Request): Promise<Response>;
}

export interface Env {
  readonly ROOMS: { idFromName(name: string): unknown; get(id: unknown): Fetcher };
  /** Another worker, as a service binding. */
  readonly OTHER: Fetcher;
}

export interface WorkerSocket extends WebSocket {
  accept(): void;
}

/** The two ends of a WebSocket; `WebSocketPair` of the platform makes them. */
export type WebSocketPairClass = new () => { readonly 0: WorkerSocket; readonly 1: WorkerSocket };

export interface SwitchingInit extends ResponseInit {
  readonly webSocket: WorkerSocket;
}
