/**
 * `@scopegate/core/adapter`: what an adapter to a framework is made of. Adapters for Node's request and
 * response find theirs in `@scopegate/core/node`.
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
