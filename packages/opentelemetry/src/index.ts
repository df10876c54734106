/**
 * `@scopegate/opentelemetry`: what a gate decides, as span attributes and counters.
 *
 * @module @scopegate/opentelemetry
 */
export { traceDecisions } from './trace-decisions.js';
export type { TraceOptions } from './trace-decisions.js';
