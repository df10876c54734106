/**
 * The hook for `onDecision`.
 *
 * @module
 */
import { metrics, trace } from '@opentelemetry/api';
import type { Meter, Span, Tracer } from '@opentelemetry/api';
import type { DecisionEvent } from '@scopegate/core';
import { decisionAttributes, spanAttributes } from './attributes.js';

export interface TraceOptions {
  /**
   * Makes a span of its own for each decision, named `scopegate.decision`, as a child of the active
   * one. Without a tracer, the attributes go to the active span: the HTTP server's, if the framework is
   * instrumented.
   */
  readonly tracer?: Tracer;
  /** @default a meter of the provider that is the global one at the first decision */
  readonly meter?: Meter;
  /**
   * Puts the user on the span as `enduser.id`, and who acts for the user as `scopegate.actors`: personal data,
   * for which a trace store may not be suitable. That a party acts for the user is `scopegate.delegated` in
   * any case.
   *
   * @default false
   */
  readonly subject?: boolean;
}

/**
 * Makes a hook for `createGate({ onDecision })`.
 *
 * - Span attributes: outcome, reason, operation, missing scopes, client and issuer; for a refused token, the
 *   check that it failed, with the expected and the found values. Never the token.
 * - Counter `scopegate.decisions`: one for each request, by outcome, reason, failed check and operation.
 * - Counter `scopegate.revisions`: requests that were counted as let through, and on which a handler or a
 *   later stage then decided otherwise.
 *
 * An operation is in a counter's attributes only if the policy names it, so that callers cannot make
 * ever new ones. Scopes, clients and users are on spans only.
 *
 * @example
 * ```ts
 * const gate = createGate({ ...options, onDecision: traceDecisions() });
 * ```
 * @throws {@link TypeError} naming the option
 */
export function traceDecisions(options: TraceOptions = {}): (event: DecisionEvent) => void {
  const { tracer, meter, subject = false, ...unknown } = options;
  const stray = Object.keys(unknown)[0];
  if (stray !== undefined) throw new TypeError(`traceDecisions.${stray}: unknown option`);
  if (tracer !== undefined && typeof tracer?.startSpan !== 'function') {
    throw new TypeError('traceDecisions.tracer: expected a tracer');
  }
  if (meter !== undefined && typeof meter?.createCounter !== 'function') {
    throw new TypeError('traceDecisions.meter: expected a meter');
  }
  if (typeof subject !== 'boolean')
    throw new TypeError('traceDecisions.subject: expected a boolean');
  let counters: Counters | undefined;
  return (event) => {
    // Made at the first decision, because applications often set their provider up after the gate was made.
    counters ??= createCounters(meter ?? metrics.getMeter(NAME));
    const counter = event.first === undefined ? counters.decisions : counters.revisions;
    counter.add(1, decisionAttributes(event));
    record(event, tracer, subject);
  };
}

const NAME = '@scopegate/opentelemetry';

type Counters = ReturnType<typeof createCounters>;

function createCounters(meter: Meter) {
  return {
    decisions: meter.createCounter('scopegate.decisions', {
      description: 'Requests that a gate decided.',
      unit: '{request}',
    }),
    revisions: meter.createCounter('scopegate.revisions', {
      description: 'Requests that were decided otherwise after they were let through.',
      unit: '{request}',
    }),
  };
}

function record(event: DecisionEvent, tracer: Tracer | undefined, subject: boolean): void {
  const attributes = spanAttributes(event, subject);
  if (tracer === undefined) {
    const active: Span | undefined = trace.getActiveSpan();
    active?.setAttributes(attributes);
    return;
  }
  // The clock of the spans around it is used. The clock of the gate may be that of a test.
  const end = Date.now();
  tracer.startSpan('scopegate.decision', { attributes, startTime: end - event.ms }).end(end);
}
