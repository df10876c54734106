/**
 * Node's own server with `@scopegate/core/node` in the suite of all adapters: what an adapter does,
 * written out once.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type {
  Answer,
  AppOptions,
  GuardedRoute,
  Harness,
  TestGate,
  TestRule,
} from '../../../adapter-testkit/src/index.js';
import { metadataOf } from '../../src/adapter.js';
import type { Decision, GateRequest, Route } from '../../src/index.js';
import {
  attachAuth,
  fromNodeRequest,
  replaceResponse,
  setHeaders,
  writeReply,
} from '../../src/node/index.js';
import type { GuardedRequest } from '../../src/node/index.js';
import { close, listen } from './issuer.js';

/** What the adapter is made of. Tests of the suite put a broken part in. */
export const PARTS = {
  attachAuth,
  fromNodeRequest,
  replaceResponse,
  setHeaders,
  writeReply,
  /** Whether this request is for that route. */
  matches: (target: string, path: string): boolean => target.split('?')[0] === path,
  prepare: (gate: TestGate, rule?: TestRule): Route => gate.route(rule),
  decide: (route: Route, request: GateRequest): Decision | Promise<Decision> =>
    route.decide(request),
  /** After a refusal nothing more happens. */
  afterRefusal: (_serve: () => Promise<void>): void | Promise<void> => undefined,
  metadata: (gates: readonly TestGate[], request: GateRequest) => metadataOf(gates)(request),
  thrown: (gate: TestGate, error: unknown, request: GateRequest, auth: GuardedRequest['auth']) =>
    gate.refuse(error, request, auth),
  errors: (onError: AppOptions['onError'], error: unknown): Answer => onError(error),
  gone(res: ServerResponse): AbortSignal {
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    return gone.signal;
  },
  /** Whoever goes away early ends the stream; that is nobody's error. */
  stream: (body: AsyncIterable<string>, res: ServerResponse): Promise<void> =>
    pipeline(Readable.from(body), res).catch(() => undefined),
};

export type Parts = typeof PARTS;

export const NODE: Harness = nodeHarness();

/** The harness with some of its parts exchanged. */
export function nodeHarness(changed: Partial<Parts> = {}, name = 'node:http'): Harness {
  const parts: Parts = { ...PARTS, ...changed };
  return {
    name,
    hasStreams: true,
    parsers: ['absent', 'before'],
    async start(gates, options) {
      const listener = createListener(gates, options, parts);
      const server = createServer((req, res) => {
        listener(req, res).catch((error: unknown) => res.destroy(error as Error));
      });
      return { url: await listen(server), close: () => close(server) };
    },
  };
}

function createListener(
  gates: readonly TestGate[],
  options: AppOptions,
  parts: Parts,
): (req: GuardedRequest, res: ServerResponse) => Promise<void> {
  const prepared = options.routes.map((route) => {
    const guards = [...(route.outer ? [route.outer] : []), route];
    return { ...route, guards: guards.map(({ gate, rule }) => parts.prepare(gate, rule)) };
  });
  return async (req, res) => {
    for (const [name, value] of options.headers) res.setHeader(name, value);
    const reply = await parts.metadata(gates, parts.fromNodeRequest(req).gateRequest);
    if (reply !== undefined) return parts.writeReply(res, reply);
    const target = req.url ?? '';
    const route = prepared.find(({ path }) => parts.matches(target, options.prefix + path));
    if (route === undefined) return void res.writeHead(404).end();
    return guard(req, res, { route, options, parts });
  };
}

interface Context {
  readonly route: GuardedRoute & { readonly guards: readonly Route[] };
  readonly options: AppOptions;
  readonly parts: Parts;
}

async function guard(req: GuardedRequest, res: ServerResponse, context: Context): Promise<void> {
  const { route, options, parts } = context;
  let view = parts.fromNodeRequest(req);
  try {
    if (options.parser === 'before' && req.method === 'POST') {
      req.body = JSON.parse(await text(req)) as unknown;
    }
    for (const one of route.guards) {
      view = parts.fromNodeRequest(req);
      const decision = await parts.decide(one, view.gateRequest);
      if (!decision.allowed) {
        parts.writeReply(res, decision);
        return parts.afterRefusal(() => serve(req, res, context));
      }
      parts.setHeaders(res, decision.headers);
      parts.attachAuth(req, view, decision);
      parts.replaceResponse(res, route.gate, decision);
    }
    await serve(req, res, context);
  } catch (error) {
    const refusal = parts.thrown(route.gate, error, view.gateRequest, req.auth);
    if (refusal === undefined) await send(res, parts.errors(options.onError, error), parts);
    else parts.writeReply(res, refusal);
  }
}

async function serve(
  req: GuardedRequest,
  res: ServerResponse,
  { route, options, parts }: Context,
): Promise<void> {
  const answer = await options.application({
    ...{ method: req.method ?? '', route: route.path, body: req.body, stream: req },
    ...{ signal: parts.gone(res) },
    authOf(gate) {
      const { auth } = req;
      if (gate.issued(auth)) return auth;
      throw new Error('no auth');
    },
  });
  await send(res, answer, parts);
}

async function send(
  res: ServerResponse,
  { status, headers, body }: Answer,
  parts: Parts,
): Promise<void> {
  res.statusCode = status;
  for (const [name, value] of headers) res.setHeader(name, value);
  if (typeof body === 'string') res.end(body);
  else await parts.stream(body, res);
}
