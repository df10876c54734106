/** Exports the parts of events, warnings and report-only that other folders may use. @module */
export { DecisionRecorder } from './decision-recorder.js';
export { createErrorLog } from './error-log.js';
export type { ErrorLog } from './error-log.js';
export type { EvaluationRecord } from './decision-event.js';
export type { Phase, RequestRecord } from './decision-recorder.js';
export { watchMetadata } from './metadata-watch.js';
export type { MetadataWatch } from './metadata-watch.js';
export { missingRowReporter } from './missing-rows.js';
export type { ReportMissingRow } from './missing-rows.js';
export { reportOnly } from './report-only.js';
export type {
  Enforcement,
  ReportedOperations,
  ReportOnlyMode,
  ReportOptions,
  ReportWarning,
} from './report-only.js';
export type {
  DecisionEvent,
  GateWarning,
  Outcome,
  RequiredScopes,
  SeenOperation,
} from './types.js';
