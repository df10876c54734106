/**
 * `@scopegate/core/adapter`: what a binding to a framework is made of, on top of `@scopegate/core`.
 * Bindings to Node's request and response find theirs in `@scopegate/core/node`.
 *
 * @module @scopegate/core/adapter
 */
export {
  fromWebRequest,
  handOn,
  handOnIn,
  isListHeader,
  issuedAuth,
  mergeHeader,
  metadataOf,
  replyOver,
  swapResponse,
  toResponse,
  withHeaders,
} from './gate/index.js';
export type { WebRequestView } from './gate/index.js';
