/** Adapters that are broken in one way each: the suite must fail for each of them. */
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { authenticated } from '@scopegate/core';
import { metadataOf } from '@scopegate/core/adapter';
import type { GateRequest } from '@scopegate/core';
import { NODE, PARTS, nodeHarness } from '../../core/test/support/node-harness.js';
import type { Parts } from '../../core/test/support/node-harness.js';
import { allSuites } from '../src/suites/index.js';
import { testSuites } from '../src/test-adapter.js';
import type { Harness } from '../src/index.js';
import { collect } from './support/collect.js';

interface Control {
  readonly fault: string;
  readonly changed: Partial<Parts>;
  /** The suites that must see it. */
  readonly seenBy: readonly string[];
}

const TABLE = 'JSON parser absent';

const CONTROLS: readonly Control[] = [
  {
    fault: "ignores the route's own rule",
    changed: { prepare: (gate) => gate.route() },
    seenBy: [TABLE, 'paths'],
  },
  {
    fault: 'asks the policy for each request, and not at mount',
    changed: {
      prepare: (gate, rule) => ({
        ...gate.route(rule ?? authenticated()),
        decide: (request) => gate.decide(request, rule),
      }),
    },
    seenBy: ['paths', 'paths under a prefix'],
  },
  {
    fault: 'runs the handler after a refusal',
    changed: { afterRefusal: (serve) => serve().catch(() => undefined) },
    seenBy: [TABLE, 'paths', 'connections', 'attacks, JSON parser absent, all tools guarded'],
  },
  {
    fault: 'lets a request pass if the verifier is unavailable',
    changed: {
      decide: async (route, request) => {
        const decision = await route.decide(request);
        const auth = undefined;
        return decision.allowed || decision.status !== 503
          ? decision
          : { allowed: true, auth, headers: [] };
      },
    },
    seenBy: [TABLE],
  },
  {
    fault: 'decides a request twice',
    changed: {
      decide: async (route, request) => {
        const decision = await route.decide(request);
        return decision.allowed && request.readBody === undefined
          ? route.decide(request)
          : decision;
      },
    },
    seenBy: [TABLE],
  },
  {
    fault: 'drops the headers of a refusal',
    changed: { writeReply: (res, { status, body }) => void res.writeHead(status).end(body) },
    seenBy: [TABLE, 'at the root'],
  },
  {
    fault: 'drops the headers of other middleware',
    changed: {
      writeReply(res, reply) {
        for (const name of res.getHeaderNames()) res.removeHeader(name);
        PARTS.writeReply(res, reply);
      },
    },
    seenBy: ['with other middleware', "the gate's own CORS"],
  },
  {
    fault: 'replaces a header that is a list',
    changed: {
      setHeaders(res, headers) {
        for (const [name, value] of headers) if ('setHeader' in res) res.setHeader(name, value);
      },
    },
    seenBy: ['with other middleware'],
  },
  {
    fault: 'forgets the headers of an allowed decision',
    changed: { setHeaders: () => undefined },
    seenBy: [TABLE],
  },
  {
    fault: 'attaches another body than the evaluated one',
    changed: {
      attachAuth(req, view, evaluated) {
        PARTS.attachAuth(req, view, evaluated);
        const bytes = view.bytes();
        if (bytes !== undefined) req.body = JSON.parse(bytes.toString('latin1')) as unknown;
      },
    },
    seenBy: ['who calls'],
  },
  {
    fault: 'lets a bad token pass where none is needed',
    changed: {
      decide: async (route, request) => {
        const decision = await route.decide(request);
        return decision.allowed || request.url !== '/public'
          ? decision
          : { allowed: true, auth: undefined, headers: [] };
      },
    },
    seenBy: ['a public route'],
  },
  {
    fault: 'attaches no body',
    changed: { attachAuth: (req, view, { auth }) => PARTS.attachAuth(req, view, { auth }) },
    seenBy: [TABLE, 'who calls', 'a gate behind another'],
  },
  {
    fault: 'attaches nothing without a token',
    changed: {
      attachAuth(req, view, evaluated) {
        if (evaluated.auth !== undefined) PARTS.attachAuth(req, view, evaluated);
      },
    },
    seenBy: ['a public route'],
  },
  {
    fault: 'parses the body by itself',
    changed: {
      fromNodeRequest(req) {
        const view = PARTS.fromNodeRequest(req);
        const readBody = async () => ({ parsed: JSON.parse(await text(req)) as unknown });
        const has = view.gateRequest.readBody !== undefined;
        return { ...view, gateRequest: alter(view.gateRequest, has ? { readBody } : {}) };
      },
    },
    seenBy: [TABLE, 'sizes', 'connections'],
  },
  {
    fault: 'sees the first of two Authorization lines only',
    changed: {
      fromNodeRequest(req) {
        const view = PARTS.fromNodeRequest(req);
        const headers = { get: (name: string) => String(req.headers[name] ?? '') || null };
        return { ...view, gateRequest: alter(view.gateRequest, { headers }) };
      },
    },
    seenBy: [TABLE],
  },
  {
    fault: 'swallows the errors of the application',
    changed: { errors: () => ({ status: 500, headers: [], body: 'sorry' }) },
    seenBy: ['thrown errors'],
  },
  {
    fault: 'leaves scope errors to the application',
    changed: { thrown: () => undefined },
    seenBy: ['thrown errors'],
  },
  {
    fault: 'leaves refusals raised in an MCP handler under 200',
    changed: { replaceResponse: () => undefined },
    seenBy: ['refusals raised in an MCP handler'],
  },
  {
    fault: 'collects streams before it sends them',
    changed: {
      async stream(body, res) {
        let all = '';
        for await (const piece of body) all += piece;
        res.end(all);
      },
    },
    seenBy: ['streams'],
  },
  {
    fault: 'continues for a client that went away',
    changed: { gone: () => new AbortController().signal },
    seenBy: ['streams', 'clients that go away'],
  },
  {
    fault: 'leaves a listener on the connection',
    changed: {
      gone(res) {
        res.socket?.on('close', () => undefined);
        return PARTS.gone(res);
      },
    },
    seenBy: ['clients that go away'],
  },
  {
    fault: 'serves the metadata under a prefix, and not at the root',
    changed: {
      metadata: (gates, request) =>
        metadataOf(gates)({ ...request, url: request.url.replace(/^\/api/, '') }),
    },
    seenBy: ['under a prefix'],
  },
  {
    fault: 'guards the metadata',
    changed: { metadata: () => undefined },
    seenBy: ['at the root', 'under a prefix'],
  },
  {
    fault: 'leaves preflights to routes, which may not get them',
    changed: {
      metadata: (gates, request) => {
        const own = gates.map((gate) => gate.metadata.respond(request));
        return own.find((reply) => reply !== undefined);
      },
    },
    seenBy: ['preflights where no route is'],
  },
  {
    fault: 'closes the connection after a refusal',
    changed: {
      writeReply(res, reply) {
        res.setHeader('Connection', 'close');
        PARTS.writeReply(res, reply);
      },
    },
    seenBy: [TABLE, 'connections'],
  },
  {
    fault: 'guards one spelling of a path, and serves others',
    changed: {
      matches: (target, path) => target.toLowerCase().startsWith(path),
      decide: (route, request) =>
        /^(?:\/api)?\/(?:mcp|export)/.test(request.url)
          ? route.decide(request)
          : { allowed: true, auth: undefined, headers: [] },
    },
    seenBy: ['paths', 'paths under a prefix'],
  },
  {
    fault: 'shows another target than the one that is served',
    changed: {
      fromNodeRequest(req) {
        const view = PARTS.fromNodeRequest(req);
        const url = view.gateRequest.url.replace('named', 'x');
        return { ...view, gateRequest: alter(view.gateRequest, { url }) };
      },
    },
    seenBy: ['paths', 'paths under a prefix'],
  },
  {
    fault: 'does not check HEAD requests',
    changed: {
      decide: (route, request) =>
        request.method === 'HEAD'
          ? { allowed: true, auth: undefined, headers: [] }
          : route.decide(request),
    },
    seenBy: [TABLE, 'paths'],
  },
];

describe('a broken adapter', { concurrent: true }, () => {
  test.for(CONTROLS.flatMap(({ seenBy, ...one }) => seenBy.map((suite) => ({ ...one, suite }))))(
    'that $fault fails the suite: $suite',
    { timeout: 20_000 },
    async ({ fault, changed, suite }) => {
      const messages = await failures(nodeHarness(changed, fault), [suite]);
      expect(messages).toHaveLength(1);
      expect(messages[0]).toMatch(/^duty not done: [a-z]/);
    },
  );
});

test('the same suites pass for a sound adapter', { timeout: 20_000 }, async () => {
  const names = new Set(CONTROLS.flatMap(({ seenBy }) => seenBy));
  expect(await failures(NODE, [...names])).toEqual([]);
});

test.each<readonly [changed: Partial<Parts>, message: RegExp]>([
  [
    { writeReply: (res, { status, body }) => void res.writeHead(status).end(body) },
    /^duty not done: write a refusal unchanged\n {2}header cache-control: expected "no-store", found none\n(?:.*\n)*? {2}header www-authenticate: expected "Bearer .*", found none/,
  ],
  [
    { writeReply: (res, reply) => PARTS.writeReply(res, { ...reply, status: 500 }) },
    /^duty not done: write a refusal unchanged\n {2}status: expected \d+, found 500/,
  ],
  [
    { afterRefusal: (serve) => serve().catch(() => undefined) },
    /^duty not done: keep a refused request from the application\n {2}calls of the application: expected 0, found 1/,
  ],
])('a failure names the duty, and status or header: %#', async (changed, message) => {
  expect((await failures(nodeHarness(changed, 'broken'), [TABLE]))[0]).toMatch(message);
});

/** The message of the first failure of these suites, if there is one. */
async function failures(harness: Harness, names: readonly string[]): Promise<readonly string[]> {
  const suites = allSuites(['absent']).filter(({ name }) => names.includes(name));
  expect(suites).toHaveLength(names.length);
  const { runner, run } = collect();
  testSuites(harness, suites, runner);
  const outcomes = await run(({ error }) => error !== undefined);
  return outcomes.flatMap(({ error }) => (error instanceof Error ? [error.message] : []));
}

/** A view is no plain object: a spread would lose what it looks up when it is asked. */
function alter(request: GateRequest, change: Partial<GateRequest>): GateRequest {
  const { method, url, headers, readBody } = request;
  return { method, url, headers, readBody, ...change };
}
