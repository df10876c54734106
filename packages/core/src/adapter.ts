/**
 * `@scopegate/core/adapter`: the functions from which an adapter to a framework is made. The functions for
 * Node's request and response are in `@scopegate/core/node`.
 *
 * @module @scopegate/core/adapter
 */
export { mergeHeader, toResponse } from './http/index.js';
export {
  createWebGuard,
  createWebMetadata,
  fromWebRequest,
  metadataOf,
  replaceResponse,
  replayRequest,
  replyOver,
  withHeaders,
} from './web/index.js';
export type {
  Answered,
  GuardGate,
  GuardRoute,
  MetadataGate,
  Passed,
  WebGuard,
  WebGuardOptions,
  WebPassed,
  WebPlace,
  WebRequestView,
} from './web/index.js';
export { requireAuth } from './gate/index.js';
export { registerSecret } from './secrets.js';
