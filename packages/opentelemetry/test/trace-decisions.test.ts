import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { InsufficientScopeError, createGate, reportOnly } from '@scopegate/core';
import type { DecisionEvent, Gate, GateOptions, Verifier } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { fromNodeRequest, writeReply } from '@scopegate/core/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { traceDecisions } from '../src/index.js';

const TOKEN = 'c2VjcmV0LXRva2Vu';
const verifier: Verifier = async (token) =>
  token === TOKEN
    ? {
        claims: {
          ...{ iss: 'https://idp.example.com', client_id: 'desk', sub: 'ray', scope: 'read' },
        },
      }
    : undefined;

const tools = { look: 'read', change: 'write', drop: 'write' } as const;

function notesGate(options: Partial<GateOptions<'read' | 'write'>>): Gate<'read' | 'write'> {
  const scopes = ['read', 'write'] as const;
  return createGate({
    ...{ resource: 'https://notes.example.com/mcp', verifier, scopes },
    policy: mcpPolicy(scopes, { tools }),
    ...options,
  });
}

/** Everything that OpenTelemetry has for an application, with exporters that keep what they get. */
function startTelemetry() {
  const spans = new InMemorySpanExporter();
  const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const metering = new MeterProvider({ readers: [reader] });
  trace.setGlobalTracerProvider(tracing);
  metrics.setGlobalMeterProvider(metering);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    spans,
    tracer: trace.getTracer('test'),
    /** Attributes and value of every point, by the name of its metric. */
    async points(name: string): Promise<readonly (readonly [object, unknown])[]> {
      await reader.forceFlush();
      const all = exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ metrics: some }) => some);
      const metric = all?.find(({ descriptor }) => descriptor.name === name);
      return (metric?.dataPoints ?? []).map(({ attributes, value }) => [attributes, value]);
    },
    async stop(): Promise<void> {
      await Promise.all([tracing.shutdown(), metering.shutdown()]);
      for (const api of [trace, metrics, context]) api.disable();
    },
  };
}

let telemetry: ReturnType<typeof startTelemetry>;

beforeEach(() => (telemetry = startTelemetry()) && undefined);
afterEach(() => telemetry.stop());

function call(name: string, token: string | undefined = TOKEN): Request {
  return new Request('https://notes.example.com/mcp', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token !== '' && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } }),
  });
}

/** Asks within a span, as instrumentation of a server would; the attributes that it ends with. */
async function within(work: () => Promise<unknown>): Promise<object> {
  await telemetry.tracer.startActiveSpan('POST /mcp', async (span) => {
    await work();
    span.end();
  });
  return (
    telemetry.spans.getFinishedSpans().find(({ name }) => name === 'POST /mcp')?.attributes ?? {}
  );
}

describe('the active span', () => {
  test('says what was allowed, to which client', async () => {
    const gate = notesGate({ onDecision: traceDecisions() });
    expect(await within(() => gate.check(call('look')))).toEqual({
      'scopegate.outcome': 'allowed',
      'scopegate.operation': 'tools/call look',
      'scopegate.resource': 'https://notes.example.com/mcp',
      'scopegate.duration_ms': expect.any(Number) as number,
      'scopegate.required': 'read',
      'scopegate.client_id': 'desk',
      'scopegate.issuer': 'https://idp.example.com',
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'look',
    });
  });

  test('says what was refused, and why', async () => {
    const gate = notesGate({ onDecision: traceDecisions() });
    expect(await within(() => gate.check(call('change')))).toMatchObject({
      'scopegate.outcome': 'refused',
      'scopegate.reason': 'insufficient_scope',
      'scopegate.missing': ['write'],
      'http.response.status_code': 403,
    });
  });

  test('says why a token was refused; the counters only say which check', async () => {
    const bad: Verifier = (_token, { explain }) => {
      explain?.({
        detail: 'audience',
        expected: ['https://a.example'],
        found: ['https://b.example'],
      });
      return undefined;
    };
    const gate = notesGate({ verifier: bad, onDecision: traceDecisions() });
    expect(await within(() => gate.check(call('look')))).toMatchObject({
      'scopegate.reason': 'invalid_token',
      'scopegate.detail': 'audience',
      'scopegate.expected': ['https://a.example'],
      'scopegate.found': ['https://b.example'],
    });
    expect(await telemetry.points('scopegate.decisions')).toEqual([
      [
        {
          'scopegate.outcome': 'refused',
          'scopegate.reason': 'invalid_token',
          'scopegate.detail': 'audience',
        },
        1,
      ],
    ]);
  });

  test('names the user only if asked to, and the token never [T72]', async () => {
    const plain = notesGate({ onDecision: traceDecisions() });
    const named = notesGate({ onDecision: traceDecisions({ subject: true }) });
    const without = await within(() => plain.check(call('look')));
    expect(JSON.stringify(without)).not.toContain('ray');
    telemetry.spans.reset();
    const attributes = await within(() => named.check(call('look')));
    expect(attributes).toMatchObject({ 'enduser.id': 'ray' });
    expect(
      JSON.stringify([without, attributes, await telemetry.points('scopegate.decisions')]),
    ).not.toContain(TOKEN);
  });

  test('says that a party acts for the user, and its name only if asked to [DL-2, DL-8]', async () => {
    const acted: Verifier = async (token, seen) => {
      const { claims } = (await verifier(token, seen)) as { readonly claims: object };
      return { claims: { ...claims, act: { sub: 'lens', act: { sub: 'first' } } } };
    };
    const plain = notesGate({ verifier: acted, onDecision: traceDecisions() });
    const named = notesGate({ verifier: acted, onDecision: traceDecisions({ subject: true }) });
    const without = await within(() => plain.check(call('look')));
    expect(without).toMatchObject({ 'scopegate.delegated': true });
    expect(JSON.stringify(without)).not.toContain('lens');
    telemetry.spans.reset();
    const attributes = await within(() => named.check(call('look')));
    expect(attributes).toMatchObject({ 'scopegate.actors': ['lens', 'first'] });
  });

  test('leaves the status of what was only reported to the handler', async () => {
    const until = new Date(Date.now() + 86_400_000);
    const enforce = reportOnly(['tools/call change'], { until, onWarning: () => undefined });
    const gate = notesGate({ enforce, onDecision: traceDecisions() });
    const attributes = await within(() => gate.check(call('change')));
    expect(attributes).toMatchObject({
      'scopegate.outcome': 'reported',
      'scopegate.reason': 'insufficient_scope',
    });
    expect(attributes).not.toHaveProperty('http.response.status_code');
  });

  test('is the one of the request, also on a server that answers several at once', async () => {
    const gate = notesGate({ onDecision: traceDecisions() });
    const server = createServer((req, res) => {
      void telemetry.tracer.startActiveSpan(`${req.method} ${req.url}`, async (span) => {
        const decision = await gate.check(fromNodeRequest(req).gateRequest);
        if (decision.allowed) res.end('ok');
        else writeReply(res, decision);
        span.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const url = `http://localhost:${(server.address() as AddressInfo).port}`;
    const names = ['look', 'change', 'drop', 'look'];
    const answers = await Promise.all(
      names.map(async (name, index) => {
        const { method, headers, body } = call(name);
        const init = { method, headers, body: await new Response(body).text() };
        return (await fetch(`${url}/${index}`, init)).status;
      }),
    );
    server.close();
    expect(answers).toEqual([200, 403, 403, 200]);
    const spans = telemetry.spans.getFinishedSpans().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(spans.map(({ attributes }) => attributes['gen_ai.tool.name'])).toEqual(names);
  });

  test('is not needed', async () => {
    const gate = notesGate({ onDecision: traceDecisions() });
    expect(await gate.check(call('look'))).toMatchObject({ allowed: true });
    expect(telemetry.spans.getFinishedSpans()).toEqual([]);
  });
});

test('with a tracer, a decision has a span of its own under the active one', async () => {
  const onDecision = traceDecisions({ tracer: telemetry.tracer });
  const gate = notesGate({ onDecision });
  const attributes = await within(() => gate.check(call('change')));
  expect(attributes).toEqual({});
  const [own, server] = telemetry.spans.getFinishedSpans();
  expect(own).toMatchObject({
    name: 'scopegate.decision',
    attributes: { 'scopegate.outcome': 'refused' },
    parentSpanContext: { spanId: server?.spanContext().spanId },
  });
});

describe('the counters', () => {
  test('count each request once, by outcome, reason and operation', async () => {
    const gate = notesGate({ onDecision: traceDecisions() });
    for (const one of [
      call('look'),
      call('look'),
      call('change'),
      call('look', 'bad'),
      call('look', ''),
    ]) {
      await gate.check(one);
    }
    expect(await telemetry.points('scopegate.decisions')).toEqual([
      [{ 'scopegate.outcome': 'allowed', 'scopegate.operation': 'tools/call look' }, 2],
      [
        {
          'scopegate.outcome': 'refused',
          'scopegate.reason': 'insufficient_scope',
          'scopegate.operation': 'tools/call change',
        },
        1,
      ],
      [
        {
          'scopegate.outcome': 'refused',
          'scopegate.detail': 'other',
          'scopegate.reason': 'invalid_token',
        },
        1,
      ],
      [{ 'scopegate.outcome': 'refused', 'scopegate.reason': 'no_credentials' }, 1],
    ]);
  });

  test('do not count a request again that its handler refuses', async () => {
    const gate = notesGate({ onDecision: traceDecisions() });
    const guarded = gate.fetch(() => {
      throw new InsufficientScopeError('write');
    });
    expect((await guarded(call('look'))).status).toBe(403);
    const [only, ...others] = await telemetry.points('scopegate.decisions');
    expect(others).toEqual([]);
    expect(only).toMatchObject([{ 'scopegate.outcome': 'allowed' }, 1]);
    expect(await telemetry.points('scopegate.revisions')).toMatchObject([
      [{ 'scopegate.outcome': 'withdrawn', 'scopegate.reason': 'insufficient_scope' }, 1],
    ]);
  });

  test('do not grow with the names that callers invent', async () => {
    const gate = notesGate({ onDecision: traceDecisions() });
    for (let i = 0; i < 50; i++) await gate.check(call(`tool-${i}`));
    expect(await telemetry.points('scopegate.decisions')).toEqual([
      [{ 'scopegate.outcome': 'refused', 'scopegate.reason': 'denied' }, 50],
    ]);
  });

  test("may be another meter's", async () => {
    const added: unknown[] = [];
    const meter = metrics.getMeter('mine');
    const createCounter: typeof meter.createCounter = (name, options) => {
      const counter = meter.createCounter(name, options);
      return { add: (value, attributes) => (added.push(name), counter.add(value, attributes)) };
    };
    const own = Object.assign(Object.create(meter) as typeof meter, { createCounter });
    await notesGate({ onDecision: traceDecisions({ meter: own }) }).check(call('look'));
    expect(added).toEqual(['scopegate.decisions']);
  });
});

test.each([
  [{ subjects: true }, /^traceDecisions\.subjects: unknown option/],
  [{ subject: 'yes' }, /^traceDecisions\.subject: expected/],
  [{ tracer: {} }, /^traceDecisions\.tracer: expected/],
  [{ meter: null }, /^traceDecisions\.meter: expected/],
])('a mistake in the options is found at once: %j', (options, message) => {
  expect(() => traceDecisions(options as never)).toThrow(TypeError);
  expect(() => traceDecisions(options as never)).toThrow(message);
});

test('fits `onDecision` as it is', () => {
  const hook: (event: DecisionEvent) => void = traceDecisions();
  expect(hook).toBeTypeOf('function');
});
