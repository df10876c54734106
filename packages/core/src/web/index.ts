/** Exports the functions for Web requests and responses that other folders may import. @module */
export { checkGate } from './check-gate.js';
export { wrapFetch } from './fetch.js';
export type { FetchContext, FetchHandler } from './fetch.js';
export { metadataOf } from './metadata-of.js';
export type { MetadataGate } from './metadata-of.js';
export type { Passed } from './passed.js';
export { pendingRefusalsOf, registerPendingRefusals, replaceResponse } from './pending-refusal.js';
export type {
  Abortable,
  PendingRefusal,
  PendingRefusals,
  ReplacedResponse,
} from './pending-refusal.js';
export { replayRequest } from './replay-request.js';
export { STREAM_ENDS } from './stream-ends.js';
export type { EndsStreams } from './stream-ends.js';
export { createWebMetadata } from './web-metadata.js';
export { createWebGuard } from './web-guard.js';
export type {
  Answered,
  GuardGate,
  GuardRoute,
  WebGuard,
  WebGuardOptions,
  WebPassed,
  WebPlace,
} from './web-guard.js';
export { fromWebRequest, toGateRequest } from './web-request.js';
export type { WebRequestView } from './web-request.js';
export { replyOver, withHeaders } from './web-response.js';
