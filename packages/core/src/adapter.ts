/**
 * `@scopegate/core/adapter`: what an adapter to a framework is made of. Adapters for Node's request and
 * response find theirs in `@scopegate/core/node`.
 *
 * @module @scopegate/core/adapter
 */
export {
  createWebGuard,
  createWebMetadata,
  fromWebRequest,
  mergeHeader,
  metadataOf,
  replaceResponse,
  replayRequest,
  replyOver,
  requireAuth,
  toResponse,
  withHeaders,
} from './gate/index.js';
export type {
  Answered,
  Passed,
  WebGuard,
  WebGuardOptions,
  WebPassed,
  WebPlace,
  WebRequestView,
} from './gate/index.js';
