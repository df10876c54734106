/**
 * The contract between the suite and a framework: what an adapter's author writes, once.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { Auth, HeaderList } from '@scopegate/core';
import type { TestGate, TestRule, TestScope } from './types.js';

/** A framework with its adapter, as an application would set it up. */
export interface Harness {
  /** The name of the `describe` around all suites. */
  readonly name: string;
  /** Starts a server on a free port of the loopback interface. */
  readonly start: (gates: readonly TestGate[], options: AppOptions) => Promise<Started>;
  /**
   * The places that the framework's JSON parser can have.
   *
   * @default all three
   */
  readonly parsers?: readonly Parser[];
  /**
   * Whether every call has a `stream`, because handlers of the framework can read Node's request.
   *
   * @default false
   */
  readonly hasStreams?: boolean;
  /** Cases that this framework cannot pass. If such a case passes, its test fails, because the skip is stale. */
  readonly skips?: readonly Skip[];
}

export interface Skip {
  /** The name of the suite, `: `, and the title of the case without the ids at its end. */
  readonly case: string;
  readonly reason: string;
}

/** A server that the harness started. */
export interface Started {
  /** The origin, such as `http://localhost:34567`. */
  readonly url: string;
  /** Stops listening and ends all connections. */
  readonly close: () => Promise<void>;
}

/** The place of the framework's JSON parser in relation to the gate. */
export type Parser = 'before' | 'behind' | 'absent';

/**
 * The application to build. The metadata of all gates is served at the root, in front of everything
 * else but {@link AppOptions.headers}; a path that is no route is answered 404.
 */
export interface AppOptions {
  /** Guarded, for every method. */
  readonly routes: readonly GuardedRoute[];
  readonly parser: Parser;
  /** A path such as `/api` under which the routes are mounted in the framework's own way, or `''`. */
  readonly prefix: string;
  /** What middleware in front of everything sets on every answer. Names do not repeat. */
  readonly headers: HeaderList;
  /** The guarded handler: call it with what the native handler finds, and write its answer. */
  readonly application: Application;
  /** The body of the application's own error handler: write its answer. */
  readonly onError: (error: unknown) => Answer;
}

/** `protect(gate, rule)` in front of the application. */
export interface GuardedRoute {
  readonly path: string;
  readonly gate: TestGate;
  /** Without one the gate's policy decides. */
  readonly rule?: TestRule;
  /** Another gate in front of `gate`, as middleware. */
  readonly outer?: { readonly gate: TestGate; readonly rule?: TestRule };
}

/**
 * The application behind the gate, without a framework. It may throw or reject: pass that to the
 * framework as any error of a handler.
 */
export type Application = (call: Call) => Promise<Answer>;

/** A request as a handler of the framework sees it. */
export interface Call {
  readonly method: string;
  /** The {@link GuardedRoute.path} of the route, without the prefix. */
  readonly route: string;
  /** `authOf(gate, ...)` of the adapter, for this request. */
  readonly authOf: (gate: TestGate) => Auth<TestScope>;
  /** Where handlers of the framework look for a JSON body; `undefined` if there is none. */
  readonly body: unknown;
  /** Node's request, if handlers of the framework can read its stream; see {@link Harness.hasStreams}. */
  readonly stream?: IncomingMessage;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: HeaderList;
  /** An iterable is a stream: write each piece as it comes, and end the iteration with the connection. */
  readonly body: string | AsyncIterable<string>;
}
