/**
 * Hosts whose requests no socket made: bridges of serverless platforms, injectors and mocks. A server in
 * front of each turns real requests into what the host gets, and its answers into real ones.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { EventEmitter } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { configure } from '@codegenie/serverless-express';
import awsLambdaFastify from '@fastify/aws-lambda';
import express from 'express';
import Koa from 'koa';
import inject from 'light-my-request';
import { createMocks } from 'node-mocks-http';
import type { Body, RequestMethod } from 'node-mocks-http';
import serverlessHttp from 'serverless-http';
import { createApp as createExpress } from '../../../adapter-express/test/support/harness.js';
import {
  FORMS,
  createApp as createFastify,
} from '../../../adapter-fastify/test/support/harness.js';
import {
  HARNESSES as KOA,
  createApp as createKoa,
} from '../../../adapter-koa/test/support/harness.js';
import { close, listen } from '../../../core/test/support/issuer.js';
import type { AppOptions, Harness, TestGate } from '../../src/index.js';
import { before } from '../../src/suites/wait.js';

/** A real request, read whole. */
interface Incoming {
  readonly method: string;
  readonly target: string;
  /** Lines of one name are joined, as gateways do. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string | Buffer;
}

type Host = (request: Incoming) => Promise<Outgoing>;
type CreateHost = (gates: readonly TestGate[], options: AppOptions) => Host;

/** The event that AWS's HTTP API gives a function (payload format 2.0). */
function toEvent({ method, target, headers, body }: Incoming): object {
  const [rawPath, rawQueryString = ''] = target.split('?', 2);
  return {
    ...{ version: '2.0', routeKey: '$default', rawPath, rawQueryString, headers },
    requestContext: {
      http: {
        method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      ...{ accountId: '1', apiId: '1', domainName: 'notes.example.com', requestId: '1' },
      ...{ routeKey: '$default', stage: '$default', timeEpoch: 0 },
    },
    body: body.toString('base64'),
    isBase64Encoded: true,
  };
}

interface LambdaAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded?: boolean;
}

function fromLambda(answer: unknown): Outgoing {
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = answer as LambdaAnswer;
  return {
    status: statusCode,
    headers: { ...headers, ...multiValueHeaders },
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

type Application = RequestListener & { readonly handle?: unknown };

/** An event emitter with the answer of a mock. */
interface MockResponse extends EventEmitter {
  readonly statusCode: number;
  getHeaders(): Record<string, unknown>;
  _getData(): string;
}

const HOSTS: Readonly<Record<string, CreateHost>> = {
  'serverless-http, Express': (gates, options) => {
    const handler = serverlessHttp(createExpress(express, gates, options) as never);
    return async (request) => fromLambda(await handler(toEvent(request), {}));
  },
  'serverless-http, Koa': (gates, options) => {
    const handler = serverlessHttp(createKoa(Koa, gates, options) as never);
    return async (request) => fromLambda(await handler(toEvent(request), {}));
  },
  '@codegenie/serverless-express, Express': (gates, options) => {
    const app = createExpress(express, gates, options) as unknown as Application;
    const handler = configure({ app }) as (event: object, context: object) => unknown;
    return async (request) => fromLambda(await handler(toEvent(request), {}));
  },
  '@fastify/aws-lambda': (gates, options) => {
    const app = createFastify(FORMS['on a route'] as never, gates, options);
    const handler = awsLambdaFastify(app) as (event: object, context: object) => Promise<unknown>;
    return async (request) => fromLambda(await handler(toEvent(request), {}));
  },
  'light-my-request, Fastify': (gates, options) => {
    const app = createFastify(FORMS['in a scope'] as never, gates, options);
    return async ({ method, target, headers, body }) => {
      const sent = { method: method as 'POST', url: target, headers, payload: body };
      const answer = await app.inject(sent);
      return { status: answer.statusCode, headers: answer.headers, body: answer.rawPayload };
    };
  },
  'light-my-request, Koa': (gates, options) => {
    const app = createKoa(Koa, gates, options).callback() as RequestListener;
    return async ({ method, target, headers, body }) => {
      const sent = { method, url: target, headers, payload: body };
      const answer = await inject(app, sent);
      return { status: answer.statusCode, headers: answer.headers, body: answer.rawPayload };
    };
  },
  'node-mocks-http, Express': (gates, options) => {
    const app = createExpress(express, gates, options);
    return ({ method, target, headers, body }) => {
      const { req, res } = createMocks(
        { method: method as RequestMethod, url: target, headers, ...parsed(body) },
        { eventEmitter: EventEmitter },
      );
      // The mock takes the path for a mount.
      Object.assign(req, { baseUrl: '' });
      const answer = res as unknown as MockResponse;
      return new Promise((resolve) => {
        answer.once('end', () => {
          const { statusCode: status } = answer;
          resolve({ status, headers: answer.getHeaders(), body: answer._getData() });
        });
        app(req as never, res as never);
      });
    };
  },
};

/** Tests that use mocks give the parsed body. */
function parsed(bytes: Buffer): { readonly body?: Body } {
  if (bytes.length === 0) return {};
  try {
    return { body: JSON.parse(bytes.toString()) as Body };
  } catch {
    return { body: bytes as unknown as Body };
  }
}

const MOCK = 'node-mocks-http, Express';

/** Cases that a host cannot pass. */
const KOA_SKIPS = KOA.find(({ name }) => name === 'Koa 3')?.skips ?? [];
const SKIPS: Readonly<Record<string, Harness['skips']>> = {
  'serverless-http, Koa': KOA_SKIPS,
  'light-my-request, Koa': KOA_SKIPS,
  [MOCK]: [
    ...['messages: an empty batch', 'messages: {}'].map((title) => ({
      case: `JSON parser absent: ${title}`,
      reason: 'the mock has an empty object where there is no body',
    })),
    ...[
      ...['bodies: bytes that are no UTF-8', 'bodies: an overlong sequence'],
      ...['labels: gzip', 'labels: br, in capitals', 'labels: two codings'],
      'labels: larger than the limit',
    ].map((title) => ({
      case: `JSON parser absent: ${title}`,
      reason: 'the mock gives the parsed body: there are no bytes, and nothing to decode',
    })),
  ],
};

export const HOST_HARNESSES: readonly Harness[] = Object.entries(HOSTS).map(([name, create]) => ({
  name,
  // A mock is no stream that a parser could read.
  parsers: name === MOCK ? ['absent'] : ['absent', 'before'],
  skips: SKIPS[name] ?? [],
  async start(gates, options) {
    const host = create(gates, options);
    const server = createServer((req, res) => {
      relay(host, req, res).catch((error: unknown) => res.destroy(error as Error));
    });
    return { url: await listen(server), close: () => close(server) };
  },
}));

async function relay(host: Host, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { method = '', url: target = '', rawHeaders } = req;
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [rawHeaders[i]?.toLowerCase(), rawHeaders[i + 1]];
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  const request = { method, target, headers, body: await buffer(req) };
  const { status, headers: answered, body } = await before(host(request), 'the host');
  res.statusCode = status;
  for (const [name, value] of Object.entries(answered)) {
    if (!HOP_BY_HOP.has(name.toLowerCase())) res.setHeader(name, value as string);
  }
  res.end(body);
}

const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'transfer-encoding', 'keep-alive']);
