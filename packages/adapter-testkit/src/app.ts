/**
 * An application under test: its address, and a spy behind the gate.
 *
 * @module
 */
import type { DecisionEvent } from '@scopegate/core';
import type { AppOptions, Answer, Call, GuardedRoute, Harness, Started } from './harness.js';
import { readCalls } from './lenient-reader.js';
import { decisionsOf } from './gates.js';
import type { TestGate } from './gates.js';
import { exchange } from './wire/raw-http.js';
import type { Received, WireRequest } from './wire/raw-http.js';

/** What a suite wants its application to be like. */
export type AppSetup = { readonly routes: readonly GuardedRoute[] } & Partial<
  Pick<AppOptions, 'parser' | 'prefix' | 'headers'>
>;

/** A started application. */
export class App {
  /** Every call that reached the application. */
  readonly calls: Call[] = [];
  /** What the calls ran, as a careless server would read them. */
  readonly ran: string[] = [];
  /** What reached the application's own error handler. */
  readonly errors: unknown[] = [];
  /** How the application answers; a case may replace it. */
  respond: (call: Call) => Answer | Promise<Answer> = done;
  #harness: Harness | undefined;
  #started: Started | undefined;
  #gates: readonly TestGate[] = [];

  get origin(): string {
    if (this.#started === undefined) throw new Error('the application did not start');
    return this.#started.url;
  }

  async start(harness: Harness, setup: AppSetup): Promise<this> {
    const { routes, parser = 'absent', prefix = '', headers = [] } = setup;
    const gates = new Set(
      routes.flatMap(({ gate, outer }) => (outer ? [outer.gate, gate] : [gate])),
    );
    this.#gates = [...gates];
    this.#harness = harness;
    this.#started = await harness.start(this.#gates, {
      routes,
      parser,
      prefix,
      headers,
      application: async (call) => {
        this.calls.push(call);
        this.ran.push(...(isPlain(routes, call) ? ['plain'] : readCalls(call.body)));
        return this.respond(call);
      },
      onError: (error) => {
        this.errors.push(error);
        return { status: 418, headers: [['Content-Type', 'text/plain']], body: 'mine' };
      },
    });
    return this;
  }

  /** Tries to start another application with these routes; returns the error, or `undefined` if it starts. */
  async startOther(routes: readonly GuardedRoute[]): Promise<unknown> {
    const other = new App();
    try {
      if (this.#harness === undefined) throw new Error('the application did not start');
      await other.start(this.#harness, { routes });
      return undefined;
    } catch (error) {
      return error;
    } finally {
      await other.close();
    }
  }

  /** Forgets calls, errors and decision events, and answers as usual again. Runs before each case. */
  reset(): void {
    this.calls.length = 0;
    this.ran.length = 0;
    this.errors.length = 0;
    this.respond = done;
    for (const gate of this.#gates) decisionsOf(gate).length = 0;
  }

  /** The decision events of the gates. */
  get decisions(): readonly DecisionEvent[] {
    return this.#gates.flatMap(decisionsOf);
  }

  /** Sends one request on a new connection. */
  send(request: WireRequest): Promise<Received> {
    return exchange(this.origin, request);
  }

  async close(): Promise<void> {
    await this.#started?.close();
  }
}

function done(): Answer {
  const body = '{"jsonrpc":"2.0","id":1,"result":{}}';
  return { status: 200, headers: [['Content-Type', 'application/json']], body };
}

function isPlain(routes: readonly GuardedRoute[], call: Call): boolean {
  return routes.find(({ path }) => path === call.route)?.rule !== undefined;
}
