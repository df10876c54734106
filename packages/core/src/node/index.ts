/**
 * `@scopegate/core/node`: the parts of adapters for Node's request and response.
 *
 * @module @scopegate/core/node
 */
export { authenticateUpgrade } from './authenticate-upgrade.js';
export { attachAuth } from './attach-auth.js';
export type { GuardedRequest } from './attach-auth.js';
export { fromNodeRequest } from './gate-request.js';
export type { NodeRequestView, ParsedRequest } from './gate-request.js';
export type { Passed } from '../web/index.js';
export { createNodeGuard, passedOf } from './node-guard.js';
export type { NodeContext, NodeGuard, NodeGuardOptions, NodePlace } from './node-guard.js';
export { createNodeMetadata } from './node-metadata.js';
export type { NodeMetadata } from './node-metadata.js';
export { replaceResponse } from './replace-response.js';
export { createStagedNodeGuard, keepRefusal, pendingRefusalOf } from './staged-guard.js';
export type {
  RouteConfig,
  StagedGuardOptions,
  StagedNodeGuard,
  StagedPlace,
} from './staged-guard.js';
export { dropContent, replaceHeaders, setHeaders, writeReply } from './write-reply.js';
export type { HeaderHolder } from './write-reply.js';
